#include "harness/properties/clauses.h"
#include "harness/properties/compare_answers.h"

namespace weightproof {

Verdict CheckPathNeverMatters(const Observation& o) {
  if (o.saved_unreadable) return NotAsked();
  if (o.saved_elsewhere && !o.plain_path_save) {
    return Falsified(Severity::kSilentlyWrong, "saved-elsewhere",
                     "the save to '" + o.save_path + "' was accepted, but nothing is there");
  }
  if (!o.plain_path_save || o.plain_path_save->outcome != Outcome::kOk) return NotAsked();
  if (o.save.outcome == Outcome::kRefused) {
    if (o.save_must_fail) return Held();
    return Falsified(Severity::kFalseRefusal, "path-refused",
                     "saving to '" + o.save_path + "' was refused (" + o.save.error_kind + ": " +
                         o.save.error_message + "), saving to a plain path was not");
  }
  if (o.save.outcome != Outcome::kOk) return NotAsked();
  if (o.saved_elsewhere) {
    return Falsified(Severity::kSilentlyWrong, "saved-elsewhere",
                     "the save to '" + o.save_path + "' was accepted, but nothing is there");
  }
  // A loader may make the folders that are missing; ours says that it does not.
  const bool folders_made =
      !o.writer->makes_reports && o.c->route.path.setup == PathSetup::kMissingParent;
  if (o.save_must_fail && !folders_made) {
    return Falsified(Severity::kSilentlyWrong, "impossible-path-accepted",
                     "saving to '" + o.save_path + "' was accepted although nothing can be there");
  }
  if (!o.plain_path_load) return NotAsked();
  // What a loader does not do at one of the two paths says nothing about the other.
  if (o.load.outcome == Outcome::kUnsupported ||
      o.plain_path_load->outcome == Outcome::kUnsupported) {
    return NotAsked();
  }
  const std::string difference = AnswersDiffer(o.load, *o.plain_path_load);
  if (difference.empty()) return Held();
  return Falsified(
      o.load.outcome == Outcome::kRefused ? Severity::kFalseRefusal : Severity::kSilentlyWrong,
      "path-differs",
      "the same content at '" + o.load_path + "' and at a plain path: " + difference);
}

}  // namespace weightproof
