#include "harness/campaign/python_own.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <utility>

namespace weightproof {
namespace {

std::string Container(KeepHow keep, const std::vector<std::string>& entries) {
  const bool braces = keep == KeepHow::kDict || keep == KeepHow::kSet;
  const std::string all = fmt::format("{}", fmt::join(entries, ", "));
  if (keep != KeepHow::kLists) return braces ? "{" + all + "}" : "[" + all + "]";
  const auto half = entries.begin() + static_cast<std::ptrdiff_t>((entries.size() + 1) / 2);
  const std::string first = fmt::format("[{}]", fmt::join(entries.begin(), half, ", "));
  if (half == entries.end()) return "[" + first + "]";
  return fmt::format("[{}, [{}]]", first, fmt::join(half, entries.end(), ", "));
}

}  // namespace

std::string PythonCalls(const std::vector<std::string>& layers) {
  std::string calls = "x";
  for (const std::string& layer : layers) calls = layer + "(" + calls + ")";
  return calls;
}

std::vector<std::string> PythonKeeping(const std::string& object,
                                       const std::vector<std::string>& layers,
                                       const Step& keeping) {
  std::vector<std::string> lines;
  std::vector<std::string> entries;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const std::size_t j =
        keeping.attribute_order.empty() ? i : static_cast<std::size_t>(keeping.attribute_order[i]);
    if (keeping.keep == KeepHow::kAttributes) {
      lines.push_back(fmt::format("{}.{} = {}", object, keeping.attributes[j], layers[j]));
    } else {
      entries.push_back(keeping.keep == KeepHow::kDict ? fmt::format("\"k{}\": {}", j, layers[j])
                                                       : layers[j]);
    }
  }
  if (keeping.keep != KeepHow::kAttributes) {
    lines.push_back(
        fmt::format("{}.{} = {}", object, keeping.attributes[0], Container(keeping.keep, entries)));
  }
  return lines;
}

}  // namespace weightproof
