#include "harness/properties/clauses.h"
#include "harness/properties/compare_answers.h"

namespace weightproof {

Verdict CheckSameCodeSameAnswer(const Observation& o) {
  if (o.saved_elsewhere || o.saved_unreadable || o.save.outcome != Outcome::kOk) return NotAsked();
  if (o.load_again) {
    const std::string difference = AnswersDiffer(o.load, *o.load_again);
    if (!difference.empty()) {
      return Falsified(Severity::kSilentlyWrong, "second-load-differs",
                       "the same load twice in one session: " + difference);
    }
  }
  if (o.other_session_load) {
    const std::string difference = AnswersDiffer(o.load, *o.other_session_load);
    if (!difference.empty()) {
      return Falsified(Severity::kSilentlyWrong, "session-differs",
                       "the same program and file in a plain session: " + difference);
    }
  }
  return o.load_again || o.other_session_load ? Held() : NotAsked();
}

}  // namespace weightproof
