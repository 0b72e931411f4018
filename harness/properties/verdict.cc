#include "harness/properties/verdict.h"

#include <array>

#include "harness/properties/clauses.h"

namespace weightproof {

std::string_view VerdictKindName(VerdictKind kind) {
  constexpr std::array<std::string_view, 8> kNames{"harness_error", "falsified",  "undecided",
                                                   "undetectable",  "equivalent", "held",
                                                   "unsupported",   "not_asked"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view SeverityName(Severity severity) {
  constexpr std::array<std::string_view, 9> kNames{"none",        "silently-wrong", "crash",
                                                   "hang",        "unbounded",      "escape",
                                                   "half-loaded", "false-refusal",  "unhelpful"};
  return kNames[static_cast<std::size_t>(severity)];
}

std::span<const Clause> Clauses() {
  static constexpr std::array kClauses{
      Clause{"round-trips",
             "the same model, in a format that promises it, is accepted and predicts what a model "
             "given these weights directly predicts",
             &CheckRoundTrips},
      Clause{"loud-or-right",
             "anything else (another model, a damaged file, odd options) is refused, reported, or "
             "right",
             &CheckLoudOrRight},
      Clause{"accounts-for-everything",
             "every variable is set once and every weight tensor in the file is used once, or the "
             "difference is reported",
             &CheckAccountsForEverything},
      Clause{"refusal-changes-nothing",
             "a refused load leaves variables and predictions as they were",
             &CheckRefusalChangesNothing},
      Clause{"path-never-matters",
             "the same content at another path, name or working directory gives the same outcome",
             &CheckPathNeverMatters},
      Clause{"same-code-same-answer",
             "the same program and file in another session give the same answer",
             &CheckSameCodeSameAnswer},
      Clause{"saving-repeats",
             "saving twice, or saving what was just loaded, gives the same content",
             &CheckSavingRepeats},
      Clause{
          "load-stays-home",
          "a load opens no file but its own, runs nothing, leaves the process as it was, and its "
          "time and memory are bounded by the size of the file plus the size of the model",
          &CheckLoadStaysHome},
      Clause{
          "errors-help",
          "a refusal names the file, the layer or place in it, and the option or change that gets "
          "further",
          &CheckErrorsHelp},
  };
  return kClauses;
}

const Clause* FindClause(std::string_view name) {
  for (const Clause& clause : Clauses()) {
    if (clause.name == name) return &clause;
  }
  return nullptr;
}

Verdict Broken(const Answer& answer, const char* during) {
  const std::string what = std::string("during ") + during + ": " + answer.error_message;
  switch (answer.outcome) {
    case Outcome::kCrashed:
      return Falsified(Severity::kCrash, "crash", what);
    case Outcome::kTimedOut:
      return Falsified(Severity::kHang, "hang", what);
    case Outcome::kOutOfMemory:
      return Falsified(Severity::kUnbounded, "memory", what);
    case Outcome::kWorkerError:
      return {VerdictKind::kHarnessError, Severity::kNone, "worker-error", what};
    default:
      return NotAsked();
  }
}

std::string ListText(const std::vector<std::string>& items) {
  constexpr std::size_t kShown = 4;
  std::string text;
  for (std::size_t i = 0; i < items.size() && i < kShown; ++i) {
    if (i > 0) text += ", ";
    text += items[i];
  }
  if (items.size() > kShown) text += " (and " + std::to_string(items.size() - kShown) + " more)";
  return text;
}

std::optional<Verdict> CheckError(const Error& error, bool place_is_due) {
  const char* missing = nullptr;
  if (ErrorKindName(error.kind).empty()) missing = "kind";
  if (error.message.empty()) missing = "message";
  if (error.remedy.empty()) missing = "remedy";
  if (error.place.empty() && place_is_due) missing = "place";
  if (missing == nullptr) return std::nullopt;
  return Falsified(Severity::kUnhelpful, std::string("error-without-") + missing,
                   "refused without a " + std::string(missing) + ": " + error.Text());
}

}  // namespace weightproof
