#include "harness/properties/drivers/search.h"

#include <utility>

#include "harness/campaign/forked.h"
#include "harness/campaign/shrink.h"
#include "harness/campaign/smaller.h"
#include "harness/case/generate.h"
#include "harness/properties/run_case.h"

namespace weightproof {

Verdict Ask(const std::string& testee, const Case& c, std::string_view clause) {
  static const Scratch scratch;
  const Result<std::unique_ptr<Testee>> made = MakeTestee(testee);
  if (!made) return {VerdictKind::kHarnessError, Severity::kNone, "", made.error().Text()};
  return RunClause(c, **made, **made, scratch.path(), clause);
}

std::optional<Caught> FirstCaught(const std::string& testee, std::string_view clause,
                                  std::uint64_t seed, std::uint64_t cases_max) {
  const Result<std::unique_ptr<Testee>> made = MakeTestee(testee);
  if (!made) return std::nullopt;
  for (std::uint64_t index = 0; index < cases_max; ++index) {
    SeededChoices choices(seed, index);
    Case c = Generate(choices, (*made)->Describe().space);
    Verdict verdict = Ask(testee, c, clause);
    if (verdict.kind != VerdictKind::kFalsified) continue;
    if (Ask("builtin", c, clause).kind == VerdictKind::kFalsified) continue;
    return Caught{std::move(c), std::move(verdict), index + 1};
  }
  return std::nullopt;
}

Shrunk ShrinkHere(const std::string& testee, std::string_view clause, const Case& c,
                  const Verdict& wanted) {
  Shrunk result{c};
  for (bool smaller = true; smaller;) {
    smaller = false;
    for (Case& candidate : Shrinks(result.best)) {
      ++result.tried;
      if (!SameReason(Ask(testee, candidate, clause), wanted)) continue;
      result.best = std::move(candidate);
      smaller = true;
      break;
    }
    if (smaller) continue;
    if (std::optional<Case> jump = SmallerCase(testee, clause, c, result.best, wanted)) {
      result.best = *std::move(jump);
      smaller = true;
    }
  }
  return result;
}

std::optional<Case> SmallerCase(const std::string& testee, std::string_view clause,
                                const Case& found, const Case& best, const Verdict& wanted) {
  std::optional<Case> smaller;
  VisitSmallerCases(found, best, [&](const Case& c) {
    if (SameReason(Ask(testee, c, clause), wanted)) smaller = c;
    return !smaller;
  });
  return smaller;
}

}  // namespace weightproof
