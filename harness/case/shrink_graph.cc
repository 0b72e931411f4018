// Shrinking functional graphs: fewer calls, operands, outputs and inputs, down to a chain.
#include <algorithm>
#include <functional>
#include <map>

#include "harness/case/shrink.h"

namespace weightproof {
namespace {

bool OfGraphs(const Step& step) {
  return step.op == StepOp::kCalls || step.op == StepOp::kOperands || step.op == StepOp::kOutputs;
}

// The steps for calls that have other numbers; -1: the call is gone.
void RenumberCalls(Build& build, const std::vector<int>& number, const ArchitectureSpec& after) {
  const auto of = [&](int call) { return number[static_cast<std::size_t>(call)]; };
  std::erase_if(build, [&](Step& step) {
    if (step.op == StepOp::kCalls) {
      std::vector<int> order;
      for (const int call : step.order) {
        if (of(call) >= 0) order.push_back(of(call));
      }
      step.order = std::move(order);
    }
    if (step.op == StepOp::kOperands) {
      if (of(step.layer) < 0) return true;
      step.layer = of(step.layer);
      return step.order.size() != after.calls[static_cast<std::size_t>(step.layer)].from.size();
    }
    return step.op == StepOp::kOutputs && step.order.size() != after.outputs.size();
  });
}

// What no output depends on goes, and both programs follow.
Case Pruned(Case c) {
  ArchitectureSpec& a = c.architecture;
  const ArchitectureSpec old = a;
  std::vector<bool> call_used(old.calls.size(), false);
  std::vector<bool> input_used(old.more_inputs.size() + 1, false);
  const std::function<void(int)> use = [&](int source) {
    if (source < 0) {
      input_used[static_cast<std::size_t>(-1 - source)] = true;
    } else if (!call_used[static_cast<std::size_t>(source)]) {
      call_used[static_cast<std::size_t>(source)] = true;
      for (const int from : old.calls[static_cast<std::size_t>(source)].from) use(from);
    }
  };
  for (const int output : old.outputs) use(output);
  std::vector<int> call_number(old.calls.size(), -1);
  std::vector<int> layer_number(old.layers.size(), -1);
  std::vector<int> input_number(input_used.size(), 0);
  a.calls.clear();
  for (std::size_t i = 0, inputs = 0; i < input_used.size(); ++i) {
    if (input_used[i]) input_number[i] = static_cast<int>(inputs++);
  }
  std::vector<bool> layer_used(old.layers.size(), false);
  for (std::size_t i = 0; i < old.calls.size(); ++i) {
    if (call_used[i]) layer_used[static_cast<std::size_t>(old.calls[i].layer)] = true;
  }
  a.layers.clear();
  for (std::size_t i = 0; i < old.layers.size(); ++i) {
    if (!layer_used[i]) continue;
    layer_number[i] = static_cast<int>(a.layers.size());
    a.layers.push_back(old.layers[i]);
  }
  for (std::size_t i = 0; i < old.calls.size(); ++i) {
    if (!call_used[i]) continue;
    CallSpec call = old.calls[i];
    call.layer = layer_number[static_cast<std::size_t>(call.layer)];
    for (int& source : call.from) {
      source = source < 0 ? -1 - input_number[static_cast<std::size_t>(-1 - source)]
                          : call_number[static_cast<std::size_t>(source)];
    }
    call_number[i] = static_cast<int>(a.calls.size());
    a.calls.push_back(std::move(call));
  }
  for (int& output : a.outputs) output = call_number[static_cast<std::size_t>(output)];
  std::vector<Shape> shapes = {old.input_shape};
  shapes.insert(shapes.end(), old.more_inputs.begin(), old.more_inputs.end());
  a.more_inputs.clear();
  bool first = true;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    if (!input_used[i]) continue;
    if (first) {
      a.input_shape = shapes[i];
    } else {
      a.more_inputs.push_back(shapes[i]);
    }
    first = false;
  }
  for (Build* build : {&c.writer.build, &c.reader.build}) {
    RenumberCalls(*build, call_number, a);
    for (int layer = static_cast<int>(old.layers.size()) - 1; layer >= 0; --layer) {
      if (!layer_used[static_cast<std::size_t>(layer)]) *build = WithoutLayer(*build, layer);
    }
  }
  return c;
}

// Whoever took the result of `call` takes its operand instead.
Case Bypassed(const Case& c, int call, int operand) {
  Case out = c;
  ArchitectureSpec& a = out.architecture;
  for (CallSpec& other : a.calls) {
    for (int& source : other.from) {
      if (source == call) source = operand;
    }
  }
  for (int& output : a.outputs) {
    if (output == call) output = operand;
  }
  return out;
}

bool IsChain(const ArchitectureSpec& a) {
  bool chain = a.more_inputs.empty() && a.calls.size() == a.layers.size() &&
               a.outputs == std::vector<int>{static_cast<int>(a.calls.size()) - 1};
  for (std::size_t i = 0; chain && i < a.calls.size(); ++i) {
    chain = a.calls[i].layer == static_cast<int>(i) &&
            a.calls[i].from == std::vector<int>{static_cast<int>(i) - 1};
  }
  return chain;
}

void Offer(Case candidate, Candidates& out) {
  const std::vector<int>& outputs = candidate.architecture.outputs;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const bool twice = std::count(outputs.begin(), outputs.end(), outputs[i]) > 1;
    if (outputs[i] < 0 || twice) return;
  }
  out.AddChanged(Pruned(std::move(candidate)));
}

}  // namespace

void ShrinkGraph(const Case& c, Candidates& out) {
  const ArchitectureSpec& a = c.architecture;
  if (IsChain(a)) {
    Case chain = c;
    chain.architecture.calls.clear();
    chain.architecture.outputs.clear();
    for (Build* build : {&chain.writer.build, &chain.reader.build}) std::erase_if(*build, OfGraphs);
    out.AddChanged(std::move(chain));
  }
  for (std::size_t i = 0; a.outputs.size() > 1 && i < a.outputs.size(); ++i) {
    Case next = c;
    next.architecture.outputs.erase(next.architecture.outputs.begin() +
                                    static_cast<std::ptrdiff_t>(i));
    Offer(std::move(next), out);
  }
  for (std::size_t i = 0; i < a.calls.size(); ++i) {
    for (const int operand : a.calls[i].from) Offer(Bypassed(c, static_cast<int>(i), operand), out);
    if (a.calls[i].from.size() > 1) {  // a plain layer in the merge's place
      Case next = c;
      LayerSpec& layer = next.architecture.layers[static_cast<std::size_t>(a.calls[i].layer)];
      layer = LayerSpec();
      layer.class_name = "Dense";
      layer.config["units"] = a.input_shape.back();
      next.architecture.calls[i].from.resize(1);
      Offer(std::move(next), out);
    }
    for (std::size_t k = 0; a.calls[i].from.size() > 2 && k < a.calls[i].from.size(); ++k) {
      Case next = c;
      std::vector<int>& from = next.architecture.calls[i].from;
      from.erase(from.begin() + static_cast<std::ptrdiff_t>(k));
      Offer(std::move(next), out);
    }
  }
  if (!a.more_inputs.empty()) {  // all branches on one input
    Case next = c;
    for (CallSpec& call : next.architecture.calls) {
      for (int& source : call.from) source = std::max(source, -1);
    }
    Offer(std::move(next), out);
  }
}

}  // namespace weightproof
