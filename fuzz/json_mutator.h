// Mutation of any JSON document that keeps it JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weightproof::fuzz {

// One value of the document changed, removed, doubled, or put in another one's place. Nothing when
// `json` does not parse or the result is over `bytes_max`. Same arguments, same result.
std::optional<std::string> MutateJson(std::string_view json, std::uint64_t seed,
                                      std::size_t bytes_max);

}  // namespace weightproof::fuzz
