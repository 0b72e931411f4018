#include "harness/campaign/python_graph.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "harness/campaign/python_text.h"

namespace weightproof {
namespace {

void Reorder(const Step& step, std::vector<int>& values) {
  const std::vector<int> old = values;
  for (std::size_t i = 0; i < step.order.size(); ++i) {
    values[i] = old[static_cast<std::size_t>(step.order[i])];
  }
}

}  // namespace

// In the order of first calls: the library gives a graph's layers an order of its own.
std::string PythonCalledLayers(const ArchitectureSpec& architecture) {
  std::vector<std::string> names;
  for (const CallSpec& call : architecture.calls) {
    const std::string name = fmt::format("a{}", call.layer);
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  return fmt::format("sum([leaves(m.get_layer(x.name)) for x in [{}]], [])",
                     fmt::join(names, ", "));
}

// Inputs i0, i1, ...; results of calls c0, c1, ...
std::vector<std::string> PythonGraph(const ArchitectureSpec& architecture, const Build& build,
                                     const std::string& flags) {
  std::vector<std::string> lines;
  std::vector<CallSpec> calls = architecture.calls;
  std::vector<int> outputs = architecture.outputs;
  std::vector<int> order;
  for (std::size_t i = 0; i < calls.size(); ++i) order.push_back(static_cast<int>(i));
  for (const Step& step : build) {
    if (step.op == StepOp::kCalls) Reorder(step, order);
    if (step.op == StepOp::kOutputs) Reorder(step, outputs);
    if (step.op == StepOp::kOperands) {
      Reorder(step, calls[static_cast<std::size_t>(step.layer)].from);
    }
  }
  std::vector<Shape> shapes{architecture.input_shape};
  shapes.insert(shapes.end(), architecture.more_inputs.begin(), architecture.more_inputs.end());
  std::vector<std::string> inputs;
  for (const Shape& shape : shapes) {
    inputs.push_back(fmt::format("i{}", inputs.size()));
    lines.push_back(fmt::format("{} = keras.Input({})", inputs.back(), PythonShape(shape)));
  }
  const auto name = [](int source) {
    return source < 0 ? fmt::format("i{}", -1 - source) : fmt::format("c{}", source);
  };
  const auto list = [](const std::vector<std::string>& names) {
    return names.size() == 1 ? names[0] : fmt::format("[{}]", fmt::join(names, ", "));
  };
  for (const int call : order) {
    std::vector<std::string> from;
    for (const int source : calls[static_cast<std::size_t>(call)].from) {
      from.push_back(name(source));
    }
    lines.push_back(fmt::format("c{} = {}({})", call,
                                fmt::format("a{}", calls[static_cast<std::size_t>(call)].layer),
                                list(from)));
  }
  std::vector<std::string> results;
  for (const int output : outputs) results.push_back(name(output));
  lines.push_back(fmt::format("m = keras.Model({}, {}{})", list(inputs), list(results), flags));
  return lines;
}

}  // namespace weightproof
