// What is beside the weights: compiled models, layers that keep their state themselves, dtype
// policies. Drawn for real loaders that name these steps.
#include <algorithm>
#include <array>

#include "harness/case/draw.h"
#include "model/spec/layer_schema.h"

namespace weightproof {
namespace {

constexpr std::array<std::string_view, 5> kPolicies = {"float16", "bfloat16", "float64",
                                                       "mixed_float16", "mixed_bfloat16"};

Step DrawCompile(Chooser& choose) {
  Step step;
  step.op = StepOp::kCompile;
  step.class_name = choose.Pick<std::string>({"SGD", "Adam", "RMSprop"});
  // A name in short, a name in full, a class.
  step.key = choose.Pick<std::string>({"mse", "mean_squared_error", "MeanSquaredError"});
  step.trained = choose.Percent(70);
  return step;
}

// Before the last rebuild or at the end.
void AddCompile(Chooser& choose, Step step, Build& build) {
  const bool before = choose.Percent(30) && build.back().op == StepOp::kRebuild;
  build.insert(before ? build.end() - 1 : build.end(), std::move(step));
}

// tf-keras builds a class of one's own where it reads its config, outside of the model: its weights
// then have other names, which is the library's business and nothing that was asked for.
bool IsMadeAgain(const Build& build) {
  return std::ranges::any_of(build, [](const Step& step) {
    return step.op == StepOp::kRebuild || step.op == StepOp::kPop;
  });
}

void DrawOwnState(Chooser& choose, Case& c) {
  if (IsMadeAgain(c.writer.build) || IsMadeAgain(c.reader.build)) return;
  Step step;
  step.op = StepOp::kOwnState;
  step.layer = choose.Range(0, static_cast<int>(c.architecture.layers.size()) - 1);
  const LayerSpec& layer = c.architecture.layers[static_cast<std::size_t>(step.layer)];
  if (!layer.layers.empty() || !HasWeights(layer.class_name)) return;
  c.writer.build.insert(c.writer.build.begin(), step);
  if (choose.Percent(80)) c.reader.build.insert(c.reader.build.begin(), std::move(step));
}

// Layers are adapted after the model is built; what comes before it in the program stays there.
void DrawAdapted(Chooser& choose, const Space& space, Case& c) {
  const bool quantize = AllowsStep(space, "quantize") && choose.Percent(5);
  const bool lora = AllowsStep(space, "lora") && choose.Percent(quantize ? 50 : 7);
  if (!quantize && !lora) return;
  Case drawn = c;
  if (quantize) {
    Step step;
    step.op = StepOp::kQuantize;
    step.class_name = "int8";
    const int sides = choose.Range(0, 3);  // both twice
    if (sides != 1) drawn.writer.build.push_back(step);
    if (sides != 2 && !lora) drawn.reader.build.push_back(step);
  }
  if (lora) {
    std::vector<int> able;
    for (std::size_t i = 0; i < c.architecture.layers.size(); ++i) {
      const std::string& name = c.architecture.layers[i].class_name;
      if (name == "Dense" || name == "Embedding") able.push_back(static_cast<int>(i));
    }
    if (able.empty()) return;
    if (!quantize && choose.Percent(60)) able = {able[choose.Below(able.size())]};
    Step step;
    step.op = StepOp::kLora;
    const int sides = choose.Range(0, 2);
    const int rank = choose.Range(1, 3);
    const int other = choose.Percent(20) ? choose.Range(1, 3) : rank;
    for (const int layer : able) {
      step.layer = layer;
      step.count = rank;
      if (sides != 1 && !quantize) drawn.writer.build.push_back(step);
      step.count = other;
      if (sides != 2 || quantize) drawn.reader.build.push_back(step);
    }
  }
  FixReaderOfModel(drawn);
  if (IsValid(drawn)) c = std::move(drawn);
}

Step PolicyStep(Chooser& choose) {
  Step step;
  step.op = StepOp::kPolicy;
  step.class_name = choose.Pick(std::span<const std::string_view>(kPolicies));
  return step;
}

}  // namespace

void DrawState(Chooser& choose, const Space& space, Case& c) {
  DrawVocabulary(choose, space, c);
  if (AllowsStep(space, "compile") && choose.Percent(14)) {
    Step step = DrawCompile(choose);
    AddCompile(choose, step, c.writer.build);
    step.trained = false;  // what the reader's optimizer is to get comes from the file
    if (choose.Percent(80)) AddCompile(choose, std::move(step), c.reader.build);
  }
  if (AllowsStep(space, "own_state") && choose.Percent(6)) DrawOwnState(choose, c);
  if (AllowsStep(space, "policy") && choose.Percent(8)) {
    const Step step = PolicyStep(choose);
    for (Build* build : {&c.writer.build, &c.reader.build}) build->insert(build->begin(), step);
  }
  DrawAdapted(choose, space, c);
}

bool DrawOtherPolicy(Chooser& choose, const Space& space, const Case& c, Build& build) {
  if (!AllowsStep(space, "policy") || FindStep(c.writer.build, StepOp::kPolicy) != nullptr) {
    return false;
  }
  build.insert(build.begin(), PolicyStep(choose));
  return true;
}

}  // namespace weightproof
