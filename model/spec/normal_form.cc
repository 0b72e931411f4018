// What two builds must share to be the same model, as a text.
#include <algorithm>
#include <cstdio>
#include <map>
#include <string>

#include "model/spec/graph.h"
#include "model/spec/layer_schema.h"
#include "model/spec/plan.h"

namespace weightproof {
namespace {

bool ComputesAnything(const ObjectPlan& object) { return !ComputingLayers(object).empty(); }

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

// Who takes what, by the numbers of computing layers; a layer that computes nothing hands on.
void AppendGraph(const ObjectPlan& model, std::string& out) {
  std::map<int, int> number;  // index into layers -> number of the computing layer
  for (const int at : model.call_order) {
    const int next = static_cast<int>(number.size());
    if (ComputesAnything(model.layers[static_cast<std::size_t>(at)])) number.emplace(at, next);
  }
  std::vector<std::string> result;
  const auto source_text = [&](int source) {
    return source < 0 ? "input " + std::to_string(-1 - source)
                      : result[static_cast<std::size_t>(source)];
  };
  for (std::size_t i = 0; i < model.graph.size(); ++i) {
    const CallSpec& call = model.graph[i];
    std::vector<std::string> from;
    for (const int source : call.from) from.push_back(source_text(source));
    const auto known = number.find(call.layer);
    if (known == number.end()) {
      result.push_back(from.front());
      continue;
    }
    if (IsCommutative(model.layers[static_cast<std::size_t>(call.layer)].class_name)) {
      std::ranges::sort(from);
    }
    result.push_back("call " + std::to_string(i));
    out += "\n" + result.back() + ": " + std::to_string(known->second);
    for (const std::string& text : from) out += " (" + text + ")";
  }
  out += "\noutputs";
  for (const int output : model.outputs) out += " (" + source_text(output) + ")";
}

}  // namespace

std::string NormalForm(const ModelPlan& plan) {
  std::string out = "input " + ShapeText(plan.model.input_shape);
  if (!plan.model.graph.empty()) {
    out.clear();
    for (const ObjectPlan* input : InputLayers(plan.model)) {
      out += "input " + ShapeText(input->input_shape) + " ";
    }
  }
  if (!plan.policy.empty() && plan.policy != "float32") out += "\npolicy " + plan.policy;
  if (IsQuantized(plan)) out += "\nquantized";
  for (const ObjectPlan* layer : ComputingLayers(plan.model)) {
    out += "\n";
    AppendLayer(*layer, plan.dialect, out);
  }
  if (!plan.model.graph.empty()) AppendGraph(plan.model, out);
  return out;
}

}  // namespace weightproof
