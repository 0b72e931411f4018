#include "harness/campaign/result_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace weightproof {
namespace {

using Json = nlohmann::json;

Json Value(const Verdict& v) {
  return {{"kind", static_cast<int>(v.kind)},
          {"severity", static_cast<int>(v.severity)},
          {"cause", v.cause},
          {"evidence", v.evidence},
          {"breaks", v.breaks}};
}

// Messages of a testee may hold any bytes.
std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Verdict FromValue(const Json& json) {
  Verdict v;
  v.kind = static_cast<VerdictKind>(json.value("kind", 0));
  v.severity = static_cast<Severity>(json.value("severity", 0));
  v.cause = json.value("cause", "");
  v.evidence = json.value("evidence", "");
  v.breaks = json.value("breaks", "");
  return v;
}

}  // namespace

std::string EscapeLine(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  return text;
}

std::string VerdictToJson(const Verdict& verdict) { return Dump(Value(verdict)); }

Verdict VerdictFromJson(std::string_view json) {
  const Json parsed = Json::parse(json, nullptr, false);
  if (!parsed.is_object()) {
    return {VerdictKind::kHarnessError, Severity::kNone, "", "a worker gave no answer"};
  }
  return FromValue(parsed);
}

std::string CaseResultToJson(const CaseResult& result) {
  Json clauses = Json::array();
  for (const ClauseVerdict& c : result.clauses) {
    Json one = Value(c.verdict);
    one["clause"] = std::string(c.clause);
    clauses.push_back(std::move(one));
  }
  return Dump({{"overall", static_cast<int>(result.overall)},
               {"clauses", clauses},
               {"refused", result.refused},
               {"round_trips", result.round_trips},
               {"counterfactuals", result.counterfactuals},
               {"noticed", result.noticed},
               {"unsupported", result.unsupported_by_name}});
}

CaseResult CaseResultFromJson(std::string_view json, const std::vector<std::string>& clauses) {
  CaseResult result;
  const Json parsed = Json::parse(json, nullptr, false);
  if (!parsed.is_object()) return result;
  result.overall = static_cast<VerdictKind>(parsed.value("overall", 0));
  result.refused = parsed.value("refused", false);
  result.round_trips = parsed.value("round_trips", 0);
  result.counterfactuals = parsed.value("counterfactuals", 0);
  result.noticed = parsed.value("noticed", 0);
  result.unsupported_by_name = parsed.value("unsupported", "");
  for (const Json& one : parsed["clauses"]) {
    const auto name = std::ranges::find(clauses, one.value("clause", ""));
    if (name != clauses.end()) result.clauses.push_back({*name, FromValue(one)});
  }
  return result;
}

}  // namespace weightproof
