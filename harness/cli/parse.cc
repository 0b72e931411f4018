#include "harness/cli/parse.h"

#include <charconv>
#include <cmath>

namespace weightproof {
namespace {

template <class T>
bool Whole(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
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

}  // namespace weightproof
