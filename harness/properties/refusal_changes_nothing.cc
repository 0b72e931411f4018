#include "harness/properties/clauses.h"

namespace weightproof {

Verdict CheckRefusalChangesNothing(const Observation& o) {
  if (o.saved_elsewhere || o.saved_unreadable || o.save.outcome != Outcome::kOk ||
      o.load.outcome != Outcome::kRefused)
    return NotAsked();
  if (o.load.variables.empty() && o.load.variables_before.empty()) return NotAsked();
  std::vector<std::string> changed;
  for (const NamedTensor& before : o.load.variables_before) {
    const Tensor* after = FindTensor(o.load.variables, before.id);
    if (after == nullptr || !(*after == before.tensor)) changed.push_back(before.id);
  }
  if (!changed.empty()) {
    return Falsified(
        Severity::kHalfLoaded, "variables-changed",
        "the load was refused (" + o.load.error_kind + "), but changed " + ListText(changed));
  }
  if (o.load.repeatable && !SamePrediction(o.load.prediction_before, o.load.prediction)) {
    return Falsified(Severity::kHalfLoaded, "prediction-changed",
                     "the load was refused (" + o.load.error_kind +
                         ") and no variable changed, but the model predicts something else");
  }
  return Held();
}

}  // namespace weightproof
