#include "model/spec/plan.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <utility>

#include "model/spec/layer_schema.h"
#include "model/spec/session.h"

namespace weightproof {
namespace {

bool Computes(const ObjectPlan& object) {
  if (object.kind == ObjectKind::kWrapper) return true;
  return object.kind == ObjectKind::kLayer && object.class_name != "InputLayer" &&
         !IsNoOp(object.class_name, object.config);
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
                                                             : "Net";
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
  for (const VariablePlan& variable : object.variables) {
    if (!object.trainable || !variable.trainable) out.push_back(&variable);
  }
  if (!object.trainable) {
    for (const ObjectPlan& layer : object.layers) CollectTrainable(layer, out);
  }
  for (const ObjectPlan& layer : object.layers) CollectNonTrainable(layer, out);
}

std::string FloatText(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.9g", static_cast<double>(static_cast<float>(value)));
  return text;
}

void AppendValue(const ConfigValue& value, std::string& out) {
  if (const auto* flag = std::get_if<bool>(&value)) {
    out += *flag ? "true" : "false";
  } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    out += std::to_string(*integer);
  } else if (const auto* number = std::get_if<double>(&value)) {
    out += FloatText(*number);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    out += *text;
  } else if (const auto* list = std::get_if<std::vector<std::int64_t>>(&value)) {
    out += ShapeText(*list);
  } else {
    out += "null";
  }
}

// Axes counted from the end and from the front are the same axes.
void AppendAxes(const ObjectPlan& layer, std::string& out) {
  const auto rank = static_cast<std::int64_t>(layer.input_shape.size()) + 1;
  std::vector<std::int64_t> axes = GetInts(layer.config, "axis");
  for (std::int64_t& axis : axes) axis = axis < 0 ? axis + rank : axis;
  out += ShapeText(axes);
}

// Class and config, and of a wrapper its parts in brackets.
void AppendLayer(const ObjectPlan& layer, Dialect dialect, std::string& out) {
  out += layer.class_name;
  const LayerSchema* schema = FindLayerSchema(layer.class_name);
  for (const auto& [key, value] : layer.config) {
    const KeySchema* key_schema = schema->FindKey(key);
    if (key_schema == nullptr || key_schema->inert) continue;
    out += " " + key + "=";
    if (key == "axis") {
      AppendAxes(layer, out);
      continue;
    }
    AppendValue(value, out);
    const auto* text = std::get_if<std::string>(&value);
    if (text != nullptr && *text == "hard_sigmoid") {
      out += "@";
      out += DialectName(dialect);
    }
  }
  for (const ObjectPlan& part : layer.layers) {
    out += " (" + part.part + ": ";
    AppendLayer(part, dialect, out);
    out += ")";
  }
}

}  // namespace

bool IsModel(const ObjectPlan& object) { return IsModelKind(object.kind); }

ObjectPlan PlanOf(Session& session, Dialect dialect, int model) {
  int index = 0;
  return MakePlan(session, dialect, model, index);
}

std::vector<const VariablePlan*> Variables(const ObjectPlan& object) {
  std::vector<const VariablePlan*> out;
  Collect(object, out);
  return out;
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

std::string NormalForm(const ModelPlan& plan) {
  std::string out = "input " + ShapeText(plan.model.input_shape);
  for (const ObjectPlan* layer : ComputingLayers(plan.model)) {
    out += "\n";
    AppendLayer(*layer, plan.dialect, out);
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
