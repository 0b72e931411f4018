// Functional graphs: branches, merges, several inputs and outputs, shared layers.
#include <algorithm>
#include <utility>

#include "model/spec/graph.h"
#include "model/spec/session.h"

namespace weightproof {

Result<int> Session::NewGraph(const std::string& name, bool trainable, Graph graph) {
  Object made;
  made.kind = ObjectKind::kFunctional;
  for (Shape& shape : graph.inputs) {
    GraphInput input;
    input.name = AutoInputName();
    if (keras3()) input.tensor = AutoName("keras_tensor");
    input.shape = std::move(shape);
    made.inputs.push_back(std::move(input));
  }
  made.has_input = true;
  made.built = true;
  made.trainable = trainable;
  made.children = std::move(graph.layers);
  made.graph = std::move(graph.calls);
  made.outputs = std::move(graph.outputs);
  made.input_shape = made.inputs.front().shape;
  made.input_name = made.inputs.front().name;
  for (const CallSpec& call : made.graph) {
    const bool first = std::ranges::find(made.calls, call.layer) == made.calls.end();
    if (first) made.calls.push_back(call.layer);
  }
  made.order = GraphOrder(made.graph, made.inputs.size(), made.outputs);
  if (Status s = CallGraph(made, graph.call_order); !s) return std::unexpected(s.error());
  made.name_given = !name.empty();
  made.name = name.empty() ? AutoName(keras3() ? "functional" : "model") : name;
  const int id = Allocate(std::move(made));
  if (Status s = CheckUniqueNames(id); !s) return std::unexpected(s.error());
  return id;
}

Status Session::CallGraph(Object& model, const std::vector<int>& call_order) {
  std::vector<Shape> results(model.graph.size());
  for (const int index : call_order) {
    const CallSpec& call = model.graph[static_cast<std::size_t>(index)];
    const int layer = model.children[static_cast<std::size_t>(call.layer)];
    std::vector<Shape> operands;
    for (const int source : call.from) {
      if (source < 0) CastInputFor(layer);
      operands.push_back(source < 0 ? model.inputs[static_cast<std::size_t>(-1 - source)].shape
                                    : results[static_cast<std::size_t>(source)]);
    }
    if (object(layer).built && object(layer).input_shape != operands.front()) {
      return BadBuild("assemble", "\"" + object(layer).name + "\" shared by inputs of two shapes",
                      "call it on tensors of one shape");
    }
    auto out = Call(layer, operands.front(), "");
    if (!out) return std::unexpected(std::move(out).error());
    if (operands.size() > 1) {
      LayerSpec spec;
      spec.class_name = object(layer).schema->class_name;
      spec.config = object(layer).config;
      out = InferMergeShape(spec, operands, "layer " + object(layer).name);
      if (!out) return std::unexpected(std::move(out).error());
      object(layer).output_shape = *out;
    }
    results[static_cast<std::size_t>(index)] = *std::move(out);
  }
  model.output_shape = results[static_cast<std::size_t>(model.outputs.front())];
  return {};
}

}  // namespace weightproof
