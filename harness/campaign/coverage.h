// Which layers met which build steps, routes and formats: what "nothing found" was about.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "harness/case/case.h"

namespace weightproof {

enum class Dimension : std::uint8_t { kLayer, kStep, kRoute, kFormat };
inline constexpr int kDimensions = 4;
inline constexpr std::array<int, kDimensions> kCoverMax{128, 64, 64, 4};  // values of each
std::string_view DimensionName(Dimension dimension);  // "layer", "build step", "route", "format"

// The triples that were met, as bits. Plain memory, zero at the start: it lives in pages that
// processes share. Every case has a value in each dimension, so pairs are what triples show.
struct CoverBits {
  std::array<std::uint64_t, 128 * 64 * 64 / 64> layer_step_route;
  std::array<std::uint64_t, 128 * 64 * 4 / 64> layer_step_format;
  std::array<std::uint64_t, 128 * 64 * 4 / 64> layer_route_format;
  std::array<std::uint64_t, 64 * 64 * 4 / 64> step_route_format;

  void Add(const CoverBits& other);
};

// A case's values, by dimension.
using CoverPlace = std::array<std::vector<int>, kDimensions>;

// One row of the table.
struct CoverRow {
  std::string name;                  // "layer x build step"
  std::uint64_t covered = 0;         // of `offered`
  std::uint64_t offered = 0;         // that the generator can draw, as far as it has been asked
  std::uint64_t all = 0;             // the product of both lists, impossible ones included
  std::vector<std::string> missing;  // pairs that were offered and not covered: "Add x nest"
};

// Numbers the values of each dimension. "layer:" is a layer; "step:", "input:" and "builds:" are
// steps; "mode:", "path:" and "session:" are routes; "format:" is a format. What is not among
// `features` is not counted.
class Coverage {
 public:
  explicit Coverage(const std::vector<std::string>& features);

  CoverPlace PlaceOf(const std::vector<std::string>& features) const;
  static void Mark(CoverBits& bits, const CoverPlace& place);
  // How many pairs, and how many triples, `place` would add to `bits`.
  struct News {
    int pairs = 0;
    int triples = 0;
    auto operator<=>(const News&) const = default;
  };
  News NewsOf(const CoverBits& bits, const CoverPlace& place) const;
  // Six rows of pairs, then four of triples. Without `offered` everything met is offered.
  std::vector<CoverRow> Rows(const CoverBits& met, const CoverBits* offered) const;

 private:
  std::array<std::vector<std::string>, kDimensions> names_;
  std::map<std::string, std::pair<Dimension, int>, std::less<>> places_;
};

// Both sides' assemblies: "builds:list/subclass".
std::string BuildPair(const Case& c);
// Every pair of assemblies that a testee with these steps (a Space's list) can play.
std::vector<std::string> BuildPairs(const std::vector<std::string>& steps);

}  // namespace weightproof
