#include "harness/campaign/report.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "harness/campaign/cover_report.h"
#include "harness/campaign/finding_report.h"
#include "harness/campaign/known.h"
#include "harness/case/json.h"

namespace weightproof {
namespace {

using Json = nlohmann::json;

constexpr VerdictKind kKinds[] = {VerdictKind::kHarnessError, VerdictKind::kFalsified,
                                  VerdictKind::kUndecided,    VerdictKind::kUndetectable,
                                  VerdictKind::kEquivalent,   VerdictKind::kHeld,
                                  VerdictKind::kUnsupported,  VerdictKind::kNotAsked};

double Share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

double Rate(std::uint64_t count, double seconds) {
  return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

std::uint64_t At(const KindCounts& counts, VerdictKind kind) {
  return counts[static_cast<std::size_t>(kind)];
}

std::string ClauseTable(const Statistics& s) {
  std::string text = fmt::format("{:<26}", "clause");
  for (const VerdictKind kind : kKinds) text += fmt::format("{:>14}", VerdictKindName(kind));
  text += "\n";
  for (const auto& [clause, counts] : s.clauses) {
    text += fmt::format("{:<26}", clause);
    for (const VerdictKind kind : kKinds)
      text += fmt::format("{:>14}", Thousands(At(counts, kind)));
    text += "\n";
  }
  text += fmt::format("{:<26}", "case, first that applies");
  for (const VerdictKind kind : kKinds) {
    text += fmt::format("{:>14}", kind == VerdictKind::kNotAsked ? "" : Thousands(s.Of(kind)));
  }
  return text + "\n";
}

std::string FormatTable(const Statistics& s) {
  std::string text =
      fmt::format("{:<18}{:>12}{:>14}{:>14}\n", "format", "cases", "undetectable", "undecided");
  for (std::size_t i = 0; i < s.formats.size(); ++i) {
    const KindCounts& counts = s.formats[i];
    std::uint64_t cases = 0;
    for (const std::uint64_t n : counts) cases += n;
    if (cases == 0) continue;
    text += fmt::format("{:<18}{:>12}{:>12.2f} %{:>12.2f} %\n",
                        RouteFormatName(static_cast<RouteFormat>(i)), Thousands(cases),
                        100 * Share(At(counts, VerdictKind::kUndetectable), cases),
                        100 * Share(At(counts, VerdictKind::kUndecided), cases));
  }
  return text;
}

constexpr std::size_t kReasonBytesMax = 200;

// "the legacy_h5, by name": what of a case its list entry tells.
std::string RouteWords(const Case& c) {
  std::string text(RouteFormatName(c.route.format));
  text += c.route.load_as == LoadAs::kModel ? ", whole model" : c.route.by_name ? ", by name" : "";
  if (c.route.skip_mismatch) text += ", skip_mismatch";
  return text;
}

// Where a real loader's finding was met, and what its cause needs.
std::string MetWords(const Finding& f) {
  std::string text =
      fmt::format("needs {}", f.features.empty() ? "nothing special"
                                                 : fmt::format("{}", fmt::join(f.features, ", ")));
  if (f.formats.size() > 1) text += fmt::format("; met in {}", fmt::join(f.formats, ", "));
  if (f.seen_again > 0) text += fmt::format("; {} more cases like it", f.seen_again);
  return text;
}

std::string KnownList(const CampaignResult& r) {
  std::string text;
  if (!r.known.empty()) {
    text += fmt::format("known        {} that corpus/known has for this version, falsified again\n",
                        r.known.size());
  }
  for (const KnownFinding& one : r.healed) {
    text += fmt::format(
        "healed       {}: {} ({}) is known and holds now; --update-known takes it out\n",
        one.clause, one.cause, SignatureText(one.signature));
  }
  return text;
}

// Bugs and hazards of a real loader are two lists, never one.
std::string FindingsList(const CampaignResult& r) {
  if (!r.foreign) return fmt::format("findings     {}\n", r.findings.size());
  const auto bugs = std::ranges::count_if(r.findings, &Finding::bug);
  std::string text;
  if (r.documented) {
    text += fmt::format("bugs         {}, each against a sentence of the documentation of {} {}\n",
                        bugs, r.testee, r.testee_version);
  } else {
    text += fmt::format(
        "bugs         not judged: no sentences of the documentation of {} {} are at hand\n",
        r.testee, r.testee_version);
  }
  for (const Finding& f : r.findings) {
    if (!f.bug()) continue;
    text +=
        fmt::format("             {}: {} ({})\n               {}: \"{}\"\n", f.clause,
                    f.verdict.cause, RouteWords(f.the_case), f.sentence->object, f.sentence->quote);
    text += fmt::format("               {}\n", MetWords(f));
  }
  text += fmt::format(
      "hazards      {}, silence or refusal where the contract would have it "
      "otherwise\n",
      std::ssize(r.findings) - bugs);
  for (const Finding& f : r.findings) {
    if (f.bug()) continue;
    text += fmt::format("             {}: {} ({})\n               {}\n", f.clause, f.verdict.cause,
                        RouteWords(f.the_case), MetWords(f));
  }
  return text;
}

}  // namespace

std::string Thousands(std::uint64_t n) {
  std::string text = std::to_string(n);
  for (int i = static_cast<int>(text.size()) - 3; i > 0; i -= 3) {
    text.insert(static_cast<std::size_t>(i), 1, ',');
  }
  return text;
}

std::string OneLine(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  return text;
}

std::string RateText(double rate) {
  return rate < 10 ? fmt::format("{:.1f}", rate) : fmt::format("{:.0f}", rate);
}

std::string TextReport(const CampaignResult& r) {
  const Statistics& s = r.statistics;
  std::string text;
  const std::string written_by =
      r.writer == r.testee ? ""
                           : fmt::format(" reads what {} {} writes", r.writer, r.writer_version);
  text += fmt::format("testee       {} {}{}{}{}, seed {}, {} worker{}, scratch {}\n", r.testee,
                      r.testee_version, r.testee_backend.empty() ? "" : " on ", r.testee_backend,
                      written_by, r.seed, r.jobs, r.jobs == 1 ? "" : "s",
                      r.scratch_in_memory ? "on a memory file system" : "on disk");
  text += fmt::format("cases        {} in {:.1f} s, {} a second; {} discarded{}\n",
                      Thousands(s.cases), r.seconds, RateText(Rate(s.cases, r.seconds)),
                      Thousands(s.discarded), r.interrupted ? "; interrupted" : "");
  text += fmt::format("round trips  {}, {} a second and worker", Thousands(s.round_trips),
                      RateText(Rate(s.round_trips, s.worker_seconds)));
  if (r.foreign) {
    text += "\n";
  } else {
    text += fmt::format(", {:.0f} a second of processor time\n",
                        Rate(s.round_trips, s.worker_cpu_seconds));
  }
  text += fmt::format(
      "power        {:.1f} % of {} counterfactual loads noticed by predictions alone; all noticed "
      "in {} cases\n",
      100 * Share(s.noticed, s.counterfactuals), Thousands(s.counterfactuals),
      Thousands(s.full_power));
  if (s.growth_bytes != 0) {
    text += fmt::format("memory       the worker that grew most grew by {:.1f} MiB since case {}\n",
                        static_cast<double>(s.growth_bytes) / (1 << 20), kWarmCases);
  }
  if (s.only_shared > 0) {
    text += fmt::format(
        "sharing      {} cases were falsified in sessions that cases share, and not when played "
        "alone: not counted\n",
        Thousands(s.only_shared));
  }
  text += "\n" + ClauseTable(s) + "\n" + FormatTable(s) + "\n" + CoverTable(s) + "\n";
  text += KnownList(r);
  if (r.findings.empty()) {
    const std::uint64_t n = s.cases - s.Of(VerdictKind::kUnsupported);
    text += fmt::format("findings     none: 0 of {}", Thousands(n));
    text += n == 0 ? "\n"
                   : fmt::format(" says only: below {:.2g} of such cases (3/n)\n",
                                 std::min(1.0, 3.0 / static_cast<double>(n)));
  } else {
    text += FindingsList(r);
  }
  if (r.first_finding_seconds) {
    text += fmt::format("             the first one was shown by its script after {:.1f} s\n",
                        *r.first_finding_seconds);
  }
  if (!r.unreproduced.empty()) {
    text +=
        fmt::format("not shown    {} falsified, but not reproduced by a plain script; no finding\n",
                    r.unreproduced.size());
    for (const Finding& f : r.unreproduced) {
      text += fmt::format("             {}, {}: {}\n               {}\n", f.clause, f.verdict.cause,
                          OneLine(f.reproduction).substr(0, kReasonBytesMax), f.case_path);
    }
  }
  if (r.not_looked_into > 0) {
    text += fmt::format("left         {} falsified cases were not looked into\n",
                        Thousands(r.not_looked_into));
  }
  for (const std::string& error : r.harness_errors) {
    text += "harness error: " + OneLine(error) + "\n";
  }
  return text;
}

std::string FindingText(const Finding& f, const std::string& testees, const std::string& program) {
  const Clause* clause = FindClause(f.clause);
  const std::string_view standing = f.reproduction.empty() ? "" : f.bug() ? "bug, " : "hazard, ";
  std::string text =
      fmt::format("{} ({}{}, {}): {}\n", f.clause, standing, SeverityName(f.verdict.severity),
                  f.verdict.cause, clause != nullptr ? clause->sentence : "");
  text += "  what happened: " + OneLine(f.verdict.evidence) + "\n";
  if (!f.reproduction.empty() && IsSecurity(f.verdict.severity)) {
    text +=
        "  tell the maintainers first, as report.md says; the repository names clause and "
        "version\n";
  }
  if (f.bug()) {
    text += fmt::format("  {} says: \"{}\"\n", f.sentence->object, f.sentence->quote);
  }
  if (!f.repeats) text += "  it did not happen again in a fresh process, so it was not shrunk\n";
  text += fmt::format("  case:   {}{}\n", f.case_path, f.shrunk ? "" : "  (not fully shrunk)");
  if (!f.reproduction.empty()) {
    const auto script = std::filesystem::path(f.case_path).parent_path() / "reproduce.py";
    text += fmt::format("  script: {}  (was run in a process of its own and showed it)\n",
                        script.string());
  }
  text += fmt::format("  replay: {} replay '{}' {}\n", program, f.case_path, testees);
  return text;
}

std::string JsonReport(const CampaignResult& r, const std::string& json_path) {
  const Statistics& s = r.statistics;
  Json verdicts = Json::object();
  for (const VerdictKind kind : kKinds) {
    if (kind != VerdictKind::kNotAsked) verdicts[std::string(VerdictKindName(kind))] = s.Of(kind);
  }
  Json coverage = Json::object();
  for (const auto& [feature, count] : s.features) {
    const std::size_t colon = feature.find(':');
    coverage[feature.substr(0, colon)]
            [colon == std::string::npos ? "" : feature.substr(colon + 1)] = count;
  }
  coverage["together"] = CoverJson(s);
  std::error_code ignored;
  const auto folder = std::filesystem::absolute(json_path, ignored).parent_path();
  const auto list = [&](const std::vector<Finding>& from) {
    Json out = Json::array();
    for (const Finding& f : from) {
      const auto place = std::filesystem::absolute(f.case_path, ignored).lexically_relative(folder);
      out.push_back({{"clause", f.clause},
                     {"cause", f.verdict.cause},
                     {"severity", std::string(SeverityName(f.verdict.severity))},
                     {"bug", f.bug()},
                     {"known", f.known},
                     {"index", f.index},
                     {"shrunk", f.shrunk},
                     {"case", place.string()},
                     {"summary", OneLine(f.verdict.evidence)}});
      if (f.bug()) out.back()["sentence"] = SentenceToJson(*f.sentence);
      if (!f.reproduction.empty()) out.back()["reproduction"] = OneLine(f.reproduction);
      if (!r.foreign) continue;
      out.back()["features"] = f.features;
      out.back()["formats"] = f.formats;
      out.back()["seen_again"] = f.seen_again;
    }
    return out;
  };
  Json formats = Json::object();
  for (std::size_t i = 0; i < s.formats.size(); ++i) {
    std::uint64_t cases = 0;
    for (const std::uint64_t n : s.formats[i]) cases += n;
    if (cases == 0) continue;
    formats[std::string(RouteFormatName(static_cast<RouteFormat>(i)))] = {
        {"cases", cases},
        {"round_trips", s.format_round_trips[i]},
        {"undetectable", At(s.formats[i], VerdictKind::kUndetectable)},
        {"undecided", At(s.formats[i], VerdictKind::kUndecided)}};
  }
  Json json = {{"schema", 1},
               {"version", WEIGHTPROOF_VERSION},
               {"testee", r.testee},
               {"writer", r.writer},
               {"seed", r.seed},
               {"seconds", r.seconds},
               {"interrupted", r.interrupted},
               {"cases", s.cases},
               {"discarded", s.discarded},
               {"power", Share(s.noticed, s.counterfactuals)},
               {"full_power", s.full_power},
               {"verdicts", verdicts},
               {"coverage", coverage},
               {"round_trips", s.round_trips},
               {"worker_seconds", s.worker_cpu_seconds},
               {"worker_wall_seconds", s.worker_seconds},
               {"formats", formats},
               {"findings", list(r.findings)}};
  if (r.foreign) {
    json["unreproduced"] = list(r.unreproduced);
    json["testee_version"] = r.testee_version;
    json["testee_backend"] = r.testee_backend;
    json["known"] = list(r.known);
    json["not_looked_into"] = r.not_looked_into;
    json["only_shared"] = s.only_shared;
  }
  Json healed = Json::array();
  for (const KnownFinding& one : r.healed) {
    healed.push_back({{"clause", one.clause}, {"cause", one.cause}, {"features", one.signature}});
  }
  if (!healed.empty()) json["healed"] = healed;
  if (r.first_finding_seconds) json["first_finding_seconds"] = *r.first_finding_seconds;
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace weightproof
