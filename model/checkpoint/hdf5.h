// Trees from and to the bytes of an HDF5 file.
#pragma once

#include <cstddef>
#include <memory>
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
  // What the strict reader lets pass. Links that are let pass lead nowhere: the tree is without
  // them.
  bool deflate = true, shuffle = true, fletcher32 = true;
  // False: a chunk whose fletcher32 checksum is wrong is read all the same, to save what can be.
  bool chunk_checksums = true;
  bool soft_links = false, external_links = false, user_links = false;
};

// Reads the whole tree, with the strict reader (h5/reader.h): for files that nobody trusts.
// DamagedFile, with the byte, where anything in the file contradicts itself. Refuses by name
// (ForbiddenFeature): soft, external and user-defined links, external storage, virtual datasets,
// types outside StoredType, an object reached twice, and what HDF5 has that Keras and h5py do not
// write by default. `place` (a path, for messages) stands in front of every Error's place.
// `keep_alive`: if given, owns `file`, and values are views that share it where they can be.
Result<Group> ReadHdf5(std::span<const std::byte> file, const std::string& place,
                       const Hdf5Limits& limits = {},
                       std::shared_ptr<const void> keep_alive = nullptr);

// The same tree by the HDF5 library: the second opinion, and for what the strict reader does not
// read. A damaged file can crash it, make it hang or exhaust memory.
Result<Group> ReadHdf5WithLibrary(std::span<const std::byte> file, const std::string& place,
                                  const Hdf5Limits& limits = {});

// The bytes of a file that h5py would take for its own kind: superblock 0, symbol-table groups,
// no object times, contiguous unless storage says otherwise. Equal trees give equal bytes.
Result<std::vector<std::byte>> WriteHdf5(const Group& root);

}  // namespace weightproof
