// What the targets that read JSON share.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weightproof::fuzz {

// Mutates in place and returns the new size. Three of four mutations keep JSON JSON; bytes and
// words of the dictionary are the engine's.
std::size_t MutateJsonInput(std::uint8_t* data, std::size_t size, std::size_t max_size,
                            unsigned seed);

}  // namespace weightproof::fuzz
