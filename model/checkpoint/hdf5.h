// Trees from and to the bytes of an HDF5 file.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "model/checkpoint/tree.h"
#include "model/error.h"

namespace weightproof {

struct Hdf5Limits {
  std::size_t objects_max = 1'000'000;
  std::size_t depth_max = 64;
  std::size_t attribute_bytes_max = std::size_t{64} << 20;  // one attribute, strings included
  // Declared bytes of all datasets against the file: stored ones may not declare more than the
  // file holds; compressed ones not more than this many times the file.
  std::size_t inflate_ratio_max = 1'032;
};

// Reads the whole tree. Refuses by name (ForbiddenFeature): soft, external and user-defined links,
// external storage, virtual datasets, types outside StoredType, an object reached twice.
// `place` (a path, for messages) stands in front of every Error's place. Hdf5 prints nothing.
Result<Group> ReadHdf5(std::span<const std::byte> file, const std::string& place,
                       const Hdf5Limits& limits = {});

// The bytes of a file that h5py would take for its own kind: superblock 0, symbol-table groups,
// no object times, contiguous unless storage says otherwise. Equal trees give equal bytes.
Result<std::vector<std::byte>> WriteHdf5(const Group& root);

}  // namespace weightproof
