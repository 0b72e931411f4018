#include "harness/properties/explain.h"

#include <algorithm>

#include "harness/properties/observe.h"
#include "harness/properties/paths.h"

namespace weightproof {
namespace {

std::string OutcomeWords(const Answer& answer) {
  std::string text(OutcomeName(answer.outcome));
  if (!answer.error_kind.empty()) text += ": " + answer.error_kind;
  if (!answer.error_message.empty()) text += ": " + answer.error_message;
  return text;
}

// The innermost layer that owns a variable, as "outer/inner".
std::string OwnerOf(const ObjectPlan& object, std::string_view id, const std::string& path) {
  for (const VariablePlan& variable : object.variables) {
    if (variable.id == id) return path;
  }
  for (const ObjectPlan& layer : object.layers) {
    const std::string inner = path.empty() ? layer.name : path + "/" + layer.name;
    if (std::string found = OwnerOf(layer, id, inner); !found.empty()) return found;
  }
  return "";
}

// Its own value first: of two saved variables with equal values, that one is meant.
std::string HolderOf(const Observation& o, const std::string& id, const Tensor& value) {
  const Tensor* own = FindTensor(o.saved, id);
  if (own != nullptr && *own == value) return id;
  const auto found = std::ranges::find_if(
      o.saved, [&](const NamedTensor& saved) { return saved.tensor == value; });
  return found != o.saved.end() ? found->id : "";
}

// For one model and a file as it was saved, what was saved; else what the file says.
std::vector<std::string> WrongOf(const Observation& o) {
  if (!o.same_model || o.content_damaged) return WrongVariables(o, o.load);
  std::vector<std::string> wrong;
  for (const NamedTensor& saved : o.saved) {
    const Tensor* after = FindTensor(o.load.variables, saved.id);
    if (after == nullptr || !(*after == saved.tensor)) wrong.push_back(saved.id);
  }
  return wrong;
}

std::vector<Landing> LandingsOf(const Observation& o, const std::vector<std::string>& wrong) {
  std::vector<Landing> landings;
  for (const VariablePlan* variable : Variables(o.reader_plan.model)) {
    const Tensor* after = FindTensor(o.load.variables, variable->id);
    if (after == nullptr) continue;
    const Tensor* before = FindTensor(o.load.variables_before, variable->id);
    Landing landing;
    landing.id = variable->id;
    landing.layer = OwnerOf(o.reader_plan.model, variable->id, "");
    landing.holds = HolderOf(o, variable->id, *after);
    landing.changed = before == nullptr || !(*before == *after);
    landing.right = std::ranges::find(wrong, variable->id) == wrong.end();
    landings.push_back(std::move(landing));
  }
  return landings;
}

}  // namespace

Explanation Explain(const Case& c, Testee& writer, Testee& reader, const std::string& scratch,
                    std::string_view clause) {
  Explanation e;
  const CaseFolder folder(scratch);
  if (!folder.made()) {
    e.failure = "no folder could be made to play the case in";
    return e;
  }
  const ObserveResult seen = Observe(c, writer, reader, folder.path(), {clause});
  if (!seen.observation) {
    e.failure = seen.harness_error.empty() ? seen.unsupported : seen.harness_error;
    return e;
  }
  const Observation& o = *seen.observation;
  e.save = OutcomeWords(o.save);
  if (o.save.outcome != Outcome::kOk || o.saved_elsewhere) return e;
  e.load = OutcomeWords(o.load);
  for (const ReportLine& line : o.load.reports) {
    e.said.push_back(line.kind + ": " + (line.subject.empty() ? "" : line.subject + ": ") +
                     line.text);
  }
  const std::vector<std::string> wrong = WrongOf(o);
  e.landings = LandingsOf(o, wrong);
  if (o.load.outcome != Outcome::kOk) return e;
  for (const ObjectPlan* layer : ComputingLayers(o.reader_plan.model)) {
    const auto first = std::ranges::find_if(e.landings, [&](const Landing& landing) {
      return !landing.right && std::ranges::find(layer->variables, landing.id, &VariablePlan::id) !=
                                   layer->variables.end();
    });
    if (first == e.landings.end()) continue;
    e.first_wrong_layer = first->layer;
    break;
  }
  e.predictions_told =
      o.load.repeatable && o.control.outcome == Outcome::kOk && wrong == WrongVariables(o, o.load);
  e.predicts_right = e.predictions_told && SamePrediction(o.load.prediction, o.control.prediction);
  return e;
}

}  // namespace weightproof
