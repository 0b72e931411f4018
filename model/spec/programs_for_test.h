// Build programs in the JSON of harness/case/CASE.md, for tests that replay what real libraries
// made of them. Only tests include this.
#pragma once

#include <string>
#include <utility>

#include "model/spec/plan.h"
#include "nlohmann/json.hpp"

namespace weightproof::testing {

using Json = nlohmann::json;

inline ConfigValue ValueOf(const Json& j) {
  if (j.is_null()) return std::monostate{};
  if (j.is_boolean()) return j.get<bool>();
  if (j.is_number_integer()) return j.get<std::int64_t>();
  if (j.is_number()) return j.get<double>();
  if (j.is_string()) return j.get<std::string>();
  return j.get<std::vector<std::int64_t>>();
}

inline LayerSpec LayerOf(const Json& j) {
  LayerSpec layer;
  layer.class_name = j.at("class").get<std::string>();
  const Json config = j.value("config", Json::object());
  for (const auto& [key, value] : config.items()) layer.config[key] = ValueOf(value);
  for (const Json& inner : j.value("layers", Json::array())) layer.layers.push_back(LayerOf(inner));
  return layer;
}

inline ArchitectureSpec ArchitectureOf(const Json& j, Dialect dialect) {
  ArchitectureSpec out;
  out.dialect = dialect;
  out.input_shape = j.at("input_shape").get<Shape>();
  for (const Json& layer : j.at("layers")) out.layers.push_back(LayerOf(layer));
  return out;
}

inline Step StepOf(const Json& j) {
  static const std::map<std::string, StepOp> kOps = {{"clear_names", StepOp::kClearNames},
                                                     {"stray", StepOp::kStray},
                                                     {"order", StepOp::kOrder},
                                                     {"name", StepOp::kName},
                                                     {"freeze", StepOp::kFreeze},
                                                     {"unfreeze", StepOp::kUnfreeze},
                                                     {"noop", StepOp::kNoop},
                                                     {"nest", StepOp::kNest},
                                                     {"insert", StepOp::kInsert},
                                                     {"remove", StepOp::kRemove},
                                                     {"set", StepOp::kSet},
                                                     {"exchange", StepOp::kExchange},
                                                     {"assemble", StepOp::kAssemble},
                                                     {"pop", StepOp::kPop},
                                                     {"rebuild", StepOp::kRebuild}};
  static const std::map<std::string, AssembleHow> kHows = {{"list", AssembleHow::kList},
                                                           {"add", AssembleHow::kAdd},
                                                           {"functional", AssembleHow::kFunctional},
                                                           {"subclass", AssembleHow::kSubclass}};
  static const std::map<std::string, RebuildHow> kRebuilds = {
      {"from_config", RebuildHow::kFromConfig},
      {"json", RebuildHow::kJson},
      {"clone", RebuildHow::kClone}};
  Step step;
  step.op = kOps.at(j.at("op").get<std::string>());
  step.target = j.contains("model")                              ? TargetKind::kModel
                : step.op != StepOp::kNest && j.contains("nest") ? TargetKind::kNest
                                                                 : TargetKind::kLayer;
  step.layer = step.target == TargetKind::kNest ? j.at("nest").get<int>() : j.value("layer", 0);
  step.other = j.value("other", 0);
  step.part = j.value("part", "");
  step.begin = j.contains("at") ? j.at("at").get<int>() : j.value("begin", 0);
  step.end = j.value("end", 0);
  step.count = j.value("count", 0);
  step.after = j.value("after", false);
  step.same_objects = j.value("same", true);
  step.own_input = j.value("own_input", false);
  step.class_name = j.value("class", "");
  step.name = j.value("name", "");
  step.key = j.value("key", "");
  if (j.contains("value")) step.value = ValueOf(j.at("value"));
  step.order = j.value("order", std::vector<int>{});
  step.attributes = j.value("attributes", std::vector<std::string>{});
  step.attribute_order = j.value("attribute_order", std::vector<int>{});
  if (j.contains("spec")) step.spec = LayerOf(j.at("spec"));
  if (step.op == StepOp::kAssemble) step.how = kHows.at(j.at("how").get<std::string>());
  if (step.op == StepOp::kRebuild) step.rebuild = kRebuilds.at(j.at("how").get<std::string>());
  const std::string input = j.value("input", "given");
  step.input = input == "build"  ? InputHow::kBuild
               : input == "call" ? InputHow::kCall
                                 : InputHow::kGiven;
  return step;
}

inline Build BuildOf(const Json& j) {
  Build build;
  for (const Json& step : j) build.push_back(StepOf(step));
  return build;
}

// [class, name, trainable, [children] or [weight names in the legacy order]]
inline Json Dump(const ObjectPlan& object, const std::string& class_name) {
  Json inner = Json::array();
  if (!IsModel(object)) {
    for (const VariablePlan* v : LegacyOrder(object)) inner.push_back(v->legacy_name);
  } else {
    for (const ObjectPlan& layer : object.layers) inner.push_back(Dump(layer, layer.class_name));
  }
  Json out = {class_name, object.name, object.trainable, inner};
  if (IsModel(object)) {
    Json order = Json::array();
    for (const VariablePlan* v : LegacyOrder(object)) order.push_back(v->legacy_name);
    out.push_back(order);
  }
  return out;
}

// Plays `before` and then `build`, each in the session the former left.
inline Result<ModelPlan> Play(const Json& program, Dialect dialect) {
  const ArchitectureSpec architecture = ArchitectureOf(program.at("architecture"), dialect);
  NameCounters counters;
  for (const Json& before : program.value("before", Json::array())) {
    auto plan = Interpret(architecture, BuildOf(before), counters);
    if (!plan) return plan;
    counters = plan->counters_after;
  }
  return Interpret(architecture, BuildOf(program.at("build")), counters);
}

}  // namespace weightproof::testing
