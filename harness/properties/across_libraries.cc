#include <cstdio>
#include <string>

#include "harness/properties/clauses.h"

namespace weightproof {

Verdict HeldAcrossLibraries(const Observation& o) {
  if (!o.agreement || o.agreement->agree) return Held();
  if (!o.agreement->decided || !o.save.repeatable || !o.control.repeatable) {
    return {VerdictKind::kUndecided, Severity::kNone, "",
            "whether the two libraries agree hangs on the last bits"};
  }
  char numbers[80];
  std::snprintf(numbers, sizeof numbers, "%.3g where rounding may make %.3g",
                o.agreement->difference, o.agreement->bound);
  return Falsified(Severity::kSilentlyWrong, "libraries-disagree",
                   "every variable is what was saved, yet a prediction of " + o.reader->name +
                       " differs from that of " + o.writer->name + " by " + numbers +
                       ": with the same values the two compute different functions");
}

}  // namespace weightproof
