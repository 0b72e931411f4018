#include "harness/campaign/python_build.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "harness/campaign/python_graph.h"
#include "harness/campaign/python_layer.h"
#include "harness/campaign/python_own.h"
#include "harness/campaign/python_state.h"
#include "harness/campaign/python_text.h"

namespace weightproof {
namespace {

struct Node {
  std::string variable;  // its name in the script
  std::string name;      // given
  bool frozen = false;
  bool own = false;                 // keeps its state itself
  const LayerSpec* spec = nullptr;  // null: a nest
  const Step* nest = nullptr;
  int at = 0;
  std::vector<Node*> children;
};

class Writer {
 public:
  Writer(const ArchitectureSpec& architecture, const Build& build)
      : architecture_(architecture), build_(build) {}

  std::vector<std::string> Lines() {
    for (const Step& step : build_) {
      if (step.op == StepOp::kClearNames) {
        Add(Keras3() ? "keras.utils.clear_session(free_memory=False)"
                     : "keras.backend.clear_session()");
      } else if (step.op == StepOp::kStray) {
        Add(step.class_name == "Sequential"
                ? "keras.Sequential()"
                : fmt::format("L.{}({})", step.class_name, PythonSmallest(step.class_name)));
      } else if (step.op == StepOp::kAssemble) {
        assemble_ = &step;
      }
    }
    if (!PolicyOf(build_).empty()) Add(PythonPolicy(architecture_.dialect, PolicyOf(build_)));
    Place();
    Instantiate();
    MakeNests();
    MakeModel();
    for (const Step& step : build_) Afterwards(step);
    if (!architecture_.calls.empty()) {
      Add("return m, " + PythonCalledLayers(architecture_));
      return std::move(lines_);
    }
    // What a class of a person's own calls is not told by its list of layers.
    const bool own =
        assemble_->how == AssembleHow::kSubclass ||
        std::ranges::any_of(nests_, [](const Node* n) { return OfOwnClass(*n->nest); });
    std::vector<Node*> leaves;
    Leaves(top_, leaves);
    Add(own ? fmt::format("return m, sum([leaves(x) for x in [{}]], [])", Join(leaves))
            : "return m, leaves(m)");
    return std::move(lines_);
  }

 private:
  static bool OfOwnClass(const Step& nest) {
    return nest.nest == NestHow::kSubclass || nest.nest == NestHow::kLayer;
  }
  bool Keras3() const { return architecture_.dialect == Dialect::kKeras3; }
  void Add(std::string line) { lines_.push_back(std::move(line)); }

  Node* New(std::string variable) {
    nodes_.push_back(std::make_unique<Node>());
    nodes_.back()->variable = std::move(variable);
    return nodes_.back().get();
  }

  // Phases 2 and 3 of CASE.md.
  void Place() {
    specs_ = architecture_.layers;
    for (std::size_t i = 0; i < specs_.size(); ++i) layers_.push_back(New(fmt::format("a{}", i)));
    std::vector<Node*> slots = layers_;
    for (const Step& step : build_) {
      if (step.op == StepOp::kSet) {
        specs_[static_cast<std::size_t>(step.layer)].config[step.key] = step.value;
      }
    }
    for (std::size_t i = 0; i < specs_.size(); ++i) {
      layers_[i]->spec = &specs_[i];
      layers_[i]->own = KeepsOwnState(build_, static_cast<int>(i));
    }
    for (const Step& step : build_) {
      Node* layer = nullptr;
      switch (step.op) {
        case StepOp::kExchange:
          std::iter_swap(std::ranges::find(slots, Layer(step.layer)),
                         std::ranges::find(slots, Layer(step.other)));
          break;
        case StepOp::kRemove:
          *std::ranges::find(slots, Layer(step.layer)) = nullptr;
          break;
        case StepOp::kInsert:
        case StepOp::kNoop:
          layer = New(fmt::format("b{}", extras_.size()));
          extra_specs_.push_back(std::make_unique<LayerSpec>());
          if (step.spec) *extra_specs_.back() = *step.spec;
          if (step.op == StepOp::kNoop) extra_specs_.back()->class_name = step.class_name;
          layer->spec = extra_specs_.back().get();
          layer->name = step.name.empty() ? layer->spec->name : step.name;
          layer->at = step.begin;
          extras_.push_back(layer);
          break;
        case StepOp::kNest:
          layer = New(fmt::format("n{}", nests_.size()));
          layer->nest = &step;
          layer->name = step.name;
          nests_.push_back(layer);
          break;
        default:
          break;
      }
    }
    model_.name = assemble_->name;
    model_.variable = "m";
    for (const Step& step : build_) {
      if (step.op == StepOp::kName) Target(step)->name = step.name;
      if (step.op == StepOp::kFreeze && !step.after) Target(step)->frozen = true;
    }
    top_ = Inside(slots, 0, static_cast<int>(slots.size()), nests_, true);
  }

  Node* Layer(int i) { return layers_[static_cast<std::size_t>(i)]; }
  Node* Target(const Step& step) {
    if (step.target == TargetKind::kModel) return &model_;
    if (step.target == TargetKind::kNest) return nests_[static_cast<std::size_t>(step.layer)];
    return Layer(step.layer);
  }

  // What stands in slots [begin, end); the model also takes the extras at both ends.
  std::vector<Node*> Inside(const std::vector<Node*>& slots, int begin, int end,
                            const std::vector<Node*>& nests, bool whole) {
    std::vector<Node*> nodes;
    for (int slot = begin; slot <= end;) {
      if (whole || (begin < slot && slot < end)) {
        for (Node* extra : extras_) {
          if (extra->at == slot) nodes.push_back(extra);
        }
      }
      if (slot == end) break;
      Node* outer = nullptr;
      for (Node* n : nests) {
        if (n->nest->begin == slot && (outer == nullptr || n->nest->end > outer->nest->end)) {
          outer = n;
        }
      }
      if (outer == nullptr) {
        if (Node* here = slots[static_cast<std::size_t>(slot)]) nodes.push_back(here);
        ++slot;
        continue;
      }
      std::vector<Node*> inner;
      for (Node* n : nests) {
        if (n != outer && outer->nest->begin <= n->nest->begin &&
            n->nest->end <= outer->nest->end) {
          inner.push_back(n);
        }
      }
      outer->children = Inside(slots, outer->nest->begin, outer->nest->end, inner, false);
      nodes.push_back(outer);
      slot = outer->nest->end;
    }
    return nodes;
  }

  static void Leaves(const std::vector<Node*>& nodes, std::vector<Node*>& out) {
    for (Node* node : nodes) {
      if (node->nest == nullptr) out.push_back(node);
      Leaves(node->children, out);
    }
  }

  // Phase 4.
  void Instantiate() {
    std::vector<Node*> placed;
    Leaves(top_, placed);
    std::vector<Node*> order = placed;
    for (const Step& step : build_) {
      if (step.op != StepOp::kOrder) continue;
      order.clear();
      for (const int i : step.order) {
        if (std::ranges::find(placed, Layer(i)) != placed.end()) order.push_back(Layer(i));
      }
      order.insert(order.end(), extras_.begin(), extras_.end());
    }
    for (const Node* node : order) {
      Add(node->variable + " = " +
          PythonLayer(*node->spec, architecture_.dialect, node->name, node->frozen, node->own));
    }
    TakeVocabularies();
  }

  void TakeVocabularies() {
    for (const Step& step : build_) {
      if (step.op == StepOp::kVocabulary) Add(PythonVocabulary(Object(Layer(step.layer)), step));
    }
  }

  static std::string Join(const std::vector<Node*>& nodes) {
    std::vector<std::string> names;
    for (const Node* node : nodes) names.push_back(node->variable);
    return fmt::format("{}", fmt::join(names, ", "));
  }

  // tf-keras's Sequential has no argument `trainable`.
  void AddSequential(const Node& node, const std::string& layers) {
    std::vector<std::string> arguments;
    if (!layers.empty()) arguments.push_back("[" + layers + "]");
    if (!node.name.empty()) arguments.push_back("name=" + PythonText(node.name));
    if (node.frozen && Keras3()) arguments.push_back("trainable=False");
    Add(fmt::format("{} = keras.Sequential({})", node.variable, fmt::join(arguments, ", ")));
    if (node.frozen && !Keras3()) Add(node.variable + ".trainable = False");
  }

  // Phase 5: innermost first, then by begin.
  void MakeNests() {
    std::vector<Node*> order = nests_;
    std::ranges::sort(order, {}, [](const Node* n) {
      return std::pair(n->nest->end - n->nest->begin, n->nest->begin);
    });
    for (const Node* node : order) {
      const std::string layers = Join(node->children);
      if (OfOwnClass(*node->nest)) {
        AddOwn("Block", node->nest->nest == NestHow::kLayer ? "L.Layer" : "keras.Model", *node,
               node->children, *node->nest);
      } else if (node->nest->nest == NestHow::kFunctional) {
        AddFunctional(*node, InputBefore(*node), layers);
      } else {
        AddSequential(*node, node->nest->own_input ? InputBefore(*node) + ", " + layers : layers);
      }
    }
  }

  // An Input of the shape that reaches the nest.
  std::string InputBefore(const Node& nest) const {
    std::vector<Node*> inner;
    std::vector<Node*> all;
    Leaves(nest.children, inner);
    Leaves(top_, all);
    const auto first = inner.empty() ? all.begin() : std::ranges::find(all, inner.front());
    const std::string shape = PythonShape(architecture_.input_shape);
    const std::vector<Node*> before(all.begin(), first);
    if (before.empty()) return "keras.Input(" + shape + ")";
    return fmt::format(
        "keras.Input(functools.reduce(lambda s, x: tuple(x.compute_output_shape(s)), [{}], "
        "(None,) + {})[1:])",
        Join(before), shape);
  }

  static std::string Flags(const Node& node) {
    std::string flags = node.name.empty() ? "" : ", name=" + PythonText(node.name);
    if (node.frozen) flags += ", trainable=False";
    return flags;
  }

  void AddFunctional(const Node& node, const std::string& input, const std::string& layers) {
    Add("i = o = " + input);
    Add(fmt::format("for x in [{}]: o = x(o)", layers));
    Add(fmt::format("{} = keras.Model(i, o{})", node.variable, Flags(node)));
  }

  void AddOwn(const char* name, const char* base, const Node& node,
              const std::vector<Node*>& called, const Step& keeping) {
    std::vector<std::string> layers;
    for (const Node* child : called) layers.push_back(child->variable);
    const std::string flags = Flags(node);
    const std::string made =
        fmt::format("{} = {}({})", node.variable, name, flags.empty() ? "" : flags.substr(2));
    Add(fmt::format("class {}({}):", name, base));
    Add("    def call(self, x): return " + PythonCalls(layers));
    Add(made);
    for (std::string& line : PythonKeeping(node.variable, layers, keeping)) Add(std::move(line));
  }

  // Phase 6.
  void MakeModel() {
    if (!architecture_.calls.empty()) {
      for (std::string& line : PythonGraph(architecture_, build_, Flags(model_))) {
        Add(std::move(line));
      }
      return;
    }
    const std::string input = "keras.Input(" + PythonShape(architecture_.input_shape) + ")";
    const bool given = assemble_->input == InputHow::kGiven;
    switch (assemble_->how) {
      case AssembleHow::kList:
        AddSequential(model_, given ? input + ", " + Join(top_) : Join(top_));
        break;
      case AssembleHow::kAdd:
        AddSequential(model_, "");
        Add(fmt::format("for x in [{}{}]: m.add(x)", given ? input + ", " : "", Join(top_)));
        break;
      case AssembleHow::kFunctional:
        AddFunctional(model_, input, Join(top_));
        break;
      case AssembleHow::kSubclass:
        AddOwn("Net", "keras.Model", model_, top_, *assemble_);
        break;
    }
    BringInput(false);
  }

  void BringInput(bool only_if_unbuilt) {
    const std::string guard = only_if_unbuilt ? "if not m.built: " : "";
    const std::string shape = PythonShape(architecture_.input_shape);
    if (assemble_->input == InputHow::kBuild) Add(guard + "m.build((None,) + " + shape + ")");
    if (assemble_->input == InputHow::kCall) {
      Add(guard + "m(np.zeros((1,) + " + shape + ", \"float32\"))");
    }
  }

  // Where a node is reached once the objects that the script named are no longer in the model.
  std::optional<std::string> PathTo(const Node* wanted, const std::vector<Node*>& nodes,
                                    const std::string& base) const {
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const std::string here = fmt::format("kids({})[{}]", base, i);
      if (nodes[i] == wanted) return here;
      if (auto inner = PathTo(wanted, nodes[i]->children, here)) return inner;
    }
    return std::nullopt;
  }

  std::string Object(const Node* node) const {
    if (node == &model_ || !remade_) return node->variable;
    if (!architecture_.calls.empty()) return fmt::format("m.get_layer({}.name)", node->variable);
    return PathTo(node, top_, "m").value_or(node->variable);
  }

  // Phase 7.
  void Afterwards(const Step& step) {
    if ((step.op == StepOp::kFreeze && step.after) || step.op == StepOp::kUnfreeze) {
      Add(fmt::format("{}{}.trainable = {}", Object(Target(step)), PythonPart(step.part),
                      step.op == StepOp::kUnfreeze ? "True" : "False"));
    } else if (step.op == StepOp::kPop) {
      Add(fmt::format("t = kids(m)[-{}:]", step.count));
      Add("for _ in t: m.pop()");
      if (step.same_objects) {
        Add("for x in t: m.add(x)");
      } else {
        const auto count = std::min(static_cast<std::size_t>(step.count), top_.size());
        std::string again;  // a given name stays, an automatic one is drawn anew
        for (auto it = top_.end() - static_cast<std::ptrdiff_t>(count); it != top_.end(); ++it) {
          if (!again.empty()) again += ", ";
          again += (*it)->name.empty() ? "{\"name\": None}" : "{}";
        }
        Add(
            fmt::format("for x, n in zip(t, [{}]): m.add(type(x).from_config({{**x.get_config(), "
                        "**n}}))",
                        again));
        remade_ = true;
        TakeVocabularies();
      }
      BringInput(true);
    } else if (step.op == StepOp::kLora) {
      Add(fmt::format("{}.enable_lora({})", Object(Layer(step.layer)), step.count));
    } else if (step.op == StepOp::kQuantize) {
      Add("m.quantize(" + PythonText(step.class_name) + ")");
    } else if (step.op == StepOp::kCompile) {
      for (std::string& line : PythonCompile(step)) Add(std::move(line));
    } else if (step.op == StepOp::kRebuild) {
      Add(PythonRebuild(step.rebuild));
      remade_ = true;
      TakeVocabularies();  // a config does not hold them
      BringInput(true);
    }
  }

  const ArchitectureSpec& architecture_;
  const Build& build_;
  const Step* assemble_ = nullptr;
  std::vector<LayerSpec> specs_;
  std::vector<std::unique_ptr<LayerSpec>> extra_specs_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<Node*> layers_, extras_, nests_, top_;
  Node model_;
  bool remade_ = false;
  std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> PythonBuild(const ArchitectureSpec& architecture, const Build& build) {
  return Writer(architecture, build).Lines();
}

}  // namespace weightproof
