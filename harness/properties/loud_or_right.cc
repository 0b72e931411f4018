#include <algorithm>

#include "harness/properties/clauses.h"

namespace weightproof {
namespace {

bool GivenIn(const ObjectPlan& object, const std::vector<std::string>& names) {
  if (object.name_given && std::ranges::find(names, object.name) != names.end()) return true;
  return std::ranges::any_of(object.layers,
                             [&](const ObjectPlan& layer) { return GivenIn(layer, names); });
}

bool LayersReported(const Observation& o) {
  return std::ranges::any_of(o.load.reports, [](const ReportLine& line) {
    return line.kind == "LayersDiffer" || line.kind == "Unset" || line.kind == "Unused" ||
           line.kind == "Skipped";
  });
}

bool SameIds(const Observation& o) {
  const std::vector<NamedTensor>& values = SavedAsRead(o);
  return values.size() == o.initial.size() &&
         std::ranges::all_of(values, [&](const NamedTensor& saved) {
           const Tensor* other = FindTensor(o.initial, saved.id);
           return other != nullptr && other->shape() == saved.tensor.shape();
         });
}

// A real loader that put every saved value where it belongs need not know about names.
bool RightAfterAll(const Observation& o) {
  if (o.reader->makes_reports || !o.same_model || o.content_damaged) return false;
  const bool all = std::ranges::all_of(SavedAsRead(o), [&](const NamedTensor& saved) {
    const Tensor* got = FindTensor(o.load.variables, saved.id);
    return got != nullptr && *got == saved.tensor;
  });
  return all && SavedAsRead(o).size() == o.load.variables.size() &&
         SamePrediction(o.load.prediction, o.control.prediction);
}

}  // namespace

Verdict CheckLoudOrRight(const Observation& o) {
  if (o.saved_elsewhere || o.saved_unreadable || o.save.outcome != Outcome::kOk ||
      RoundTripsAsks(o))
    return NotAsked();
  if (const Verdict broken = Broken(o.load, "load"); broken.kind != VerdictKind::kNotAsked) {
    return broken;
  }
  if (o.given && !o.truth && o.load.outcome == Outcome::kOk) {
    if (!o.reader->makes_reports) return NotAsked();
    return Falsified(Severity::kSilentlyWrong, "accepts-what-cannot-be-read",
                     "loaded, and the strict reader refuses the file: " + o.file_refused);
  }
  if (const Verdict word = CheckDocumented(o); !o.given && word.kind == VerdictKind::kFalsified) {
    return word;
  }
  // Without a decoded file the truth is known only where both sides have the same variables.
  // Of shards nobody has looked at what some build of the reader's would have written.
  const bool unknown = o.c->route.sharded || !SameIds(o);
  if (!o.truth && o.load.outcome == Outcome::kOk && unknown) return NotAsked();
  if (o.load.outcome == Outcome::kRefused) return Held();
  if (RightAfterAll(o)) return HeldAcrossLibraries(o);

  // Whoever makes the model from the file cannot know that its config was another one.
  if (o.other_config) return {VerdictKind::kUndetectable, Severity::kNone, "", ""};

  std::vector<std::string> silent;
  for (const std::string& id : WrongVariables(o, o.load)) {
    if (!Reported(o, {id})) silent.push_back(id);
  }
  std::string owed;
  // A real loader that warns of layers has given its word, whatever of the file it left unnamed.
  const bool spoke = !o.reader->makes_reports && SpokeOfLayers(o);
  if (o.truth && !spoke) {
    for (const Owed& rule : o.truth->owed) {
      // A name that looks automatic and that a person gave: only the case knows, so both hold.
      if (rule.rule == "class" && GivenIn(o.writer_plan.model, rule.subjects)) continue;
      if (!Reported(o, rule.subjects) && !(rule.rule == kAnotherModel && LayersReported(o))) {
        owed = rule.rule + " (" + ListText(rule.subjects) + ")";
        break;
      }
    }
  }
  const bool predicts = SamePrediction(o.load.prediction, o.control.prediction);
  if (silent.empty() && owed.empty() && predicts) return HeldAcrossLibraries(o);
  const bool some_wrong = !WrongVariables(o, o.load).empty();
  const bool wrong_and_said = silent.empty() && owed.empty() && some_wrong;
  // The same of a file that contradicts itself: one block of zeros can lie over several tensors, of
  // which one alone has a checksum.
  if (!o.file_refused.empty() && spoke) return Held();
  // Damage that spared the weights, though names contradict: whether any build would have written
  // such a file, nobody can tell of a damaged one.
  if (!o.file_refused.empty() && !some_wrong && predicts) {
    return {VerdictKind::kUndecided, Severity::kNone, "",
            "right in a damaged file, of which names alone contradict: " + owed};
  }
  if (!o.file_refused.empty() && !wrong_and_said) {
    return Falsified(Severity::kSilentlyWrong, "damaged-file-accepted",
                     "accepted without a word, with other values than before the damage, though "
                     "the file contradicts itself: " +
                         o.file_refused);
  }
  if (o.could_have_written) return {VerdictKind::kUndetectable, Severity::kNone, "", ""};
  if (!o.load.repeatable || !o.control.repeatable) {
    return {VerdictKind::kUndecided, Severity::kNone, "", "predictions do not repeat"};
  }
  if (!owed.empty()) {
    return Falsified(Severity::kSilentlyWrong, "silent-" + owed.substr(0, owed.find(' ')),
                     "accepted without a word although the file and the model contradict: " + owed);
  }
  if (!silent.empty()) {
    return Falsified(Severity::kSilentlyWrong, "variable-differs",
                     "accepted without a word, yet these variables are not what the file holds for "
                     "them: " +
                         ListText(silent));
  }
  if (wrong_and_said) return Held();
  return Falsified(Severity::kSilentlyWrong, "prediction-differs",
                   "every variable is what the file says, yet the loaded model predicts something "
                   "else than the same build given the same values directly");
}

}  // namespace weightproof
