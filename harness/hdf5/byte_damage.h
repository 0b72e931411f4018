// Every truncation and every changed byte of a file, by both HDF5 readers.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "model/checkpoint/hdf5.h"

namespace weightproof {

struct ByteDamageCounts {
  int refused = 0;                    // by the strict reader
  int same_content = 0;               // accepted: the tree is the one of the undamaged file
  int other_content = 0;              // accepted: another tree, or the undamaged file is refused
  std::vector<std::string> findings;  // accepted: the library refuses, reads otherwise or is harmed
  int total() const { return refused + same_content + other_content; }
};

enum class ByteValues {
  kTelling,  // one bit flipped (lowest, highest), zero, all ones, the value above
  kAll       // all 255 others
};

// Reads every shorter version of `file`, and every version with one byte set to each of `values`.
// Accepted ones go to the library in a child process. `strict`: the reader that is judged.
ByteDamageCounts DamageEveryByte(
    std::span<const std::byte> file,
    const std::function<Result<Group>(std::span<const std::byte>)>& strict,
    ByteValues values = ByteValues::kTelling);

}  // namespace weightproof
