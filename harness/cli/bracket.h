// Where in a row of versions a verdict changes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"

namespace weightproof {

enum class Judgement : std::uint8_t { kFine, kFalsified, kNone };  // kNone: it cannot be told

struct Bracket {
  std::size_t before;  // the last version known to be as `from`
  std::size_t after;   // the first known to be as `to`; between the two none can be told
  Judgement from;
  Judgement to;  // equal to `from`: nothing changes between the ends
};

// Halves the row of `count` versions until the two stand side by side, taking it that the verdict
// changes once. What cannot be told is passed over. nullopt: nothing can be told of any version.
// No version is asked twice.
std::optional<Bracket> FindBracket(std::size_t count,
                                   const std::function<Judgement(std::size_t)>& ask);

// Every change in a row of which all was asked; none: one bracket from the first to the last that
// can be told, or nothing.
std::vector<Bracket> AllBrackets(std::span<const Judgement> row);

// "A..B" of the versions `known`, or "A,B,C" as it stands. Error: no versions, not ascending, or
// fewer than two.
Result<std::vector<std::string>> ParseVersions(std::string_view text,
                                               const std::vector<std::string>& known);

}  // namespace weightproof
