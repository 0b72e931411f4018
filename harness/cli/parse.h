// Texts of the command line to numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "model/checkpoint/hdf5.h"

namespace weightproof {

// "60", "60s", "10m", "2h", "0.5s": seconds. nullopt: anything else, or not above zero.
std::optional<double> ParseDuration(std::string_view text);

// "I/N" with I < N: which part of how many.
std::optional<std::pair<std::uint64_t, std::uint64_t>> ParseShard(std::string_view text);

// "filters=deflate+shuffle,ratio=100,links=none" into the limits; what is not named stays. What is
// wrong with the text, or nullopt.
std::optional<std::string> ParsePolicy(std::string_view text, Hdf5Limits* limits);

}  // namespace weightproof
