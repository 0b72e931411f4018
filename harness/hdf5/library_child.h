// Reading with the HDF5 library where it can harm nobody.
#pragma once

#include <cstddef>
#include <string>

#include "model/checkpoint/hdf5.h"

namespace weightproof {

struct ChildLimits {
  double seconds = 20;
  std::size_t bytes = std::size_t{4} << 30;  // of address space, the file's own bytes besides
};

// The tree of the file at `path` as the HDF5 library reads it in a child process, which hands it
// back as a plain HDF5 file for the strict reader. For rare trusted files that the strict reader
// refuses (ForbiddenFeature): what the library takes for sound counts as sound. Errors are those of
// ReadHdf5WithLibrary and ReadWholeFile; LimitExceeded when the child was stopped, DamagedFile when
// it crashed.
Result<Group> ReadTreeInChild(const std::string& path, const ChildLimits& limits);
Result<Group> ReadTreeWithLibraryInChild(const std::string& path);  // one minute

}  // namespace weightproof
