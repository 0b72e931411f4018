#include "harness/cli/parse.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <span>
#include <string>
#include <vector>

namespace weightproof {
namespace {

template <class T>
bool Whole(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

struct Allowed {
  std::string_view name;
  bool Hdf5Limits::* flag;
};
constexpr std::array kFilters{Allowed{"deflate", &Hdf5Limits::deflate},
                              Allowed{"shuffle", &Hdf5Limits::shuffle},
                              Allowed{"fletcher32", &Hdf5Limits::fletcher32}};
constexpr std::array kLinks{Allowed{"soft", &Hdf5Limits::soft_links},
                            Allowed{"external", &Hdf5Limits::external_links},
                            Allowed{"user", &Hdf5Limits::user_links}};

// "none", or names with '+' between them: these are allowed and the others are not.
bool Allow(std::string_view names, std::span<const Allowed> all, Hdf5Limits* limits) {
  for (const Allowed& one : all) limits->*one.flag = false;
  if (names == "none") return true;
  for (const std::string_view name : Split(names, '+')) {
    const auto one = std::ranges::find(all, name, &Allowed::name);
    if (one == all.end()) return false;
    limits->*one->flag = true;
  }
  return true;
}

}  // namespace

std::optional<double> ParseDuration(std::string_view text) {
  double unit = 1;
  if (!text.empty()) {
    const char last = text.back();
    if (last == 's' || last == 'm' || last == 'h') {
      unit = last == 's' ? 1 : last == 'm' ? 60 : 3600;
      text.remove_suffix(1);
    }
  }
  double value = 0;
  if (!Whole(text, value) || !std::isfinite(value) || value <= 0 || value > 1e8) {
    return std::nullopt;
  }
  return value * unit;
}

std::optional<std::pair<std::uint64_t, std::uint64_t>> ParseShard(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  std::uint64_t part = 0;
  std::uint64_t parts = 0;
  if (!Whole(text.substr(0, slash), part) || !Whole(text.substr(slash + 1), parts)) {
    return std::nullopt;
  }
  if (part >= parts || parts > 1'000'000) return std::nullopt;
  return std::pair(part, parts);
}

std::optional<std::string> ParsePolicy(std::string_view text, Hdf5Limits* limits) {
  for (const std::string_view rule : Split(text, ',')) {
    const std::size_t equals = std::min(rule.find('='), rule.size());
    const std::string_view key = rule.substr(0, equals);
    const std::string_view value = rule.substr(std::min(equals + 1, rule.size()));
    bool known = false;
    if (key == "filters") known = Allow(value, kFilters, limits);
    if (key == "links") known = Allow(value, kLinks, limits);
    if (key == "ratio") {
      known = Whole(value, limits->inflate_ratio_max) && limits->inflate_ratio_max >= 1 &&
              limits->inflate_ratio_max <= 1'000'000;
    }
    if (!known) {
      return "'" + std::string(rule) +
             "' is no rule; write filters=none or filters=deflate+shuffle+fletcher32, ratio=100, "
             "links=none or links=soft+external+user, with ',' between them";
    }
  }
  return std::nullopt;
}

}  // namespace weightproof
