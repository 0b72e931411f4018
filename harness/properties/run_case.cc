#include "harness/properties/run_case.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "harness/oracle/power.h"
#include "harness/oracle/weights.h"
#include "harness/properties/observe.h"
#include "harness/properties/paths.h"

namespace weightproof {
namespace {

// A folder for one case, gone at the end.
class CaseFolder {
 public:
  explicit CaseFolder(const std::string& scratch) {
    static unsigned long counter = 0;
    // Names of one length, so that no outcome depends on a process id.
    std::string number = std::to_string(getpid() % 10'000'000) + "-" + std::to_string(counter++);
    path_ =
        scratch + "/case-" + std::string(number.size() < 20 ? 20 - number.size() : 0, '0') + number;
    made_ = mkdir(path_.c_str(), 0777) == 0;
  }
  ~CaseFolder() {
    if (made_) RemoveTree(path_);
  }
  CaseFolder(const CaseFolder&) = delete;
  CaseFolder& operator=(const CaseFolder&) = delete;
  bool made() const { return made_; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  bool made_ = false;
};

VerdictKind Overall(const std::vector<ClauseVerdict>& clauses) {
  VerdictKind overall = VerdictKind::kNotAsked;
  for (const ClauseVerdict& clause : clauses) overall = std::min(overall, clause.verdict.kind);
  return overall == VerdictKind::kNotAsked ? VerdictKind::kUnsupported : overall;
}

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

}  // namespace

CaseResult RunCase(const Case& c, Testee& writer, Testee& reader, const std::string& scratch) {
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
  ObserveResult seen = Observe(c, writer, reader, folder.path());
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
  result.clauses.reserve(Clauses().size());
  for (const Clause& clause : Clauses()) result.clauses.push_back({clause.name, clause.check(o)});
  result.overall = Overall(result.clauses);
  if (result.overall == VerdictKind::kUnsupported) result.unsupported_by_name = "no clause asks";
  AddPower(o, result);
  return result;
}

Verdict RunClause(const Case& c, Testee& writer, Testee& reader, const std::string& scratch,
                  std::string_view clause_name) {
  const Clause* clause = FindClause(clause_name);
  const CaseFolder folder(scratch);
  if (clause == nullptr || !folder.made()) {
    return {VerdictKind::kHarnessError, Severity::kNone, "", "no such clause, or no folder for it"};
  }
  const ObserveResult seen = Observe(c, writer, reader, folder.path(), {clause_name});
  if (!seen.harness_error.empty()) {
    return {VerdictKind::kHarnessError, Severity::kNone, "", seen.harness_error};
  }
  if (!seen.observation) return {VerdictKind::kUnsupported, Severity::kNone, "", seen.unsupported};
  return clause->check(*seen.observation);
}

}  // namespace weightproof
