#include "harness/properties/run_case.h"

#include <algorithm>

#include "harness/oracle/power.h"
#include "harness/oracle/weights.h"
#include "harness/properties/clauses.h"
#include "harness/properties/facts.h"
#include "harness/properties/observe.h"
#include "harness/properties/paths.h"
#include "harness/testee/documentation.h"

namespace weightproof {
namespace {

void AddPower(const Observation& o, CaseResult& result) {
  if (o.control.outcome != Outcome::kOk || o.control.variables.empty()) return;
  std::vector<NamedTensor> right;
  for (const NamedTensor& variable : o.initial) {
    const Tensor* value = TrueValue(o, variable.id);
    right.push_back({variable.id, value != nullptr ? *value : variable.tensor});
  }
  const Power power =
      MeasurePower(o.reader_plan, right, o.initial, MakeInputs(o.reader_plan, o.c->probe));
  result.counterfactuals = power.counterfactuals;
  result.noticed = power.noticed;
}

// Says which documented sentence a falsified verdict breaks; held where one says that it is fine.
Verdict Judged(Verdict verdict, std::string_view clause, const Observation& o) {
  const auto& documentation = o.reader->documentation;
  // Documentation speaks of what the library itself wrote.
  if (verdict.kind != VerdictKind::kFalsified || documentation == nullptr || o.given) {
    return verdict;
  }
  const std::vector<std::string> facts = Facts(o);
  if (documentation->Permits(clause, verdict.cause, facts)) {
    return {VerdictKind::kHeld, Severity::kNone, "", ""};
  }
  if (o.two_libraries) return verdict;  // of files of its own that library speaks, not of others
  const DocumentedSentence* broken = documentation->Broken(clause, verdict.cause, facts);
  if (broken != nullptr) verdict.breaks = broken->id;
  return verdict;
}

// A real loader that meets a hostile file is asked one thing only: whether the load stays at home.
Verdict Checked(const Clause& clause, const Observation& o) {
  if (IsHostile(*o.c) && !o.reader->makes_reports && clause.check != &CheckLoadStaysHome) {
    return NotAsked();
  }
  return Judged(clause.check(o), clause.name, o);
}

}  // namespace

VerdictKind OverallOf(const std::vector<ClauseVerdict>& clauses) {
  VerdictKind overall = VerdictKind::kNotAsked;
  for (const ClauseVerdict& clause : clauses) overall = std::min(overall, clause.verdict.kind);
  return overall == VerdictKind::kNotAsked ? VerdictKind::kUnsupported : overall;
}

CaseResult RunCase(const Case& c, Testee& writer, Testee& reader, const std::string& scratch,
                   const std::string* file) {
  CaseResult result;
  const auto all = [&](VerdictKind kind, const std::string& why) {
    result.overall = kind;
    for (const Clause& clause : Clauses()) {
      result.clauses.push_back({clause.name, {kind, Severity::kNone, "", why}});
    }
  };
  const CaseFolder folder(scratch);
  if (!folder.made()) {
    all(VerdictKind::kHarnessError, "no folder can be made in " + scratch);
    return result;
  }
  ObserveResult seen = Observe(c, writer, reader, folder.path(), {.clause = {}, .file = file});
  result.round_trips = seen.round_trips;
  if (!seen.harness_error.empty()) {
    all(VerdictKind::kHarnessError, seen.harness_error);
    return result;
  }
  if (!seen.observation) {
    result.unsupported_by_name = seen.unsupported;
    all(VerdictKind::kUnsupported, seen.unsupported);
    return result;
  }
  const Observation& o = *seen.observation;
  const bool loaded = o.save.outcome == Outcome::kOk && !o.saved_elsewhere && !o.saved_unreadable;
  result.refused = (loaded ? o.load : o.save).outcome == Outcome::kRefused;
  result.clauses.reserve(Clauses().size());
  for (const Clause& clause : Clauses()) {
    result.clauses.push_back({clause.name, Checked(clause, o)});
  }
  result.overall = OverallOf(result.clauses);
  if (result.overall == VerdictKind::kUnsupported) result.unsupported_by_name = "no clause asks";
  if (!o.given) AddPower(o, result);
  return result;
}

Verdict RunClause(const Case& c, Testee& writer, Testee& reader, const std::string& scratch,
                  std::string_view clause_name, const std::string* file, int* round_trips) {
  const Clause* clause = FindClause(clause_name);
  const CaseFolder folder(scratch);
  if (clause == nullptr || !folder.made()) {
    return {VerdictKind::kHarnessError, Severity::kNone, "", "no such clause, or no folder for it"};
  }
  const ObserveResult seen =
      Observe(c, writer, reader, folder.path(), {.clause = clause_name, .file = file});
  if (round_trips != nullptr) *round_trips += seen.round_trips;
  if (!seen.harness_error.empty()) {
    return {VerdictKind::kHarnessError, Severity::kNone, "", seen.harness_error};
  }
  if (!seen.observation) return {VerdictKind::kUnsupported, Severity::kNone, "", seen.unsupported};
  return Checked(*clause, *seen.observation);
}

bool ClauseAsksOfLoad(const Case& c, Testee& writer, Testee& reader, std::string_view clause) {
  const std::string nowhere;
  const ObserveResult seen = Observe(c, writer, reader, nowhere, {clause, true});
  if (!seen.observation) return false;
  if (clause == "round-trips") return RoundTripsAsks(*seen.observation);
  if (clause == "loud-or-right") return !RoundTripsAsks(*seen.observation);
  return true;
}

}  // namespace weightproof
