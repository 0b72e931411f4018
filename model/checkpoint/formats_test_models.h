// The models of scripts/make_format_fixtures.py as build programs.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "model/spec/plan.h"
#include "model/tensor.h"

namespace weightproof {

inline LayerSpec Layer(std::string class_name, Config config = {}) {
  LayerSpec layer;
  layer.class_name = std::move(class_name);
  layer.config = std::move(config);
  return layer;
}

inline LayerSpec DenseLayer(std::int64_t units) { return Layer("Dense", {{"units", units}}); }

inline Step NestStep(int begin, int end) {
  Step step;
  step.op = StepOp::kNest;
  step.begin = begin;
  step.end = end;
  return step;
}

inline Step NoopStep(int at, std::string name = {}) {
  Step step;
  step.op = StepOp::kNoop;
  step.begin = at;
  step.class_name = "Dropout";
  step.name = std::move(name);
  return step;
}

inline Step FreezeStep(int layer) {
  Step step;
  step.op = StepOp::kFreeze;
  step.layer = layer;
  return step;
}

inline Step NameStep(int layer, std::string name) {
  Step step;
  step.op = StepOp::kName;
  step.layer = layer;
  step.name = std::move(name);
  return step;
}

inline Step AssembleStep(AssembleHow how) {
  Step step;
  step.how = how;
  step.input = how == AssembleHow::kSubclass ? InputHow::kCall : InputHow::kGiven;
  return step;
}

inline Step SubclassStep(std::vector<std::string> attributes) {
  Step step = AssembleStep(AssembleHow::kSubclass);
  step.attributes = std::move(attributes);
  return step;
}

inline ModelPlan Played(Dialect dialect, Shape input, std::vector<LayerSpec> layers, Build build) {
  ArchitectureSpec architecture;
  architecture.dialect = dialect;
  architecture.input_shape = std::move(input);
  architecture.layers = std::move(layers);
  Result<ModelPlan> plan = Interpret(architecture, build);
  if (!plan) {
    ADD_FAILURE() << plan.error().Text();
    return {};
  }
  return std::move(*plan);
}

inline ModelPlan PlanOf(Dialect dialect, std::string_view model) {
  const Step list = AssembleStep(AssembleHow::kList);
  const LayerSpec relu = Layer("Activation", {{"activation", std::string("relu")}});
  const LayerSpec batch = Layer("BatchNormalization");
  const std::vector<LayerSpec> net = {DenseLayer(3), DenseLayer(3), DenseLayer(2), DenseLayer(2),
                                      Layer("LayerNormalization")};
  if (model == "sequential") {
    return Played(dialect, {4},
                  {DenseLayer(3), batch, relu, DenseLayer(3), DenseLayer(3), Layer("PReLU")},
                  {NoopStep(1), NestStep(3, 5), list});
  }
  if (model == "functional") {
    const std::int64_t units = 3;
    return Played(dialect, {4, 5},
                  {Layer("LSTM", {{"units", units}, {"return_sequences", true}}),
                   Layer("GRU", {{"units", units}}), DenseLayer(2)},
                  {NoopStep(2), AssembleStep(AssembleHow::kFunctional)});
  }
  if (model == "subclass") {
    return Played(dialect, {4}, net,
                  {NoopStep(2), NestStep(3, 5), SubclassStep({"zed", "a", "mid", "_p", "nest"})});
  }
  if (model == "subclass_as_list") {
    return Played(dialect, {4}, net, {NoopStep(2), NestStep(3, 5), list});
  }
  if (model == "nested" || model == "frozen") {
    Build build = {NestStep(1, 4), NestStep(2, 4), list};
    if (model == "frozen") build.insert(build.begin(), FreezeStep(1));
    return Played(dialect, {4}, {DenseLayer(4), DenseLayer(4), DenseLayer(4), batch}, build);
  }
  if (model == "compiled_as_subclass") {
    return Played(dialect, {4}, {DenseLayer(3), DenseLayer(1)}, {SubclassStep({"b", "zz"})});
  }
  if (model == "long_names") {
    Build build = {NoopStep(1, std::string(5000, 'n'))};
    for (int i = 0; i < 12; ++i) build.push_back(NoopStep(1, "d" + std::to_string(i)));
    build.push_back(list);
    return Played(dialect, {4}, {DenseLayer(2)}, build);
  }
  return Played(dialect, {4}, {DenseLayer(3), DenseLayer(1)}, {list});
}

// Element j of variable i is 1000 i + j.
inline std::vector<Tensor> NumberedTensors(const ModelPlan& plan) {
  std::vector<Tensor> tensors;
  for (const VariablePlan* variable : Variables(plan.model)) {
    Tensor tensor(DType::kFloat32, variable->shape);
    float value = 1000.0F * static_cast<float>(tensors.size());
    for (float& element : tensor.values<float>()) element = value++;
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

}  // namespace weightproof
