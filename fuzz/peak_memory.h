// How much memory a call takes, where a sanitizer's allocator tells.
#pragma once

#include <cstddef>
#include <string_view>

#include "model/network/network.h"

namespace weightproof::fuzz {

// From its making on, the most that was allocated at once, above what was allocated then. Of all
// threads; one at a time.
class PeakMemory {
 public:
  PeakMemory();
  std::size_t bytes() const;

  // False without a sanitizer that tells of allocations: bytes() is 0 then.
  static bool IsMeasured();
};

// The most that reading a file of so many bytes may take, values included, nothing compressed in
// it; and the same of loading it into `network`. See model/checkpoint/checkpoint.h.
std::size_t ReadingBound(std::size_t file_bytes);
std::size_t LoadingBound(std::size_t file_bytes, const Network& network);
// What compressed values may come to besides.
std::size_t InflatedBound(std::size_t file_bytes);

// The input that is tried: what RequireMemory shows when it aborts.
void SetInputOfTarget(std::string_view input);
std::string_view InputOfTarget();
// Require() that so many bytes are within the bound.
void RequireMemory(std::size_t bytes, std::size_t bound);

}  // namespace weightproof::fuzz
