// The superblock: where everything else begins. Format: HDF5 File Format Specification, II.A.
#pragma once

#include <cstdint>
#include <optional>

#include "model/checkpoint/h5/image.h"

namespace weightproof::h5 {

struct Superblock {
  std::uint64_t root = kUndefined;  // address of the root group's object header
  // Old superblocks name the root's symbol table a second time.
  std::optional<std::uint64_t> root_btree, root_heap;
  std::uint64_t leaf_k = 4;    // a symbol table node holds twice as many entries
  std::uint64_t group_k = 16;  // a B-tree node of a group has up to twice as many children
  std::uint64_t chunk_k = 32;  // of a chunked dataset
};

// Offset of the signature (0, 512, 1024, ...); nullopt: this is no HDF5 file.
std::optional<std::uint64_t> FindSignature(Bytes file);

// Claims and reads it; the end it states must be the file's. Versions 0 to 3; 2 and 3 with their
// checksum.
Parsed<Superblock> ReadSuperblock(Image& image, Bytes file, std::uint64_t base);

}  // namespace weightproof::h5
