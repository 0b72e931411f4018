// How a dataset lies in its file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>

#include "model/checkpoint/hdf5_library.h"
#include "model/checkpoint/tree.h"
#include "model/error.h"

namespace weightproof::hdf5 {

enum class Storing : std::uint8_t {
  kContiguous,  // all values at one offset of this file
  kPlain,       // compact, chunked without compression, or never written
  kCompressed,
};

struct Storage {
  Storing storing = Storing::kPlain;
  std::uint64_t offset = 0;  // kContiguous: of the first value, from the file's first byte
  std::size_t chunk_elements = 0;
  StorageHints hints;
};

struct StorageError {
  ErrorKind kind;
  std::string message;
};

// Asks nothing that would make the library open another file or look for a filter on disk.
std::expected<Storage, StorageError> FindStorage(Id dataset);

}  // namespace weightproof::hdf5
