#include "harness/properties/clauses.h"

namespace weightproof {

Verdict CheckSavingRepeats(const Observation& o) {
  if (!o.save_again) return NotAsked();
  if (o.save_again->outcome != Outcome::kOk) {
    return Falsified(Severity::kFalseRefusal, "second-save-refused",
                     "the first save was accepted, the second refused: " +
                         o.save_again->error_kind + ": " + o.save_again->error_message);
  }
  if (o.saved_twice_difference && !o.saved_twice_difference->empty()) {
    return Falsified(Severity::kSilentlyWrong, "second-save-differs",
                     "two saves of one model differ at " + *o.saved_twice_difference);
  }
  if (o.resaved_difference && !o.resaved_difference->empty()) {
    return Falsified(Severity::kSilentlyWrong, "resave-differs",
                     "saved, loaded by the same program and saved again: " + *o.resaved_difference);
  }
  return o.saved_twice_difference || o.resaved_difference ? Held() : NotAsked();
}

}  // namespace weightproof
