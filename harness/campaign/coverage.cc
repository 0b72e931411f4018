#include "harness/campaign/coverage.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <span>
#include <utility>

#include "harness/case/json.h"

namespace weightproof {
namespace {

using Dimensions = std::vector<Dimension>;

// Triples first among the numbers of a table: the last dimension runs fastest.
struct Table {
  Dimensions dimensions;
  std::span<std::uint64_t> (*bits)(CoverBits&);
};

const std::array<Table, 4>& Tables() {
  using enum Dimension;
  static const std::array<Table, 4> tables{{
      {{kLayer, kStep, kRoute},
       [](CoverBits& b) { return std::span<std::uint64_t>(b.layer_step_route); }},
      {{kLayer, kStep, kFormat},
       [](CoverBits& b) { return std::span<std::uint64_t>(b.layer_step_format); }},
      {{kLayer, kRoute, kFormat},
       [](CoverBits& b) { return std::span<std::uint64_t>(b.layer_route_format); }},
      {{kStep, kRoute, kFormat},
       [](CoverBits& b) { return std::span<std::uint64_t>(b.step_route_format); }},
  }};
  return tables;
}

std::span<const std::uint64_t> BitsOf(const Table& table, const CoverBits& bits) {
  return table.bits(const_cast<CoverBits&>(bits));  // only read through the result
}

int Max(Dimension d) { return kCoverMax[static_cast<std::size_t>(d)]; }

std::size_t Bit(const Table& table, int a, int b, int c) {
  return static_cast<std::size_t>((a * Max(table.dimensions[1]) + b) * Max(table.dimensions[2]) +
                                  c);
}

bool Has(std::span<const std::uint64_t> bits, std::size_t bit) {
  return (bits[bit / 64] >> (bit % 64) & 1) != 0;
}

template <class Visit>
void EachTriple(const Table& table, const CoverPlace& place, Visit visit) {
  const auto values = [&](std::size_t i) -> const std::vector<int>& {
    return place[static_cast<std::size_t>(table.dimensions[i])];
  };
  for (const int a : values(0)) {
    for (const int b : values(1)) {
      for (const int c : values(2)) visit(Bit(table, a, b, c), a, b, c);
    }
  }
}

// Pairs that some triple of a table shows, as bits [first value][second value].
class Pairs {
 public:
  Pairs(const CoverBits& bits, Dimension first, Dimension second)
      : width_(Max(second)), met_(static_cast<std::size_t>(Max(first) * Max(second))) {
    for (const Table& table : Tables()) {
      const auto& d = table.dimensions;
      const auto one = std::ranges::find(d, first) - d.begin();
      const auto two = std::ranges::find(d, second) - d.begin();
      if (one >= 3 || two >= 3) continue;
      const std::span<const std::uint64_t> all = BitsOf(table, bits);
      for (std::size_t word = 0; word < all.size(); ++word) {
        if (all[word] == 0) continue;
        for (std::size_t bit = word * 64; bit < word * 64 + 64; ++bit) {
          if (!Has(all, bit)) continue;
          const auto c = static_cast<int>(bit) % Max(d[2]);
          const auto b = static_cast<int>(bit) / Max(d[2]) % Max(d[1]);
          const auto a = static_cast<int>(bit) / Max(d[2]) / Max(d[1]);
          const std::array<int, 3> values{a, b, c};
          met_[Place(values[static_cast<std::size_t>(one)],
                     values[static_cast<std::size_t>(two)])] = true;
        }
      }
      return;  // every case has a value in each dimension: one table shows all
    }
  }
  bool Met(int a, int b) const { return met_[Place(a, b)]; }

 private:
  std::size_t Place(int a, int b) const { return static_cast<std::size_t>(a * width_ + b); }
  int width_;
  std::vector<bool> met_;
};

constexpr std::array<std::pair<Dimension, Dimension>, 6> kPairs{
    {{Dimension::kLayer, Dimension::kStep},
     {Dimension::kLayer, Dimension::kRoute},
     {Dimension::kLayer, Dimension::kFormat},
     {Dimension::kStep, Dimension::kRoute},
     {Dimension::kStep, Dimension::kFormat},
     {Dimension::kRoute, Dimension::kFormat}}};

// The dimension of a feature; kDimensions: none.
int DimensionOf(std::string_view feature) {
  constexpr std::array<std::pair<std::string_view, Dimension>, 8> kPrefixes{
      {{"layer:", Dimension::kLayer},
       {"step:", Dimension::kStep},
       {"input:", Dimension::kStep},
       {"builds:", Dimension::kStep},
       {"mode:", Dimension::kRoute},
       {"path:", Dimension::kRoute},
       {"session:", Dimension::kRoute},
       {"format:", Dimension::kFormat}}};
  for (const auto& [prefix, dimension] : kPrefixes) {
    if (feature.starts_with(prefix)) return static_cast<int>(dimension);
  }
  return kDimensions;
}

template <std::size_t N>
void Or(std::array<std::uint64_t, N>& to, const std::array<std::uint64_t, N>& from) {
  for (std::size_t i = 0; i < N; ++i) to[i] |= from[i];
}

constexpr std::array<AssembleHow, 4> kHows{AssembleHow::kList, AssembleHow::kAdd,
                                           AssembleHow::kFunctional, AssembleHow::kSubclass};

}  // namespace

std::string_view DimensionName(Dimension dimension) {
  constexpr std::array<std::string_view, kDimensions> kNames{"layer", "build step", "route",
                                                             "format"};
  return kNames[static_cast<std::size_t>(dimension)];
}

void CoverBits::Add(const CoverBits& other) {
  Or(layer_step_route, other.layer_step_route);
  Or(layer_step_format, other.layer_step_format);
  Or(layer_route_format, other.layer_route_format);
  Or(step_route_format, other.step_route_format);
}

Coverage::Coverage(const std::vector<std::string>& features) {
  for (const std::string& feature : features) {
    const int dimension = DimensionOf(feature);
    if (dimension == kDimensions) continue;
    std::vector<std::string>& names = names_[static_cast<std::size_t>(dimension)];
    const int number = static_cast<int>(names.size());
    if (number >= kCoverMax[static_cast<std::size_t>(dimension)]) continue;
    const bool fresh =
        places_.emplace(feature, std::pair(static_cast<Dimension>(dimension), number)).second;
    if (fresh) names.push_back(feature.substr(feature.find(':') + 1));
  }
}

CoverPlace Coverage::PlaceOf(const std::vector<std::string>& features) const {
  CoverPlace place;
  for (const std::string& feature : features) {
    const auto found = places_.find(feature);
    if (found == places_.end()) continue;
    place[static_cast<std::size_t>(found->second.first)].push_back(found->second.second);
  }
  return place;
}

void Coverage::Mark(CoverBits& bits, const CoverPlace& place) {
  for (const Table& table : Tables()) {
    const std::span<std::uint64_t> words = table.bits(bits);
    EachTriple(table, place, [&](std::size_t bit, int, int, int) {
      words[bit / 64] |= std::uint64_t{1} << (bit % 64);
    });
  }
}

Coverage::News Coverage::NewsOf(const CoverBits& bits, const CoverPlace& place) const {
  News news;
  for (const Table& table : Tables()) {
    const std::span<const std::uint64_t> words = BitsOf(table, bits);
    EachTriple(table, place,
               [&](std::size_t bit, int, int, int) { news.triples += !Has(words, bit); });
  }
  if (news.triples == 0) return news;  // no pair is new where no triple is
  for (const auto& [first, second] : kPairs) {
    // The first table that has both; the third dimension runs over all its values.
    for (const Table& table : Tables()) {
      const auto& d = table.dimensions;
      const auto one = static_cast<std::size_t>(std::ranges::find(d, first) - d.begin());
      const auto two = static_cast<std::size_t>(std::ranges::find(d, second) - d.begin());
      if (one >= 3 || two >= 3) continue;
      const std::size_t third = 3 - one - two;
      const std::size_t count = names_[static_cast<std::size_t>(d[third])].size();
      const std::span<const std::uint64_t> words = BitsOf(table, bits);
      for (const int a : place[static_cast<std::size_t>(first)]) {
        for (const int b : place[static_cast<std::size_t>(second)]) {
          bool met = false;
          for (std::size_t c = 0; c < count && !met; ++c) {
            std::array<int, 3> values{};
            values[one] = a;
            values[two] = b;
            values[third] = static_cast<int>(c);
            met = Has(words, Bit(table, values[0], values[1], values[2]));
          }
          news.pairs += !met;
        }
      }
      break;
    }
  }
  return news;
}

std::vector<CoverRow> Coverage::Rows(const CoverBits& met, const CoverBits* offered) const {
  const auto names = [&](Dimension d) -> const std::vector<std::string>& {
    return names_[static_cast<std::size_t>(d)];
  };
  std::vector<CoverRow> rows;
  for (const auto& [first, second] : kPairs) {
    CoverRow row;
    row.name = fmt::format("{} x {}", DimensionName(first), DimensionName(second));
    const Pairs met_pairs(met, first, second);
    const Pairs offered_pairs(offered != nullptr ? *offered : met, first, second);
    for (std::size_t a = 0; a < names(first).size(); ++a) {
      for (std::size_t b = 0; b < names(second).size(); ++b) {
        const bool has = met_pairs.Met(static_cast<int>(a), static_cast<int>(b));
        const bool due = has || offered_pairs.Met(static_cast<int>(a), static_cast<int>(b));
        row.covered += has;
        row.offered += due;
        if (due && !has) row.missing.push_back(names(first)[a] + " x " + names(second)[b]);
      }
    }
    row.all = names(first).size() * names(second).size();
    rows.push_back(std::move(row));
  }
  for (const Table& table : Tables()) {
    const auto& d = table.dimensions;
    CoverRow row;
    row.name =
        fmt::format("{} x {} x {}", DimensionName(d[0]), DimensionName(d[1]), DimensionName(d[2]));
    const std::span<const std::uint64_t> has = BitsOf(table, met);
    const std::span<const std::uint64_t> due = BitsOf(table, offered != nullptr ? *offered : met);
    for (std::size_t word = 0; word < has.size(); ++word) {
      row.covered += static_cast<std::uint64_t>(std::popcount(has[word]));
      row.offered += static_cast<std::uint64_t>(std::popcount(has[word] | due[word]));
    }
    row.all = names(d[0]).size() * names(d[1]).size() * names(d[2]).size();
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string BuildPair(const Case& c) {
  std::string text = "builds:";
  for (const Side* side : {&c.writer, &c.reader}) {
    const auto assemble = std::ranges::find(side->build, StepOp::kAssemble, &Step::op);
    if (assemble == side->build.end()) return "";
    if (side == &c.reader) text += "/";
    text += AssembleHowName(assemble->how);
  }
  return text;
}

std::vector<std::string> BuildPairs(const std::vector<std::string>& steps) {
  const auto may = [&](AssembleHow how) {
    const std::string step = "assemble:" + std::string(AssembleHowName(how));
    return steps.empty() || std::ranges::find(steps, step) != steps.end();
  };
  std::vector<std::string> pairs;
  for (const AssembleHow writer : kHows) {
    for (const AssembleHow reader : kHows) {
      if (!may(writer) || !may(reader)) continue;
      pairs.push_back(
          fmt::format("builds:{}/{}", AssembleHowName(writer), AssembleHowName(reader)));
    }
  }
  return pairs;
}

}  // namespace weightproof
