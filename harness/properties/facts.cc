#include "harness/properties/facts.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "harness/case/generate.h"
#include "harness/oracle/promises.h"

namespace weightproof {
namespace {

// The layers that have weights, or those that have none, of one model.
std::vector<const ObjectPlan*> Layers(const ObjectPlan& model, bool weighted) {
  std::vector<const ObjectPlan*> out;
  for (const ObjectPlan& layer : model.layers) {
    if (Variables(layer).empty() != weighted) out.push_back(&layer);
  }
  return out;
}

enum class Likeness { kSame, kReshaped, kRecounted, kOther };

Likeness Worse(Likeness a, Likeness b) { return std::max(a, b); }

bool SameConfig(const ObjectPlan& a, const ObjectPlan& b) { return a.config == b.config; }

Likeness CompareLists(const std::vector<const ObjectPlan*>& a,
                      const std::vector<const ObjectPlan*>& b);

Likeness Compare(const ObjectPlan& a, const ObjectPlan& b) {
  if (a.kind != b.kind || a.class_name != b.class_name || Keeping(a) != Keeping(b)) {
    return Likeness::kOther;
  }
  if (a.kind != ObjectKind::kLayer) return CompareLists(Layers(a, true), Layers(b, true));
  if (a.variables.size() != b.variables.size()) return Likeness::kRecounted;
  const auto roles = [](const VariablePlan& x, const VariablePlan& y) { return x.role == y.role; };
  const auto shapes = [](const VariablePlan& x, const VariablePlan& y) {
    return x.shape == y.shape;
  };
  if (!std::ranges::equal(a.variables, b.variables, roles)) return Likeness::kOther;
  if (!std::ranges::equal(a.variables, b.variables, shapes)) return Likeness::kReshaped;
  const auto dtypes = [](const VariablePlan& x, const VariablePlan& y) {
    return x.dtype == y.dtype;
  };
  if (!std::ranges::equal(a.variables, b.variables, dtypes)) return Likeness::kOther;
  return SameConfig(a, b) ? Likeness::kSame : Likeness::kOther;
}

Likeness CompareLists(const std::vector<const ObjectPlan*>& a,
                      const std::vector<const ObjectPlan*>& b) {
  if (a.size() != b.size()) return Likeness::kOther;
  Likeness worst = Likeness::kSame;
  for (std::size_t i = 0; i < a.size(); ++i) worst = Worse(worst, Compare(*a[i], *b[i]));
  return worst;
}

// Whether `longer` is `shorter` with some layers more.
bool Contains(const std::vector<const ObjectPlan*>& longer,
              const std::vector<const ObjectPlan*>& shorter) {
  std::size_t next = 0;
  for (const ObjectPlan* layer : longer) {
    if (next < shorter.size() && Compare(*layer, *shorter[next]) == Likeness::kSame) ++next;
  }
  return next == shorter.size();
}

std::string WeightedFact(const ObjectPlan& writer, const ObjectPlan& reader) {
  const std::vector<const ObjectPlan*> saved = Layers(writer, true);
  const std::vector<const ObjectPlan*> mine = Layers(reader, true);
  if (mine.size() > saved.size()) return Contains(mine, saved) ? "added" : "other";
  if (mine.size() < saved.size()) return Contains(saved, mine) ? "removed" : "other";
  switch (CompareLists(saved, mine)) {
    case Likeness::kSame:
      return "same";
    case Likeness::kReshaped:
      return "reshaped";
    case Likeness::kRecounted:
      return "recounted";
    case Likeness::kOther:
      break;
  }
  return "other";
}

// Those that stand between layers with weights, nested ones among them, with their places.
void ListWeightless(const ObjectPlan& model, std::vector<std::string>* out) {
  for (const ObjectPlan& layer : model.layers) {
    if (layer.class_name == "InputLayer") continue;
    if (!Variables(layer).empty()) {
      out->emplace_back(".");
      ListWeightless(layer, out);
      continue;
    }
    out->push_back(layer.class_name);
  }
}

bool SameWeightless(const ObjectPlan& writer, const ObjectPlan& reader) {
  std::vector<std::string> a, b;
  ListWeightless(writer, &a);
  ListWeightless(reader, &b);
  return a == b;
}

std::string_view ContainerWord(ObjectKind kind) {
  switch (kind) {
    case ObjectKind::kSequential:
      return "sequential";
    case ObjectKind::kFunctional:
      return "functional";
    default:
      return "subclass";
  }
}

void CollectLeaves(const ObjectPlan& object, std::vector<const ObjectPlan*>* leaves) {
  if (object.kind == ObjectKind::kLayer) {
    leaves->push_back(&object);
    return;
  }
  for (const ObjectPlan& layer : object.layers) CollectLeaves(layer, leaves);
}

// What a variable held before the load.
const Tensor* Before(const Observation& o, std::string_view id) {
  const Tensor* before = FindTensor(o.load.variables_before, id);
  return before != nullptr ? before : FindTensor(o.initial, id);
}

bool Changed(const Observation& o, std::string_view id) {
  const Tensor* before = Before(o, id);
  const Tensor* after = FindTensor(o.load.variables, id);
  return before != nullptr && after != nullptr && !(*before == *after);
}

const Step* LastCompile(const Build& build) {
  const Step* last = nullptr;
  for (const Step& step : build) {
    if (step.op == StepOp::kCompile) last = &step;
  }
  return last;
}

// Both models' variables in walk order: weighted:same, so they stand for one another.
bool LoadedRight(const Observation& o) {
  const std::vector<const VariablePlan*> saved = Variables(o.writer_plan.model);
  const std::vector<const VariablePlan*> mine = Variables(o.reader_plan.model);
  for (std::size_t i = 0; i < saved.size() && i < mine.size(); ++i) {
    const Tensor* value = FindTensor(o.saved, saved[i]->id);
    const Tensor* after = FindTensor(o.load.variables, mine[i]->id);
    if (value == nullptr || after == nullptr || !(*value == *after)) return false;
  }
  const bool compared = o.same_model && o.load.repeatable && o.control.repeatable;
  return !compared || SamePrediction(o.load.prediction, o.control.prediction);
}

}  // namespace

std::vector<std::string> Facts(const Observation& o) {
  std::vector<std::string> facts = Features(*o.c);
  const auto add = [&](std::string_view kind, std::string_view value) {
    facts.push_back(std::string(kind) + ":" + std::string(value));
  };
  add("save", OutcomeName(o.save.outcome));
  if (o.save.outcome == Outcome::kOk) add("load", OutcomeName(o.load.outcome));
  add("model", o.same_model ? "same" : "other");
  add("file", o.content_damaged ? "changed" : "as-saved");
  add("said", o.load.reports.empty() ? "nothing" : "something");
  const ObjectPlan& writer = o.writer_plan.model;
  const ObjectPlan& reader = o.reader_plan.model;
  add("container", writer.kind == reader.kind ? ContainerWord(writer.kind) : "mixed");
  const std::string weighted = WeightedFact(writer, reader);
  add("weighted", weighted);
  add("weightless", SameWeightless(writer, reader) ? "same" : "other");
  if (HasOwnContainers(o.writer_plan) || HasOwnContainers(o.reader_plan)) {
    add("own", SameNesting(o.writer_plan, o.reader_plan) ? "same" : "other");
  }
  const Step* saved = LastCompile(o.c->writer.build);
  const Step* mine = LastCompile(o.c->reader.build);
  if (saved != nullptr && mine != nullptr) {
    add("compiled", saved->class_name == mine->class_name ? "alike" : "unlike");
  }
  if (o.uncompiled_load) add("uncompiled", OutcomeName(o.uncompiled_load->outcome));
  if (weighted == "same" && !o.content_damaged && o.load.outcome == Outcome::kOk) {
    add("loaded", LoadedRight(o) ? "right" : "wrong");
  }
  return facts;
}

std::vector<std::string> HalfLoadedLayers(const Observation& o) {
  std::vector<const ObjectPlan*> leaves;
  CollectLeaves(o.reader_plan.model, &leaves);
  std::vector<std::string> half;
  for (const ObjectPlan* leaf : leaves) {
    const auto changed = std::ranges::count_if(
        leaf->variables, [&](const VariablePlan& v) { return Changed(o, v.id); });
    if (changed > 0 && changed < std::ssize(leaf->variables)) half.push_back(leaf->name);
  }
  return half;
}

std::vector<std::string> LoadedUnderAnotherName(const Observation& o) {
  std::vector<std::string> wrong;
  for (const ObjectPlan& layer : o.reader_plan.model.layers) {
    std::vector<const VariablePlan*> sources;
    for (const ObjectPlan& saved : o.writer_plan.model.layers) {
      if (saved.name == layer.name)
        std::ranges::copy(Variables(saved), std::back_inserter(sources));
    }
    const bool other = std::ranges::any_of(Variables(layer), [&](const VariablePlan* variable) {
      const Tensor* after = FindTensor(o.load.variables, variable->id);
      return after != nullptr && Changed(o, variable->id) &&
             std::ranges::none_of(sources, [&](const VariablePlan* source) {
               const Tensor* value = FindTensor(o.saved, source->id);
               return value != nullptr && *value == *after;
             });
    });
    if (other) wrong.push_back(layer.name);
  }
  return wrong;
}

}  // namespace weightproof
