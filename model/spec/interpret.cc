#include <algorithm>
#include <utility>

#include "model/spec/graph.h"
#include "model/spec/plan.h"
#include "model/spec/program.h"
#include "model/spec/session.h"

namespace weightproof {
namespace {

struct Item {
  int object = -1;
  int place = 0;
};

class Interpreter {
 public:
  Interpreter(const ArchitectureSpec& architecture, ParsedProgram program,
              const NameCounters& counters)
      : architecture_(architecture),
        program_(std::move(program)),
        session_(architecture.dialect, counters) {}

  Result<ModelPlan> Play() {
    session_.SetPolicy(program_.policy);
    for (const Step* step : program_.before) {
      if (step->op == StepOp::kClearNames) {
        session_.ClearNames();
      } else {
        session_.MakeStray(step->class_name);
      }
    }
    if (Status s = Instantiate(); !s) return std::unexpected(s.error());
    for (const Nest& nest : program_.nests) {
      if (Status s = MakeNest(nest); !s) return std::unexpected(s.error());
    }
    if (Status s = Assemble(); !s) return std::unexpected(s.error());
    for (const Step* step : program_.after) {
      if (Status s = After(*step); !s) return std::unexpected(s.error());
    }
    ModelPlan plan;
    plan.dialect = architecture_.dialect;
    plan.model = PlanOf(session_, architecture_.dialect, model_);
    plan.policy = program_.policy;
    if (!plan.policy.empty()) GiveDTypes(plan.model, plan.policy);
    plan.counters_after = std::move(session_.counters());
    return plan;
  }

 private:
  Status Instantiate() {
    items_.resize(program_.slots.size());
    for (int index : program_.instantiation) {
      const Slot& slot = program_.slots[static_cast<std::size_t>(index)];
      auto made = session_.NewLayer(slot);
      if (!made) return std::unexpected(std::move(made).error());
      items_[static_cast<std::size_t>(index)] = {*made, slot.place};
    }
    if (items_.empty()) return BadBuild("assemble", "a model without layers", "keep one");
    return {};
  }

  Status MakeNest(const Nest& nest) {
    const int low = 2 * nest.step->begin;
    const int high = 2 * nest.step->end;
    const auto first = std::ranges::find_if(items_, [&](const Item& i) { return i.place > low; });
    const auto last =
        std::find_if(first, items_.end(), [&](const Item& i) { return i.place >= high; });
    if (first == last) return BadBuild("nest", "nothing is left in its range", "leave it out");
    std::vector<int> children;
    for (auto it = first; it != last; ++it) children.push_back(it->object);
    Shape shape;
    if (nest.step->own_input || nest.step->nest == NestHow::kFunctional) {
      shape = architecture_.input_shape;
      for (auto it = items_.begin(); it != first; ++it) {
        auto next = session_.ShapeThrough(it->object, shape);
        if (!next) return std::unexpected(std::move(next).error());
        shape = *std::move(next);
      }
    }
    Result<int> made = -1;
    switch (nest.step->nest) {
      case NestHow::kSequential:
        made = session_.NewSequential(nest.name, nest.trainable, children,
                                      nest.step->own_input ? &shape : nullptr);
        break;
      case NestHow::kFunctional:
        made = session_.NewFunctional(nest.name, nest.trainable, children, shape);
        break;
      case NestHow::kSubclass:
      case NestHow::kLayer:
        made = session_.NewOwn(
            nest.step->nest == NestHow::kLayer ? ObjectKind::kHolder : ObjectKind::kSubclass,
            "Block", nest.name, nest.trainable, children, *nest.step);
        break;
    }
    if (!made) return std::unexpected(std::move(made).error());
    session_.object(*made).nest = nest.ordinal;
    first->object = *made;
    items_.erase(first + 1, last);
    return {};
  }

  static bool IsPermutation(const std::vector<int>& order, std::size_t count) {
    std::vector<int> sorted = order;
    std::ranges::sort(sorted);
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      if (sorted[i] != static_cast<int>(i)) return false;
    }
    return sorted.size() == count;
  }

  // The graph with the operands, outputs and order of calls that the steps ask for.
  Result<Graph> GraphOfBuild() {
    Graph graph;
    graph.calls = architecture_.calls;
    graph.outputs = architecture_.outputs;
    graph.inputs = {architecture_.input_shape};
    graph.inputs.insert(graph.inputs.end(), architecture_.more_inputs.begin(),
                        architecture_.more_inputs.end());
    for (const Item& item : items_) graph.layers.push_back(item.object);
    for (std::size_t i = 0; i < graph.calls.size(); ++i) {
      graph.call_order.push_back(static_cast<int>(i));
    }
    const auto apply = [](const Step& step, std::vector<int>& values) {
      if (!IsPermutation(step.order, values.size())) return false;
      const std::vector<int> old = values;
      for (std::size_t i = 0; i < old.size(); ++i) {
        values[i] = old[static_cast<std::size_t>(step.order[i])];
      }
      return true;
    };
    for (const Step* step : program_.graph) {
      const bool known = step->layer >= 0 && step->layer < std::ssize(graph.calls);
      const bool good =
          step->op == StepOp::kCalls ? apply(*step, graph.call_order)
          : step->op == StepOp::kOutputs
              ? apply(*step, graph.outputs)
              : known && apply(*step, graph.calls[static_cast<std::size_t>(step->layer)].from);
      if (!good) return BadBuild("graph", "not a permutation", "list each once");
    }
    std::vector<bool> made(graph.calls.size(), false);
    for (const int call : graph.call_order) {
      for (const int source : graph.calls[static_cast<std::size_t>(call)].from) {
        if (source >= 0 && !made[static_cast<std::size_t>(source)]) {
          return BadBuild("calls", "a call before its operands are made", "make operands first");
        }
      }
      made[static_cast<std::size_t>(call)] = true;
    }
    return graph;
  }

  Status Assemble() {
    if (!architecture_.calls.empty()) {
      auto graph = GraphOfBuild();
      if (!graph) return std::unexpected(std::move(graph).error());
      auto made =
          session_.NewGraph(program_.model_name, program_.model_trainable, *std::move(graph));
      if (!made) return std::unexpected(std::move(made).error());
      model_ = *made;
      return {};
    }
    const Step& step = *program_.assemble;
    std::vector<int> tops;
    for (const Item& item : items_) tops.push_back(item.object);
    const Shape* input = step.input == InputHow::kGiven ? &architecture_.input_shape : nullptr;
    const std::string& name = program_.model_name;
    const bool trainable = program_.model_trainable;
    Result<int> made = -1;
    switch (step.how) {
      case AssembleHow::kList:
        made = session_.NewSequential(name, trainable, tops, input);
        break;
      case AssembleHow::kAdd:
        made = session_.NewSequentialByAdd(name, trainable, tops, input);
        break;
      case AssembleHow::kFunctional:
        if (input == nullptr) {
          return BadBuild("assemble", "a functional model without Input", "use input given");
        }
        made = session_.NewFunctional(name, trainable, tops, *input);
        break;
      case AssembleHow::kSubclass:
        made = Subclass(step, tops);
        break;
    }
    if (!made) return std::unexpected(std::move(made).error());
    model_ = *made;
    const bool called = step.how == AssembleHow::kSubclass ? true : input == nullptr;
    if (!called) return {};
    // A call finds a model that is already built; build() builds it again.
    if (step.input == InputHow::kCall && session_.object(model_).built) return {};
    return session_.BuildModel(model_, architecture_.input_shape);
  }

  Result<int> Subclass(const Step& step, const std::vector<int>& tops) {
    if (step.input != InputHow::kCall) {
      return BadBuild("assemble", "a subclass model is built by a call", "use input call");
    }
    return session_.NewOwn(ObjectKind::kSubclass, "Net", program_.model_name,
                           program_.model_trainable, tops, step);
  }

  Status After(const Step& step) {
    switch (step.op) {
      case StepOp::kPop:
        return session_.PopAndAdd(model_, step.count, step.same_objects);
      case StepOp::kRebuild: {
        auto made = session_.Rebuild(model_, step.rebuild);
        if (!made) return std::unexpected(std::move(made).error());
        model_ = *made;
        return {};
      }
      case StepOp::kLora: {
        const int target = Target(step, model_);
        if (target < 0) return BadBuild("lora", "no such layer", "name one that exists");
        return session_.EnableLora(target, step.count);
      }
      case StepOp::kQuantize:
        if (!program_.policy.empty()) {
          return BadBuild("quantize", "beside a dtype policy", "leave one of them out");
        }
        return session_.Quantize(model_);
      default: {
        int target = Target(step, model_);
        if (target >= 0 && !step.part.empty()) target = Part(target, step.part);
        if (target < 0) {
          return BadBuild("target", "no such layer, nest or part", "name one that exists");
        }
        session_.SetTrainable(target, step.op == StepOp::kUnfreeze);
        return {};
      }
    }
  }

  // The part of a wrapper that `path` names ("forward", "cells/1"), or -1.
  int Part(int at, std::string_view path) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    for (int child : session_.object(at).children) {
      if (session_.object(child).part != path.substr(0, slash)) continue;
      return slash == path.size() ? child : Part(child, path.substr(slash + 1));
    }
    return -1;
  }

  static void GiveDTypes(ObjectPlan& object, const std::string& policy) {
    for (VariablePlan& variable : object.variables) {
      if (variable.dtype != DType::kFloat32) continue;  // the layer asks for it
      variable.dtype = VariableDType(policy, object.class_name, object.dialect);
    }
    for (ObjectPlan& layer : object.layers) GiveDTypes(layer, policy);
  }

  // The object that plays the target's part in the model as it now stands, or -1.
  int Target(const Step& step, int at) {
    if (step.target == TargetKind::kModel) return model_;
    const Object& o = session_.object(at);
    const int tag = step.target == TargetKind::kNest ? o.nest : o.layer;
    if (tag == step.layer && at != model_) return at;
    for (int child : o.children) {
      const int found = Target(step, child);
      if (found >= 0) return found;
    }
    return -1;
  }

  const ArchitectureSpec& architecture_;
  ParsedProgram program_;
  Session session_;
  std::vector<Item> items_;
  int model_ = -1;
};

Status CheckInput(const ArchitectureSpec& architecture) {
  bool known = !architecture.input_shape.empty() && architecture.input_shape.size() <= 8;
  for (std::int64_t d : architecture.input_shape) known = known && d >= 1 && d <= kDimensionMax;
  for (const Shape& shape : architecture.more_inputs) {
    known = known && !shape.empty() && shape.size() <= 8;
    for (std::int64_t d : shape) known = known && d >= 1 && d <= kDimensionMax;
  }
  if (known && architecture.calls.empty() && !architecture.more_inputs.empty()) {
    return BadBuild("architecture", "more inputs than one without calls", "say who takes them");
  }
  if (known) return architecture.calls.empty() ? Status() : CheckGraph(architecture);
  return Fail(ErrorKind::kShapeInference, "input_shape",
              ShapeText(architecture.input_shape) + " is no input shape",
              "give 1 to 8 dimensions without batch, each known");
}

}  // namespace

Result<ModelPlan> Interpret(const ArchitectureSpec& architecture, const Build& build,
                            const NameCounters& counters) {
  if (Status s = CheckInput(architecture); !s) return std::unexpected(s.error());
  auto program = ReadProgram(architecture, build);
  if (!program) return std::unexpected(std::move(program).error());
  return Interpreter(architecture, *std::move(program), counters).Play();
}

Result<ModelPlan> PlanSequential(const ArchitectureSpec& architecture) {
  return Interpret(architecture, Build{Step{}});
}

}  // namespace weightproof
