#include "harness/oracle/promise_table.h"

#include <deque>
#include <nlohmann/json.hpp>
#include <vector>

namespace weightproof {
namespace {

constexpr char kPromisesJson[] = {
#include "promises_json.inc"
};

RouteFormat FormatOf(const std::string& name) {
  if (name == "legacy_h5") return RouteFormat::kLegacyH5;
  if (name == "legacy_h5_model") return RouteFormat::kLegacyH5Model;
  if (name == "keras_archive") return RouteFormat::kKerasArchive;
  return RouteFormat::kWeightsH5;
}

Promise PromiseOf(const std::string& name) {
  if (name == "accept") return Promise::kAccept;
  if (name == "refuse") return Promise::kRefuse;
  return Promise::kDepends;
}

std::vector<PromiseRow> Parse() {
  static std::deque<std::string> names;  // what the rows' views point to
  std::vector<PromiseRow> rows;
  const nlohmann::json table =
      nlohmann::json::parse(std::begin(kPromisesJson), std::end(kPromisesJson));
  for (const nlohmann::json& row : table.at("rows")) {
    const std::string& writer = names.emplace_back(row.at("writer").get<std::string>());
    const std::string& reader = names.emplace_back(row.at("reader").get<std::string>());
    rows.push_back({FormatOf(row.at("format")),
                    row.at("dialect") == "keras3" ? Dialect::kKeras3 : Dialect::kTfKeras, writer,
                    reader, row.at("nests") == "same", PromiseOf(row.at("promise"))});
  }
  return rows;
}

}  // namespace

std::span<const PromiseRow> PromiseTable() {
  static const std::vector<PromiseRow> rows = Parse();
  return rows;
}

}  // namespace weightproof
