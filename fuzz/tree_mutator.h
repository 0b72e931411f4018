// A mutation of HDF5 files that keeps them HDF5 files: bytes that are changed at random seldom do.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace weightproof::fuzz {

// Reads the tree, changes one to three things in it (members, names, shapes, types, values, texts,
// storage) and writes it anew. The same for the same seed. nullopt when the file cannot be read, or
// the result not written or not in `bytes_max`: the engine's own mutation is left.
std::optional<std::vector<std::byte>> MutateTree(std::span<const std::byte> file, unsigned seed,
                                                 std::size_t bytes_max);

}  // namespace weightproof::fuzz
