#include "model/spec/plan.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <map>
#include <utility>

#include "model/spec/graph.h"
#include "model/spec/layer_schema.h"
#include "model/spec/session.h"

namespace weightproof {
namespace {

bool Computes(const ObjectPlan& object) {
  if (object.kind == ObjectKind::kWrapper) return true;
  return object.kind == ObjectKind::kLayer && object.class_name != "InputLayer" &&
         !IsNoOp(object.class_name, object.config);
}

ObjectPlan InputLayerPlan(const Object& model, const GraphInput& input, Dialect dialect) {
  ObjectPlan plan;
  plan.dialect = dialect;
  plan.class_name = "InputLayer";
  plan.name = input.name;
  plan.trainable = model.input_trainable;
  plan.input_shape = plan.output_shape = input.shape;
  return plan;
}

ObjectPlan InputLayerPlan(const Object& model, Dialect dialect) {
  ObjectPlan plan;
  plan.dialect = dialect;
  plan.class_name = "InputLayer";
  plan.name = model.input_name;
  plan.trainable = model.input_trainable;
  plan.input_shape = model.input_shape;
  plan.output_shape = model.input_shape;
  return plan;
}

// "sequential/dense/kernel" -> "sequential/dense/lora_kernel_a".
VariablePlan Beside(const VariablePlan& main, const std::string& role, Shape shape) {
  VariablePlan added = main;
  added.role = role;
  added.id.replace(added.id.rfind('/') + 1, std::string::npos, role);
  added.legacy_name.replace(added.legacy_name.rfind('/') + 1, std::string::npos, role);
  added.shape = std::move(shape);
  added.trainable = true;
  return added;
}

// What a low-rank adaptation or quantization makes of the variables of a Dense or an Embedding, in
// the order of layer.weights (core/dense.py, core/embedding.py).
void AdaptVariables(const Object& object, ObjectPlan& plan) {
  if (plan.variables.empty() || (object.lora_rank == 0 && !object.quantized)) return;
  VariablePlan& main = plan.variables.front();
  const Shape shape = main.shape;
  if (object.lora_rank > 0) {
    main.trainable = !object.lora_alone;
    const VariablePlan a = Beside(main, "lora_" + main.role + "_a", {shape[0], object.lora_rank});
    const VariablePlan b = Beside(main, "lora_" + main.role + "_b", {object.lora_rank, shape[1]});
    plan.variables.push_back(a);
    plan.variables.push_back(b);
    return;
  }
  // Of a Dense one number for each column, of an Embedding for each row.
  VariablePlan scale = Beside(main, main.role + "_scale",
                              {object.schema->class_name == "Embedding" ? shape[0] : shape[1]});
  scale.trainable = false;
  scale.positive = true;
  main.trainable = false;
  main.dtype = DType::kInt8;
  std::ranges::rotate(plan.variables, plan.variables.begin() + 1);
  plan.variables.push_back(std::move(scale));
}

// `place` is what their ids begin with: "2/", "3/forward/".
void PlanVariables(const Object& object, Dialect dialect, const std::string& place,
                   ObjectPlan& plan) {
  if (object.schema->variables == nullptr || !object.built) return;
  const bool tf_keras = dialect == Dialect::kTfKeras;
  std::string scope = object.scope + "/";
  if (!object.schema->cell_scope.empty() && (!tf_keras || object.schema->tf_keras_has_cell_scope)) {
    scope += object.schema->cell_scope;
    scope += "/";
  }
  for (VariableSchema& v : object.schema->variables(object.config, object.input_shape)) {
    VariablePlan variable;
    variable.id = place;
    variable.id += v.role;
    variable.role = v.role;
    variable.legacy_name = scope;
    variable.legacy_name += tf_keras && !v.tf_keras_name.empty() ? v.tf_keras_name : v.role;
    if (tf_keras) variable.legacy_name += ":0";
    variable.dtype = v.dtype;
    if (tf_keras && v.tf_keras_dtype != DType::kFloat32) variable.dtype = v.tf_keras_dtype;
    variable.shape = std::move(v.shape);
    variable.trainable = v.trainable;
    variable.positive = v.positive;
    plan.variables.push_back(std::move(variable));
  }
  AdaptVariables(object, plan);
}

// A part of a wrapper; `place` is what the ids of its variables begin with.
ObjectPlan PartPlan(Session& session, Dialect dialect, int id, const std::string& place) {
  const Object& object = session.object(id);
  ObjectPlan plan;
  plan.kind = object.kind;
  plan.dialect = dialect;
  plan.name = object.name;
  plan.trainable = object.trainable;
  plan.input_shape = object.input_shape;
  plan.output_shape = object.output_shape;
  plan.config = object.config;
  plan.part = object.part;
  plan.attributes = object.attributes;
  if (object.kind == ObjectKind::kWrapper) {
    plan.class_name = "StackedRNNCells";
    for (int child : object.children) {
      plan.layers.push_back(
          PartPlan(session, dialect, child, place + session.object(child).part + "/"));
    }
    return plan;
  }
  plan.class_name = object.schema->class_name;
  plan.weights_h5_owner = object.schema->weights_h5_owner;
  PlanVariables(object, dialect, place, plan);
  return plan;
}

ObjectPlan MakePlan(Session& session, Dialect dialect, int id, int& index);

// Layers stand in the library's order, numbers follow the architecture's.
void PlanGraph(Session& session, Dialect dialect, const Object& object, int& index,
               ObjectPlan& plan) {
  plan.layers.resize(object.order.size());
  std::vector<int> place(object.children.size(), 0);
  plan.call_order.resize(object.inputs.size());
  for (std::size_t i = 0; i < object.order.size(); ++i) {
    const int layer = object.order[i];
    if (layer >= 0) {
      place[static_cast<std::size_t>(layer)] = static_cast<int>(i);
      continue;
    }
    const auto input = static_cast<std::size_t>(-1 - layer);
    plan.layers[i] = InputLayerPlan(object, object.inputs[input], dialect);
    plan.call_order[input] = static_cast<int>(i);
  }
  for (const int layer : object.calls) {
    const int at = place[static_cast<std::size_t>(layer)];
    plan.call_order.push_back(at);
    plan.layers[static_cast<std::size_t>(at)] =
        MakePlan(session, dialect, object.children[static_cast<std::size_t>(layer)], index);
  }
  plan.graph = object.graph;
  for (CallSpec& call : plan.graph) call.layer = place[static_cast<std::size_t>(call.layer)];
  plan.outputs = object.outputs;
}

ObjectPlan MakePlan(Session& session, Dialect dialect, int id, int& index) {
  Object& object = session.object(id);
  ObjectPlan plan;
  plan.kind = object.kind;
  plan.dialect = dialect;
  plan.name = std::move(object.name);
  plan.name_given = object.name_given;
  plan.trainable = object.trainable;
  plan.input_shape = std::move(object.input_shape);
  plan.output_shape = std::move(object.output_shape);
  if (object.kind == ObjectKind::kLayer) {
    plan.class_name = object.schema->class_name;
    plan.weights_h5_owner = object.schema->weights_h5_owner;
    if (IsNoOp(plan.class_name, object.config)) {
      plan.config = std::move(object.config);
      return plan;
    }
    object.input_shape = plan.input_shape;
    PlanVariables(object, dialect, std::to_string(index++) + "/", plan);
    plan.config = std::move(object.config);
    return plan;
  }
  if (object.kind == ObjectKind::kWrapper) {
    plan.class_name = object.schema->class_name;
    plan.attributes = std::move(object.attributes);
    const std::string place = std::to_string(index++) + "/";
    for (int child : object.children) {
      plan.layers.push_back(
          PartPlan(session, dialect, child, place + session.object(child).part + "/"));
    }
    plan.config = std::move(object.config);
    return plan;
  }
  plan.class_name = object.kind == ObjectKind::kSequential   ? "Sequential"
                    : object.kind == ObjectKind::kFunctional ? "Functional"
                                                             : object.own_class;
  plan.keep = object.keep;
  plan.keep_order = object.keep_order;
  if (!object.graph.empty()) {
    PlanGraph(session, dialect, Object(object), index, plan);
    return plan;
  }
  const int shift = object.kind == ObjectKind::kFunctional ? 1 : 0;
  if (shift == 1) {
    object.input_shape = plan.input_shape;
    plan.layers.push_back(InputLayerPlan(object, dialect));
    plan.call_order.push_back(0);
  } else if (object.kind == ObjectKind::kSequential) {
    plan.own_input = object.own_input;
    plan.input_name = std::move(object.input_name);
  }
  plan.layers.resize(object.children.size() + static_cast<std::size_t>(shift));
  for (int child : object.calls) {
    plan.call_order.push_back(child + shift);
    plan.layers[static_cast<std::size_t>(child + shift)] =
        MakePlan(session, dialect, object.children[static_cast<std::size_t>(child)], index);
  }
  plan.attributes = std::move(object.attributes);
  return plan;
}

void Collect(const ObjectPlan& object, std::vector<const VariablePlan*>& out) {
  for (const VariablePlan& variable : object.variables) out.push_back(&variable);
  for (const ObjectPlan& layer : object.layers) Collect(layer, out);
}

void CollectComputing(const ObjectPlan& object, std::vector<const ObjectPlan*>& out) {
  if (Computes(object)) out.push_back(&object);
  for (int child : object.call_order) {
    CollectComputing(object.layers[static_cast<std::size_t>(child)], out);
  }
}

// Keras 3 filters the walk by the variables' own flags, which follow their layer's flag.
void CollectLive(const ObjectPlan& object, bool live, std::vector<const VariablePlan*>& out) {
  for (const VariablePlan& variable : object.variables) {
    if ((object.trainable && variable.trainable) == live) out.push_back(&variable);
  }
  for (const ObjectPlan& layer : object.layers) CollectLive(layer, live, out);
}

// tf-keras asks every sublayer for its own two lists (training.Model.trainable_weights).
void CollectTrainable(const ObjectPlan& object, std::vector<const VariablePlan*>& out) {
  if (!object.trainable) return;
  for (const VariablePlan& variable : object.variables) {
    if (variable.trainable) out.push_back(&variable);
  }
  for (const ObjectPlan& layer : object.layers) CollectTrainable(layer, out);
}

void CollectNonTrainable(const ObjectPlan& object, std::vector<const VariablePlan*>& out) {
  if (object.kind == ObjectKind::kHolder && !object.trainable) {
    // base_layer.Layer: the weights of each sublayer, one sublayer after the other.
    for (const ObjectPlan& layer : object.layers) {
      CollectTrainable(layer, out);
      CollectNonTrainable(layer, out);
    }
    return;
  }
  for (const VariablePlan& variable : object.variables) {
    if (!object.trainable || !variable.trainable) out.push_back(&variable);
  }
  if (!object.trainable) {
    for (const ObjectPlan& layer : object.layers) CollectTrainable(layer, out);
  }
  for (const ObjectPlan& layer : object.layers) CollectNonTrainable(layer, out);
}

}  // namespace

bool IsModel(const ObjectPlan& object) { return IsModelKind(object.kind); }
bool IsOwnClass(const ObjectPlan& object) { return IsOwnKind(object.kind); }

static bool HoldsOwnClass(const ObjectPlan& object) {
  return IsOwnClass(object) || std::ranges::any_of(object.layers, HoldsOwnClass);
}

bool HasOwnContainers(const ModelPlan& plan) {
  return plan.model.keep != KeepHow::kAttributes ||
         std::ranges::any_of(plan.model.layers, HoldsOwnClass);
}

ObjectPlan PlanOf(Session& session, Dialect dialect, int model) {
  int index = 0;
  return MakePlan(session, dialect, model, index);
}

std::vector<const ObjectPlan*> InputLayers(const ObjectPlan& model) {
  std::vector<const ObjectPlan*> out;
  for (const int at : model.call_order) {
    const ObjectPlan& layer = model.layers[static_cast<std::size_t>(at)];
    if (layer.class_name == "InputLayer") out.push_back(&layer);
  }
  return out;
}

std::vector<const VariablePlan*> Variables(const ObjectPlan& object) {
  std::vector<const VariablePlan*> out;
  Collect(object, out);
  return out;
}

bool IsLoraFactor(const VariablePlan& variable) { return variable.role.starts_with("lora_"); }

static bool HoldsVariable(const ObjectPlan& object, bool (*is)(const VariablePlan&)) {
  return std::ranges::any_of(object.variables, is) ||
         std::ranges::any_of(object.layers, [is](const auto& o) { return HoldsVariable(o, is); });
}

bool HasLora(const ModelPlan& plan) { return HoldsVariable(plan.model, IsLoraFactor); }

bool IsQuantized(const ModelPlan& plan) {
  return HoldsVariable(plan.model, [](const auto& v) { return v.dtype == DType::kInt8; });
}

std::vector<const VariablePlan*> StoredVariables(const ObjectPlan& leaf) {
  std::vector<const VariablePlan*> stored;
  stored.reserve(leaf.variables.size());
  for (const bool whole_numbers : {true, false}) {
    for (const VariablePlan& variable : leaf.variables) {
      const bool whole = variable.dtype == DType::kInt8;
      if (whole == whole_numbers && !IsLoraFactor(variable)) stored.push_back(&variable);
    }
  }
  return stored;
}

std::vector<const ObjectPlan*> ComputingLayers(const ObjectPlan& model) {
  std::vector<const ObjectPlan*> out;
  CollectComputing(model, out);
  return out;
}

std::vector<const VariablePlan*> LegacyOrder(const ObjectPlan& object) {
  std::vector<const VariablePlan*> out;
  if (object.dialect == Dialect::kTfKeras) {
    CollectTrainable(object, out);
    CollectNonTrainable(object, out);
  } else if (!object.trainable) {
    Collect(object, out);
  } else {
    CollectLive(object, true, out);
    CollectLive(object, false, out);
  }
  return out;
}

// keras/src/utils/naming.py: non-word characters out, '_' before a capital that lower case
// follows (not in front), '_' between lower case and a capital, all lower.
std::string SnakeCase(std::string_view class_name) {
  std::string word;
  for (char c : class_name) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_') word += c;
  }
  const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  std::string out;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const bool starts = i > 0 && upper(word[i]) && i + 1 < word.size() && lower(word[i + 1]);
    const bool rises = i > 0 && upper(word[i]) && lower(word[i - 1]);
    if (starts || rises) out += '_';
    out += upper(word[i]) ? static_cast<char>(word[i] - 'A' + 'a') : word[i];
  }
  return out;
}

std::string AutomaticNameClass(std::string_view name) {
  for (const LayerSchema& schema : LayerSchemas()) {
    const std::string_view prefix = schema.snake_name;
    if (!name.starts_with(prefix)) continue;
    const std::string_view rest = name.substr(prefix.size());
    if (rest.empty()) return std::string(schema.class_name);
    if (rest.size() < 2 || rest.front() != '_' || rest[1] == '0') continue;
    if (std::ranges::all_of(rest.substr(1), [](char c) { return c >= '0' && c <= '9'; })) {
      return std::string(schema.class_name);
    }
  }
  return "";
}

}  // namespace weightproof
