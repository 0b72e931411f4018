#include "harness/campaign/cover_report.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/campaign/report.h"

namespace weightproof {
namespace {

constexpr std::size_t kMissingShown = 6;

}  // namespace

std::string CoverTable(const Statistics& s) {
  std::string text = fmt::format("{:<38}{:>10}{:>10}{:>10}  {}\n", "judged together at least once",
                                 "covered", "drawable", "thinkable", "drawable and never judged");
  for (const CoverRow& row : s.cover) {
    text += fmt::format("{:<38}{:>10}{:>10}{:>10}  ", row.name, Thousands(row.covered),
                        Thousands(row.offered), Thousands(row.all));
    if (row.missing.empty()) {
      text += row.covered == row.offered ? "none" : Thousands(row.offered - row.covered);
    } else {
      const std::size_t shown = std::min(row.missing.size(), kMissingShown);
      text += fmt::format("{}: {}{}", row.missing.size(),
                          fmt::join(row.missing.begin(),
                                    row.missing.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
                          shown < row.missing.size() ? ", ..." : "");
    }
    text += "\n";
  }
  return text;
}

nlohmann::json CoverJson(const Statistics& s) {
  nlohmann::json rows = nlohmann::json::object();
  for (const CoverRow& row : s.cover) {
    rows[row.name] = {{"covered", row.covered},
                      {"drawable", row.offered},
                      {"thinkable", row.all},
                      {"missing", row.missing}};
  }
  return rows;
}

}  // namespace weightproof
