// Links in dense storage: a B-tree of version 2 over a fractal heap. Format: HDF5 File Format
// Specification, III.A.2 (B-tree 2, record type 5) and III.G.
#pragma once

#include <cstdint>
#include <vector>

#include "model/checkpoint/h5/group_index.h"

namespace weightproof::h5 {

// The members whose links lie in the heap at `heap` under the name index at `btree`, in the index's
// order (that of their names' checksums, verified). No recursion.
Checked ReadDenseLinks(Image& image, std::uint64_t heap, std::uint64_t btree,
                       std::vector<Member>& members);

}  // namespace weightproof::h5
