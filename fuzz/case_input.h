// A case as a fuzzer's input: reading, bounding, mutating, crossing, playing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "harness/case/case.h"

namespace weightproof::fuzz {

// Over these a case is refused: it would only be slow.
inline constexpr std::int64_t kElementsMax = 1 << 14;  // all variables; all activations of a batch
inline constexpr std::int64_t kProductsMax = 1 << 24;  // outputs times variables, all layers

// Nothing for text that is no case, for a case that is not valid, that is over the bounds above, or
// whose paths lead out of its own folder.
std::optional<Case> DecodeCase(std::string_view json);

// A valid case near the one in `json`, or the other's parts in it. Nothing when `json` (or `other`)
// does not parse or nothing fits into `bytes_max`. Same arguments, same result.
std::optional<std::string> MutateCase(std::string_view json, std::uint64_t seed,
                                      std::size_t bytes_max);
std::optional<std::string> CrossCases(std::string_view json, std::string_view other,
                                      std::uint64_t seed, std::size_t bytes_max);

// Decodes and plays the case on a fresh testee of that name, and requires every clause.
// False when the input is refused.
bool PlayRoundTrip(std::string_view json, std::string_view testee);

}  // namespace weightproof::fuzz
