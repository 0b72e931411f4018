// What a target's own mutator needs of the fuzzing engine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weightproof::fuzz {

inline std::string_view TextOf(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Copies an input to where the engine wants it; its size, or 0 when there is none. REQUIRES: it
// fits.
std::size_t Put(const std::optional<std::string>& text, std::uint8_t* out);

// The engine's own mutation of bytes, in place; the new size. Engines that have none change
// nothing.
std::size_t MutateBytes(std::uint8_t* data, std::size_t size, std::size_t max_size);

// Whether targets use mutators of their own. No where the environment says
// WEIGHTPROOF_MUTATION=bytes: then all is left to the engine, to compare.
bool MutatesStructure();

}  // namespace weightproof::fuzz
