#include "harness/campaign/known.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "harness/campaign/finding.h"
#include "harness/case/json.h"
#include "harness/case/json_fields.h"

namespace weightproof {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kKnownMax = 1000;
constexpr std::size_t kWordsMax = 100;
constexpr int kKnownSchema = 1;

constexpr std::array<std::string_view, 9> kSeverities{"none",        "silently-wrong", "crash",
                                                      "hang",        "unbounded",      "escape",
                                                      "half-loaded", "false-refusal",  "unhelpful"};

void Words(JsonFields& fields, std::string_view key, std::set<std::string>& out) {
  std::vector<std::string> words;
  fields.Texts(key, kWordsMax, words, true);
  out = {words.begin(), words.end()};
}

KnownFinding ReadOne(JsonFields& fields, const std::string& place) {
  KnownFinding known;
  fields.Text("clause", known.clause, true);
  fields.Text("cause", known.cause, true);
  fields.Text("sentence", known.breaks);
  fields.Text("evidence", known.evidence);
  fields.Text("id", known.id);
  fields.Word("severity", kSeverities, known.severity, true);
  // Of a security finding they are not told.
  const bool told = !IsSecurity(known.severity) || fields.Has("features");
  if (told) Words(fields, "features", known.signature);
  if (told) Words(fields, "formats", known.formats);
  if (const Json* value = fields.Find("case")) {
    Result<Case> c = CaseFromJson(value->dump(), place);
    if (c) {
      known.the_case = *std::move(c);
    } else {
      fields.Take(std::move(c).error());
    }
  }
  if (fields.ok() && FindClause(known.clause) == nullptr) fields.Wrong("clause", "no such clause");
  if (fields.ok() && !known.the_case && !IsSecurity(known.severity)) {
    fields.Wrong("case",
                 "only a crash, a hang, unbounded work or an escape is kept without a case");
  }
  return known;
}

// Without the folder in which the case was played, which is another one each time: what stands
// before the file's own name in "/dev/shm/weightproof.a1B2c3/case-0007-3/m.h5".
std::string WithoutScratch(std::string text) {
  constexpr std::string_view kScratch = "/weightproof.";
  constexpr std::size_t kRandom = 6;
  std::size_t at = 0;
  while ((at = text.find(kScratch, at)) != std::string::npos) {
    const std::size_t end = at + kScratch.size() + kRandom;
    const std::size_t inner = text.find('/', end + 1);
    if (end >= text.size() || text[end] != '/' || inner == std::string::npos) {
      at += kScratch.size();
      continue;
    }
    std::size_t begin = at;
    while (begin > 0 &&
           std::string_view(" '\"\n(").find(text[begin - 1]) == std::string_view::npos) {
      --begin;
    }
    text.erase(begin, inner + 1 - begin);
    at = begin;
  }
  return text;
}

}  // namespace

bool IsOneCause(std::string_view clause, std::string_view breaks) {
  return !breaks.empty() || clause == "refusal-changes-nothing";
}

bool IsSecurity(Severity severity) {
  return severity == Severity::kCrash || severity == Severity::kHang ||
         severity == Severity::kUnbounded || severity == Severity::kEscape;
}

std::string KnownFileName(std::string_view testee, std::string_view version) {
  if (testee.empty() || testee.starts_with("worker:") || testee.contains('/')) return "";
  std::string name(testee.substr(0, testee.find('@')));
  std::ranges::replace(name, ':', '-');
  std::string number(version);
  std::ranges::replace(number, '/', '-');
  return name + "-" + number + ".json";
}

Result<std::vector<KnownFinding>> ReadKnown(const std::string& path, std::string_view testee,
                                            std::string_view version) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    return Fail(ErrorKind::kPathUnreadable, path, "cannot be read",
                "name a file of known findings with --known, or none");
  }
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto root = ParseJson(text, path, std::size_t{64} << 20);
  if (!root) return std::unexpected(root.error());
  const JsonPlace place{nullptr, path};
  JsonFields fields(*root, place);
  int schema = 0;
  std::string of_testee;
  std::string of_version;
  fields.Int("schema", kKnownSchema, kKnownSchema, schema, true);
  fields.Text("testee", of_testee, true);
  fields.Text("version", of_version, true);
  std::vector<KnownFinding> out;
  const Json* list = fields.Find("findings", true);
  if (list != nullptr && !list->is_array()) fields.Wrong("findings", "a list is due here");
  if (fields.ok() && list->size() > kKnownMax) {
    fields.Wrong("findings", "too many entries", ErrorKind::kLimitExceeded);
  }
  const JsonPlace inside{&place, "findings"};
  for (std::size_t i = 0; fields.ok() && i < list->size(); ++i) {
    const JsonPlace here{&inside, {}, i, true};
    JsonFields inner((*list)[i], here);
    out.push_back(ReadOne(inner, path));
    inner.Done();
    if (!inner.ok()) fields.Take(std::move(inner).error());
  }
  fields.Done();
  if (!fields.ok()) return std::unexpected(std::move(fields).error());
  if (KnownFileName(of_testee, of_version) != KnownFileName(testee, version)) {
    return Fail(ErrorKind::kBadConfig, path,
                "is about " + of_testee + " " + of_version + ", not about " + std::string(testee) +
                    " " + std::string(version),
                "name the file of this testee and version with --known, or none");
  }
  return out;
}

std::string KnownToJson(std::span<const KnownFinding> known, std::string_view testee,
                        std::string_view version) {
  std::vector<KnownFinding> sorted(known.begin(), known.end());
  std::ranges::sort(sorted, {}, [](const KnownFinding& one) {
    return std::tuple(one.breaks.empty(), one.clause, one.cause, one.signature);
  });
  Json list = Json::array();
  std::set<std::tuple<std::string, std::string, std::string>> kept_back;
  for (const KnownFinding& one : sorted) {
    Json entry = {{"clause", one.clause},
                  {"cause", one.cause},
                  {"severity", std::string(SeverityName(one.severity))}};
    if (!one.breaks.empty()) entry["sentence"] = one.breaks;
    // What such a file looks like is for the maintainers first: one line for all of a cause.
    if (IsSecurity(one.severity)) {
      if (!kept_back.insert({one.clause, one.cause, one.breaks}).second) continue;
      entry["id"] = one.id;
      list.push_back(std::move(entry));
      continue;
    }
    entry["features"] = one.signature;
    entry["formats"] = one.formats;
    entry["evidence"] = one.evidence;
    if (one.the_case) entry["case"] = Json::parse(CaseToJson(*one.the_case), nullptr, false);
    list.push_back(std::move(entry));
  }
  const Json json = {{"schema", kKnownSchema},
                     {"testee", std::string(testee)},
                     {"version", std::string(version)},
                     {"findings", std::move(list)}};
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

KnownFinding KnownOf(const Finding& finding) {
  KnownFinding known;
  known.clause = finding.clause;
  known.cause = finding.verdict.cause;
  known.breaks = finding.verdict.breaks;
  known.severity = finding.verdict.severity;
  known.evidence = WithoutScratch(finding.verdict.evidence);
  known.signature = {finding.features.begin(), finding.features.end()};
  known.formats = finding.formats;
  known.the_case = finding.the_case;
  known.id = finding.id;
  return known;
}

}  // namespace weightproof
