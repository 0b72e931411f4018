// What the targets that load checkpoints share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "harness/properties/checkpoint_loading.h"

namespace weightproof::fuzz {

// One input: refused without a trace, or loaded and accounted for. Returns what
// LLVMFuzzerTestOneInput returns.
int LoadCheckpoint(std::span<const std::uint8_t> input, CheckpointFamily family);

// Mutates in place and returns the new size; every other mutation keeps the file an HDF5 file.
std::size_t MutateCheckpoint(std::uint8_t* data, std::size_t size, std::size_t max_size,
                             unsigned seed);

}  // namespace weightproof::fuzz
