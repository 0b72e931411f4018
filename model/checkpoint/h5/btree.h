// B-trees of version 1, walked from left to right. Format: HDF5 File Format Specification, III.A.1.
#pragma once

#include <cstdint>
#include <functional>

#include "model/checkpoint/h5/image.h"

namespace weightproof::h5 {

struct BTreeKind {
  std::uint8_t type;           // 0: of a group, 1: of a dataset's chunks
  std::uint64_t children_max;  // twice the K of the superblock
  std::size_t key_bytes;
  std::size_t compared_from;  // the first byte of a key that takes part in the order
  const char* what;           // for messages
};

// `left` and `right`: the keys around the child.
using VisitChild =
    std::function<Checked(std::uint64_t child, Bytes left, Bytes right, std::uint64_t offset)>;

// Calls `visit` with every child of the leaves. Levels fall by one, nodes of a level know their
// neighbours, a node's outer keys are its parent's: else DamagedFile. No recursion.
Checked WalkBTree(Image& image, std::uint64_t root, const BTreeKind& kind, const VisitChild& visit);

}  // namespace weightproof::h5
