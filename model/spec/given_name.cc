// Names that a person may give.
#include <algorithm>
#include <string_view>

#include "model/spec/program.h"

namespace weightproof {
namespace {

bool TfKerasName(std::string_view name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.';
  };
  if (name.empty() || !plain(name.front())) return false;
  return std::ranges::all_of(name, [&](char c) {
    return plain(c) || c == '_' || c == '\\' || c == '/' || c == '>' || c == '-';
  });
}

}  // namespace

Status CheckName(const std::string& name, Dialect dialect) {
  const bool good =
      dialect == Dialect::kKeras3 ? name.find('/') == std::string::npos : TfKerasName(name);
  if (good && name.find('\0') == std::string::npos) return {};
  return BadBuild("name",
                  "\"" + name + "\" is no layer name in " + std::string(DialectName(dialect)),
                  "use letters, digits and underscores");
}

}  // namespace weightproof
