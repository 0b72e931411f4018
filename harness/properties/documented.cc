// Where a real loader's documentation promises more than the contract asks of everyone: a load that
// it says goes on, a unit that it says is skipped as a whole, an option that it says counts.
#include <string>
#include <vector>

#include "harness/properties/clauses.h"
#include "harness/properties/facts.h"
#include "harness/testee/documentation.h"

namespace weightproof {
namespace {

Verdict Candidate(const Observation& o) {
  const Route& route = o.c->route;
  if (o.content_damaged || route.load_as != LoadAs::kWeights) return NotAsked();
  const std::string refusal = o.load.error_kind + ": " + o.load.error_message;
  if (o.load.outcome == Outcome::kRefused) {
    if (route.skip_mismatch) {
      return Falsified(
          Severity::kFalseRefusal, "refused-despite-skip-mismatch",
          "the load was refused although what does not match was to be skipped: " + refusal);
    }
    return Falsified(Severity::kFalseRefusal, "refused-over-weightless-layers",
                     "the load was refused although the models differ in nothing but layers "
                     "without weights: " +
                         refusal);
  }
  if (o.load.outcome != Outcome::kOk) return NotAsked();
  if (route.skip_mismatch) {
    const std::vector<std::string> half = HalfLoadedLayers(o);
    if (half.empty()) return NotAsked();
    return Falsified(Severity::kSilentlyWrong, "skipped-layer-changed",
                     "a layer that does not match was to be skipped, yet some of its variables "
                     "were changed and others were not: " +
                         ListText(half));
  }
  if (route.by_name) {
    const std::vector<std::string> wrong = LoadedUnderAnotherName(o);
    if (wrong.empty() || !o.load.reports.empty()) return NotAsked();
    return Falsified(Severity::kSilentlyWrong, "name-ignored",
                     "the weights were to be loaded by name, yet these layers now hold what was "
                     "saved under another name, and nothing was said: " +
                         ListText(wrong));
  }
  return NotAsked();
}

}  // namespace

Verdict CheckDocumented(const Observation& o) {
  // No library's documentation speaks of files that another one wrote.
  if (o.reader->documentation == nullptr || o.two_libraries) return NotAsked();
  Verdict verdict = Candidate(o);
  if (verdict.kind != VerdictKind::kFalsified) return verdict;
  const bool documented =
      o.reader->documentation->Broken("loud-or-right", verdict.cause, Facts(o)) != nullptr;
  return documented ? verdict : NotAsked();
}

}  // namespace weightproof
