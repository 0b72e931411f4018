// Where a dataset's values lie in the bytes of a file.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace weightproof {

struct StoredRange {
  std::size_t begin = 0;
  std::size_t size = 0;  // > 0
};

// The stored bytes of the dataset at `path`: all of them where they are contiguous, of the first
// chunk where they are in chunks. nullopt where there are none. Asks the HDF5 library: only for
// sound files.
std::optional<StoredRange> FindStored(std::span<const std::byte> file, const std::string& path);

}  // namespace weightproof
