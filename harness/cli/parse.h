// Texts of the command line to numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace weightproof {

// "60", "60s", "10m", "2h", "0.5s": seconds. nullopt: anything else, or not above zero.
std::optional<double> ParseDuration(std::string_view text);

// "I/N" with I < N: which part of how many.
std::optional<std::pair<std::uint64_t, std::uint64_t>> ParseShard(std::string_view text);

}  // namespace weightproof
