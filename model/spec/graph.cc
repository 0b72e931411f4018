#include "model/spec/graph.h"

#include <algorithm>
#include <functional>
#include <map>
#include <string>

#include "model/spec/layer_schema.h"
#include "model/spec/wrapper.h"

namespace weightproof {
namespace {

std::unexpected<Error> BadGraph(std::string place, std::string message) {
  return Fail(ErrorKind::kInvalidBuild, "architecture/" + std::move(place), std::move(message),
              "see harness/case/CASE.md for graphs");
}

constexpr std::string_view kCommutative[] = {"Add", "Average", "Maximum", "Minimum", "Multiply"};

}  // namespace

bool IsCommutative(std::string_view class_name) {
  return std::ranges::find(kCommutative, class_name) != std::end(kCommutative);
}

bool TakesSeveral(std::string_view class_name) {
  return IsCommutative(class_name) || class_name == "Subtract" || class_name == "Concatenate" ||
         class_name == "MultiHeadAttention";
}

Status CheckGraph(const ArchitectureSpec& architecture) {
  const int layers = static_cast<int>(architecture.layers.size());
  const int inputs = static_cast<int>(architecture.more_inputs.size()) + 1;
  const int calls = static_cast<int>(architecture.calls.size());
  if (architecture.calls.size() > kCallsMax || architecture.more_inputs.size() >= kInputsMax) {
    return Fail(ErrorKind::kLimitExceeded, "architecture/calls",
                "more calls or inputs than allowed", "make the graph smaller");
  }
  std::vector<bool> called(architecture.layers.size(), false);
  std::vector<bool> used_input(static_cast<std::size_t>(inputs), false);
  std::vector<bool> used_call(architecture.calls.size(), false);
  const auto use = [&](int source, int before) {
    if (source >= before || source < -inputs) return false;
    if (source < 0) {
      used_input[static_cast<std::size_t>(-1 - source)] = true;
    } else {
      used_call[static_cast<std::size_t>(source)] = true;
    }
    return true;
  };
  for (int i = 0; i < calls; ++i) {
    const CallSpec& call = architecture.calls[static_cast<std::size_t>(i)];
    const std::string place = "calls/" + std::to_string(i);
    if (call.layer < 0 || call.layer >= layers) return BadGraph(place, "no such layer");
    const std::string& name = architecture.layers[static_cast<std::size_t>(call.layer)].class_name;
    called[static_cast<std::size_t>(call.layer)] = true;
    if (TakesSeveral(name) ? call.from.size() < 2 : call.from.size() != 1) {
      return BadGraph(place, name + " called on " + std::to_string(call.from.size()) + " tensors");
    }
    for (const int source : call.from) {
      if (!use(source, i)) return BadGraph(place, "an operand that is no input nor earlier call");
    }
  }
  if (architecture.outputs.empty()) return BadGraph("outputs", "a graph without outputs");
  std::vector<int> outputs = architecture.outputs;
  std::ranges::sort(outputs);
  const bool twice = std::ranges::adjacent_find(outputs) != outputs.end();
  for (const int output : outputs) {
    if (twice || output < 0 || !use(output, calls))
      return BadGraph("outputs", "not distinct calls");
  }
  const auto all = [](const std::vector<bool>& flags) {
    return std::ranges::find(flags, false) == flags.end();
  };
  if (!all(called) || !all(used_input) || !all(used_call)) {
    return BadGraph("calls", "a layer, input or call that no output depends on");
  }
  return {};
}

std::vector<int> GraphOrder(const std::vector<CallSpec>& calls, std::size_t inputs,
                            const std::vector<int>& outputs) {
  // Nodes are the calls, then the inputs; their layers count as GraphOrder names them.
  const std::size_t count = calls.size();
  const auto node_of = [count](int source) {
    return source >= 0 ? static_cast<std::size_t>(source)
                       : count + static_cast<std::size_t>(-1 - source);
  };
  const auto layer_of = [&](std::size_t node) {
    return node < count ? calls[node].layer : -1 - static_cast<int>(node - count);
  };
  std::map<int, int> visited;  // layer -> when it was first seen
  std::vector<bool> finished(count + inputs, false);
  std::vector<std::size_t> finished_order;
  const std::function<void(std::size_t)> visit = [&](std::size_t node) {
    if (finished[node]) return;
    visited.emplace(layer_of(node), static_cast<int>(visited.size()));
    if (node < count) {
      for (const int source : calls[node].from) visit(node_of(source));
    }
    finished[node] = true;
    finished_order.push_back(node);
  };
  for (const int output : outputs) visit(node_of(output));
  std::vector<int> node_depth(count + inputs, 0);
  std::map<int, int> layer_depth;
  for (auto it = finished_order.rbegin(); it != finished_order.rend(); ++it) {
    int& of_layer = layer_depth[layer_of(*it)];
    const int depth = std::max(node_depth[*it], of_layer);
    of_layer = node_depth[*it] = depth;
    if (*it >= count) continue;
    for (const int source : calls[*it].from) {
      int& above = node_depth[node_of(source)];
      above = std::max(above, depth + 1);
    }
  }
  std::vector<int> order;
  for (const auto& [layer, when] : visited) order.push_back(layer);
  std::ranges::sort(order, [&](int a, int b) {
    if (layer_depth[a] != layer_depth[b]) return layer_depth[a] > layer_depth[b];
    return visited[a] < visited[b];
  });
  return order;
}

Result<Shape> InferMergeShape(const LayerSpec& layer, const std::vector<Shape>& inputs,
                              const std::string& place) {
  auto out = InferLayerShape(layer, inputs.front(), place);
  if (!out) return out;
  Shape first = inputs.front();
  for (std::size_t i = 1; i < inputs.size(); ++i) {
    Shape other = inputs[i];
    if (layer.class_name == "Concatenate" && other.size() == first.size()) {
      out->back() += other.back();
      other.back() = first.back();
    }
    if (other != first) {
      return Fail(
          ErrorKind::kShapeInference, place,
          layer.class_name + " cannot take " + ShapeText(first) + " and " + ShapeText(inputs[i]),
          "let the branches have one shape");
    }
  }
  return out;
}

}  // namespace weightproof
