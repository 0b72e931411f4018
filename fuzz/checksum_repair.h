// Checksums of HDF5 made right again, so that changes to what they cover get past them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace weightproof::fuzz {

// Writes the right checksum into every block that its signature shows and whose extent its own
// fields, or those of the blocks that lead to it, tell: superblocks of version 2 and 3, object
// headers of version 2 and their continuations, fractal heaps, indices of version 2. Blocks that
// reach behind the end are left alone.
void RepairChecksums(std::span<std::byte> file);

// The mutation of targets that read HDF5 files: of bytes, with checksums repaired in most cases,
// or of the tree (MutateTree). The new size.
std::size_t MutateHdf5(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed);

}  // namespace weightproof::fuzz
