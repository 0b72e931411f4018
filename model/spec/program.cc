#include "model/spec/program.h"

#include <algorithm>

#include "model/spec/plan.h"

namespace weightproof {
namespace {

class Reader {
 public:
  Reader(const ArchitectureSpec& architecture, const Build& build)
      : architecture_(architecture),
        build_(build),
        count_(static_cast<int>(architecture.layers.size())) {}

  Result<ParsedProgram> Read() {
    if (Status s = Dispatch(); !s) return std::unexpected(s.error());
    if (Status s = Names(); !s) return std::unexpected(s.error());
    Gather();
    if (Status s = Order(); !s) return std::unexpected(s.error());
    if (Status s = Nests(); !s) return std::unexpected(s.error());
    return std::move(program_);
  }

 private:
  Status BadIndex(const char* what) const {
    return BadBuild(what, "no such architecture layer", "use 0 to count - 1");
  }
  bool HasLayer(int i) const {
    return i >= 0 && i < count_ && !removed_[static_cast<std::size_t>(i)];
  }
  Slot& LayerSlot(int i) { return layers_[static_cast<std::size_t>(i)]; }

  // Phases 1 and 2, and what belongs to no other function.
  Status Dispatch() {
    removed_.assign(static_cast<std::size_t>(count_), false);
    for (int i = 0; i < count_; ++i) {
      const LayerSpec& spec = architecture_.layers[static_cast<std::size_t>(i)];
      auto slot = MakeSlot(spec, "layer " + std::to_string(i));
      if (!slot) return std::unexpected(std::move(slot).error());
      slot->layer = i;
      slot->place = 2 * i + 1;
      layers_.push_back(*std::move(slot));
    }
    for (const Step& step : build_) {
      if (Status s = Take(step); !s) return s;
    }
    for (const Step& step : build_) {
      if (step.op != StepOp::kVocabulary) continue;
      if (!HasLayer(step.layer)) return BadIndex("vocabulary");
      Status s = TakeVocabulary(step, architecture_.dialect, LayerSlot(step.layer));
      if (!s) return s;
    }
    if (program_.assemble == nullptr) {
      return BadBuild("assemble", "the program has no assemble step", "add exactly one");
    }
    return {};
  }

  Result<Slot> MakeSlot(const LayerSpec& spec, const std::string& place) {
    auto config = CompleteConfig(spec.class_name, spec.config, architecture_.dialect, place);
    if (!config) return std::unexpected(std::move(config).error());
    Slot slot;
    slot.schema = FindLayerSchema(spec.class_name);
    slot.config = *std::move(config);
    slot.name = spec.name;
    slot.name_given = !spec.name.empty() && AutomaticNameClass(spec.name) != spec.class_name;
    slot.trainable = spec.trainable;
    if (spec.class_name == "Sequential" || slot.schema->is_wrapper) slot.spec = &spec;
    if (slot.schema->takes_several && architecture_.calls.empty()) {
      return Fail(ErrorKind::kBadConfig, place, spec.class_name + " takes several tensors",
                  "put it into a functional graph");
    }
    if (slot.schema->is_cell) {
      return Fail(ErrorKind::kBadConfig, place, spec.class_name + " is no layer by itself",
                  "put it into an RNN");
    }
    return slot;
  }

  // Steps that speak of places in a chain.
  static bool OfChainsOnly(StepOp op) {
    return op == StepOp::kExchange || op == StepOp::kRemove || op == StepOp::kInsert ||
           op == StepOp::kNoop || op == StepOp::kNest || op == StepOp::kPop;
  }

  Status Take(const Step& step) {
    const bool graph = !architecture_.calls.empty();
    if (graph && OfChainsOnly(step.op)) {
      return BadBuild("graph", "a step that speaks of a chain of layers", "leave it out");
    }
    if (graph && step.op == StepOp::kAssemble && step.how != AssembleHow::kFunctional) {
      return BadBuild("assemble", "a graph is assembled as a functional model",
                      "use how functional");
    }
    switch (step.op) {
      case StepOp::kCalls:
      case StepOp::kOperands:
      case StepOp::kOutputs:
        if (!graph) return BadBuild("graph", "a chain of layers has no such order", "leave it out");
        program_.graph.push_back(&step);
        return {};
      case StepOp::kClearNames:
        program_.before.push_back(&step);
        return {};
      case StepOp::kStray:
        if (FindLayerSchema(step.class_name) == nullptr) {
          return BadBuild("stray", "no layer class \"" + step.class_name + "\"",
                          "use a class that this library has");
        }
        program_.before.push_back(&step);
        return {};
      case StepOp::kSet:
        return Set(step);
      case StepOp::kExchange:
        if (!HasLayer(step.layer) || !HasLayer(step.other)) return BadIndex("exchange");
        std::swap(LayerSlot(step.layer).place, LayerSlot(step.other).place);
        return {};
      case StepOp::kRemove:
        if (!HasLayer(step.layer)) return BadIndex("remove");
        removed_[static_cast<std::size_t>(step.layer)] = true;
        return {};
      case StepOp::kInsert:
      case StepOp::kNoop:
        return Insert(step);
      case StepOp::kAssemble:
        if (program_.assemble != nullptr) {
          return BadBuild("assemble", "two assemble steps", "keep one");
        }
        program_.assemble = &step;
        program_.model_name = step.name.empty() ? architecture_.name : step.name;
        return {};
      case StepOp::kFreeze:
        if (step.after) program_.after.push_back(&step);
        return {};
      case StepOp::kUnfreeze:
      case StepOp::kPop:
      case StepOp::kRebuild:
        program_.after.push_back(&step);
        return {};
      case StepOp::kOrder:
        if (order_ != nullptr) return BadBuild("order", "two order steps", "keep one");
        order_ = &step;
        return {};
      case StepOp::kNest: {
        Nest nest;
        nest.step = &step;
        nest.ordinal = static_cast<int>(program_.nests.size());
        nest.name = step.name;
        const bool own = step.nest == NestHow::kSubclass || step.nest == NestHow::kLayer;
        if (!own && (step.keep != KeepHow::kAttributes || !step.attributes.empty())) {
          return BadBuild("nest", "attributes of a model that is no class of a person's own",
                          "use how subclass or layer");
        }
        if (step.own_input && step.nest != NestHow::kSequential) {
          return BadBuild("nest", "own_input of what is no Sequential", "leave it out");
        }
        program_.nests.push_back(std::move(nest));
        return {};
      }
      case StepOp::kName:
      case StepOp::kVocabulary:
        return {};
      case StepOp::kCompile:
        if (step.class_name.empty() || step.key.empty()) {
          return BadBuild("compile", "no optimizer or no loss", "name both");
        }
        return {};
      case StepOp::kOwnState:
        return OwnState(step);
      case StepOp::kPolicy:
        if (!IsDTypePolicy(step.class_name)) {
          return BadBuild("policy", "no dtype policy \"" + step.class_name + "\"",
                          "use float32, float16, mixed_float16 and the like");
        }
        if (!program_.policy.empty()) return BadBuild("policy", "two policies", "keep one");
        program_.policy = step.class_name;
        return {};
      case StepOp::kLora:
        if (!HasLayer(step.layer)) return BadIndex("lora");
        program_.after.push_back(&step);
        return CheckAdaptation(step, LayerSlot(step.layer).schema->class_name,
                               architecture_.dialect);
      case StepOp::kQuantize:
        program_.after.push_back(&step);
        return CheckAdaptation(step, "", architecture_.dialect);
    }
    return {};
  }

  // Plain layers only: what a wrapper holds keeps its state itself.
  Status OwnState(const Step& step) const {
    if (!HasLayer(step.layer)) return BadIndex("own_state");
    const Slot& slot = layers_[static_cast<std::size_t>(step.layer)];
    if (slot.schema->is_wrapper || slot.spec != nullptr) {
      return BadBuild("own_state", std::string(slot.schema->class_name) + " holds other layers",
                      "take a layer that holds none");
    }
    return {};
  }

  Status Set(const Step& step) {
    if (!HasLayer(step.layer)) return BadIndex("set");
    Slot& slot = LayerSlot(step.layer);
    Config config = slot.config;
    config.insert_or_assign(step.key, step.value);
    // A pool_size that nobody gave strides to moves them along.
    const LayerSpec& spec = architecture_.layers[static_cast<std::size_t>(step.layer)];
    if (step.key == "pool_size" && !spec.config.contains("strides") &&
        !set_strides_.contains(step.layer)) {
      config.erase("strides");
    }
    if (step.key == "strides") set_strides_[step.layer] = true;
    auto complete = CompleteConfig(slot.schema->class_name, config, architecture_.dialect,
                                   "set layer " + std::to_string(step.layer));
    if (!complete) return std::unexpected(std::move(complete).error());
    slot.config = *std::move(complete);
    return {};
  }

  Status Insert(const Step& step) {
    if (step.begin < 0 || step.begin > count_) return BadIndex("at");
    LayerSpec noop;
    const LayerSpec* spec = &noop;
    if (step.op == StepOp::kInsert) {
      if (!step.spec) return BadBuild("insert", "no spec", "say which layer");
      spec = &*step.spec;
    } else {
      noop.class_name = step.class_name;
      const LayerSchema* schema = FindLayerSchema(step.class_name);
      if (schema == nullptr || !(schema->no_op || step.class_name == "Activation")) {
        return BadBuild("noop", "\"" + step.class_name + "\" computes something",
                        "use Dropout, a noise layer or Activation");
      }
    }
    auto slot = MakeSlot(*spec, "insert");
    if (!slot) return std::unexpected(std::move(slot).error());
    if (!step.name.empty()) {
      if (Status s = CheckName(step.name, architecture_.dialect); !s) return s;
      slot->name = step.name;
      slot->name_given = true;
    }
    slot->place = 2 * step.begin;
    extras_.push_back(*std::move(slot));
    return {};
  }

  // Phase 3.
  Status Names() {
    const Dialect dialect = architecture_.dialect;
    for (const Nest& nest : program_.nests) {
      if (nest.name.empty()) continue;
      if (Status s = CheckName(nest.name, dialect); !s) return s;
    }
    for (const Step& step : build_) {
      const bool has_parts = step.op == StepOp::kFreeze || step.op == StepOp::kUnfreeze;
      if (!step.part.empty() && (!has_parts || (step.op == StepOp::kFreeze && !step.after) ||
                                 step.target != TargetKind::kLayer)) {
        return BadBuild("part", "a part can only be frozen or unfrozen after assembly",
                        "leave out the part");
      }
      if (step.op != StepOp::kName && (step.op != StepOp::kFreeze || step.after)) continue;
      const bool naming = step.op == StepOp::kName;
      if (naming) {
        if (step.name.empty()) return BadBuild("name", "an empty name", "give one");
        if (Status s = CheckName(step.name, dialect); !s) return s;
      }
      switch (step.target) {
        case TargetKind::kLayer:
          if (!HasLayer(step.layer)) return BadIndex("target");
          if (naming) {
            LayerSlot(step.layer).name = step.name;
            LayerSlot(step.layer).name_given = true;
          } else {
            Slot& slot = LayerSlot(step.layer);
            if (dialect == Dialect::kKeras3 && !slot.schema->keras3_takes_trainable) {
              return BadBuild(
                  "freeze",
                  std::string(slot.schema->class_name) + " takes no trainable argument in keras3",
                  "freeze it after assembly");
            }
            slot.trainable = false;
          }
          break;
        case TargetKind::kNest: {
          const auto k = static_cast<std::size_t>(step.layer);
          if (step.layer < 0 || k >= program_.nests.size()) return BadIndex("nest");
          if (naming) {
            program_.nests[k].name = step.name;
          } else {
            program_.nests[k].trainable = false;
          }
          break;
        }
        case TargetKind::kModel:
          if (naming) {
            program_.model_name = step.name;
          } else {
            program_.model_trainable = false;
          }
          break;
      }
    }
    if (program_.model_name.empty()) return {};
    return CheckName(program_.model_name, dialect);
  }

  // All slots in the order of their places; extras before the same layer keep their list order.
  void Gather() {
    std::vector<Slot>& out = program_.slots;
    for (int i = 0; i < count_; ++i) {
      if (!removed_[static_cast<std::size_t>(i)]) out.push_back(std::move(LayerSlot(i)));
    }
    for (std::size_t i = 0; i < extras_.size(); ++i) {
      extras_[i].layer = -2 - static_cast<int>(i);
      out.push_back(std::move(extras_[i]));
    }
    std::ranges::sort(out, {}, [](const Slot& s) { return std::pair(s.place, -s.layer); });
  }

  // Phase 4.
  Status Order() {
    auto& out = program_.instantiation;
    const int slots = static_cast<int>(program_.slots.size());
    if (order_ == nullptr) {
      for (int i = 0; i < slots; ++i) out.push_back(i);
    } else {
      std::vector<int> sorted = order_->order;
      std::ranges::sort(sorted);
      bool permutation = static_cast<int>(sorted.size()) == count_;
      for (int i = 0; permutation && i < count_; ++i) {
        permutation = sorted[static_cast<std::size_t>(i)] == i;
      }
      if (!permutation) {
        return BadBuild("order", "not a permutation of the architecture's layers",
                        "list each layer once");
      }
      for (int layer : order_->order) Append(layer);
      for (int i = 0; i < static_cast<int>(extras_.size()); ++i) Append(-2 - i);
    }
    for (Slot& slot : program_.slots) slot.layer = std::max(slot.layer, -1);
    return {};
  }

  void Append(int layer) {
    for (int i = 0; i < static_cast<int>(program_.slots.size()); ++i) {
      if (program_.slots[static_cast<std::size_t>(i)].layer == layer) {
        program_.instantiation.push_back(i);
      }
    }
  }

  // Phase 5: ranges are checked and brought into the order of making.
  Status Nests() {
    for (const Nest& nest : program_.nests) {
      const Step& a = *nest.step;
      if (a.begin < 0 || a.end > count_ || a.begin >= a.end) return BadIndex("nest");
      for (const Nest& other : program_.nests) {
        const Step& b = *other.step;
        if (&a == &b) continue;
        const bool apart = a.end <= b.begin || b.end <= a.begin;
        const bool a_in_b = b.begin <= a.begin && a.end <= b.end;
        const bool b_in_a = a.begin <= b.begin && b.end <= a.end;
        if (!apart && a_in_b == b_in_a) {
          return BadBuild("nest", "ranges that cross or are equal",
                          "make them disjoint or put one inside the other");
        }
      }
    }
    std::ranges::sort(program_.nests, {}, [](const Nest& nest) {
      return std::pair(nest.step->end - nest.step->begin, nest.step->begin);
    });
    return {};
  }

  const ArchitectureSpec& architecture_;
  const Build& build_;
  int count_;
  std::vector<Slot> layers_;
  std::vector<Slot> extras_;
  std::vector<bool> removed_;
  std::map<int, bool> set_strides_;
  const Step* order_ = nullptr;
  ParsedProgram program_;
};

}  // namespace

std::unexpected<Error> BadBuild(std::string place, std::string message, std::string remedy) {
  return Fail(ErrorKind::kInvalidBuild, "build/" + std::move(place), std::move(message),
              std::move(remedy));
}

Result<ParsedProgram> ReadProgram(const ArchitectureSpec& architecture, const Build& build) {
  return Reader(architecture, build).Read();
}

}  // namespace weightproof
