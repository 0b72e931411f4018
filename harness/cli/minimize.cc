#include <fmt/core.h>

#include <algorithm>
#include <cstdio>

#include "harness/campaign/forked.h"
#include "harness/campaign/shrink.h"
#include "harness/cli/commands.h"

namespace weightproof {
namespace {

std::string Size(const Case& c) {
  return fmt::format("{} layer{}, {} + {} build steps, {} edit{}", c.architecture.layers.size(),
                     c.architecture.layers.size() == 1 ? "" : "s", c.writer.build.size(),
                     c.reader.build.size(), c.damage.size(), c.damage.size() == 1 ? "" : "s");
}

}  // namespace

int Minimize(const MinimizeOptions& o) {
  Result<Case> c = ReadCase(o.file);
  if (!c) return Refuse(c.error());
  Result<Engine> engine = EngineFor(o.testees);
  if (!engine) return Refuse(engine.error());

  const InterruptGuard guard;
  const double patience = std::min(60.0, std::max(5.0, o.seconds));
  const CaseResult result = RunCaseForked(*engine, *c, patience);
  const auto falsified = std::ranges::find_if(result.clauses, [](const ClauseVerdict& one) {
    return one.verdict.kind == VerdictKind::kFalsified;
  });
  if (falsified == result.clauses.end()) {
    fmt::print(stderr,
               "weightproof: {}: nothing to minimize, {} answers {} (name the testee that the case "
               "was found on with --testee)\n",
               o.file, TesteeWords(o.testees), VerdictKindName(result.overall));
    return result.overall == VerdictKind::kHarnessError ? kExitHarness : kExitUsage;
  }

  const std::string clause(falsified->clause);
  const Verdict wanted = falsified->verdict;
  fmt::print("{}: {} ({}, {})\n  {}\n", o.file, clause, SeverityName(wanted.severity), wanted.cause,
             wanted.evidence);
  const double silent = wanted.severity == Severity::kHang ? 5.0 : patience;
  const ShrinkResult shrunk = Shrink(*engine, *c, clause, wanted, o.seconds, silent);
  const Verdict again = AskForked(*engine, shrunk.best, clause, patience);
  if (!SameReason(again, wanted)) {
    fmt::print(stderr, "weightproof: {}: the smallest case did not fail again in a fresh process\n",
               o.file);
    return kExitHarness;
  }
  if (Status s = WriteTextFile(o.output, CaseToJson(shrunk.best) + "\n"); !s)
    return Refuse(s.error());
  fmt::print("from {}\nto   {}\n  {}\n{}: {} of {} candidates taken; {}\n", Size(*c),
             Size(shrunk.best), again.evidence, o.output, shrunk.taken, shrunk.tried,
             shrunk.finished ? "no simpler case fails for the same reason"
                             : "time ran out before the minimum was sure");
  return kExitOk;
}

}  // namespace weightproof
