#include "harness/properties/clauses.h"

namespace weightproof {

bool RoundTripsAsks(const Observation& o) {
  return o.same_model && !o.content_damaged && o.promise == Promise::kAccept && !o.names_may_refuse;
}

namespace {

Verdict CheckWeights(const Observation& o) {
  if (const Verdict broken = Broken(o.save, "save"); broken.kind != VerdictKind::kNotAsked) {
    return broken;
  }
  if (o.save.outcome == Outcome::kRefused) {
    if (o.save_must_fail) return NotAsked();
    return Falsified(Severity::kFalseRefusal, "save-refused",
                     "the save was refused: " + o.save.error_kind + ": " + o.save.error_message);
  }
  if (o.saved_unreadable) {
    return Falsified(Severity::kSilentlyWrong, "saved-unreadable",
                     "the save was accepted, and what it left at the path cannot be read");
  }
  // What the path has to do with it is another clause's question.
  if (o.saved_elsewhere || !o.same_model || o.content_damaged) return NotAsked();
  if (const Verdict broken = Broken(o.load, "load"); broken.kind != VerdictKind::kNotAsked) {
    return broken;
  }
  // A relaxed mode makes no difference to a file that fits; by_name may ask for more than order.
  if (o.promise != Promise::kAccept || o.names_may_refuse) return NotAsked();
  if (o.load.outcome == Outcome::kRefused) {
    return Falsified(Severity::kFalseRefusal, "refused-" + o.load.error_kind,
                     "the load was refused: " + o.load.error_kind + ": " + o.load.error_message);
  }
  const std::vector<std::string> wrong = WrongVariables(o, o.load);
  if (!wrong.empty()) {
    return Falsified(Severity::kSilentlyWrong, "variable-differs",
                     "after the load these variables are not what was saved: " + ListText(wrong));
  }
  if (!o.load.repeatable || !o.control.repeatable) {
    return {VerdictKind::kUndecided, Severity::kNone, "", "predictions do not repeat"};
  }
  if (!SamePrediction(o.load.prediction, o.control.prediction)) {
    return Falsified(Severity::kSilentlyWrong, "prediction-differs",
                     "every variable is right, yet the loaded model predicts something else than "
                     "the same build given the same values directly");
  }
  return HeldAcrossLibraries(o);
}

}  // namespace

Verdict CheckRoundTrips(const Observation& o) {
  Verdict verdict = CheckWeights(o);
  if (verdict.kind != VerdictKind::kHeld && verdict.kind != VerdictKind::kNotAsked) return verdict;
  Verdict kept = CheckKeptState(o);
  return kept.kind == VerdictKind::kFalsified ? kept : verdict;
}

}  // namespace weightproof
