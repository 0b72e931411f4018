#include "harness/properties/compare_answers.h"

namespace weightproof {

std::string AnswersDiffer(const Answer& a, const Answer& b) {
  const auto outcome = [](const Answer& answer) {
    std::string text(OutcomeName(answer.outcome));
    if (!answer.error_kind.empty()) text += " (" + answer.error_kind + ")";
    return text;
  };
  if (a.outcome != b.outcome || a.error_kind != b.error_kind) {
    return "one load was " + outcome(a) + ", the other " + outcome(b);
  }
  for (const NamedTensor& variable : a.variables) {
    const Tensor* other = FindTensor(b.variables, variable.id);
    if (other == nullptr || !(*other == variable.tensor)) return variable.id + " differs";
  }
  if (a.repeatable && b.repeatable && !SamePrediction(a.prediction, b.prediction)) {
    return "predictions differ";
  }
  return "";
}

}  // namespace weightproof
