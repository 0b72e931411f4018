#include <set>

#include "harness/case/draw.h"
#include "harness/case/file_names.h"

namespace weightproof {
namespace {

// Float probes are no indices: an Embedding computes first, or after a lookup layer, or not at all.
bool EmbeddingOnlyFirst(const ModelPlan& plan) {
  if (!LookupFits(plan)) return false;
  const auto layers = ComputingLayers(plan.model);
  const bool lookup = !layers.empty() && layers.front()->class_name == "IntegerLookup";
  for (std::size_t i = lookup ? 2 : 1; i < layers.size(); ++i) {
    if (layers[i]->class_name == "Embedding") return false;
  }
  return !layers.empty();
}

// Automatic names depend on the session, so a given name that looks automatic may clash in one.
bool HasAutomaticLookingName(const Build& build) {
  return std::any_of(build.begin(), build.end(), [](const Step& step) {
    return !step.name.empty() && step.op != StepOp::kStray &&
           !AutomaticNameClass(step.name).empty();
  });
}

bool Play(const ArchitectureSpec& architecture, const Side& side, NameCounters& counters) {
  for (int i = 0; i < side.session.models_before + 1 + (side.session.load_twice ? 1 : 0); ++i) {
    const auto plan = Interpret(architecture, side.build, counters);
    if (!plan) return false;
    counters = plan->counters_after;
  }
  return true;
}

bool IsModelRoute(RouteFormat format) {
  return format == RouteFormat::kLegacyH5Model || format == RouteFormat::kKerasArchive;
}

bool HasOwnClass(const Build& build) {
  return std::ranges::any_of(build, [](const Step& step) {
    return (step.op == StepOp::kAssemble && step.how == AssembleHow::kSubclass) ||
           (step.op == StepOp::kNest &&
            (step.nest == NestHow::kSubclass || step.nest == NestHow::kLayer));
  });
}

// A set gives what it holds in an order that changes from run to run, which must not show: all of
// different classes, and in Keras 3's legacy files at most one of them with weights.
bool SetsAreSettled(const ObjectPlan& object, RouteFormat format) {
  if (object.keep == KeepHow::kSet) {
    std::set<std::string_view> classes;
    std::ptrdiff_t weighted = 0;
    for (const ObjectPlan& layer : object.layers) {
      if (!classes.insert(layer.class_name).second) return false;
      weighted += Variables(layer).empty() ? 0 : 1;
    }
    const bool by_order = format == RouteFormat::kLegacyH5 || format == RouteFormat::kLegacyH5Model;
    if (by_order && object.dialect == Dialect::kKeras3 && weighted > 1) return false;
  }
  return std::ranges::all_of(
      object.layers, [&](const ObjectPlan& layer) { return SetsAreSettled(layer, format); });
}

bool TravelsInShards(const Case& c) {
  const Route& route = c.route;
  const PathSpec& path = route.path;
  const bool setup = path.setup == PathSetup::kNone || path.setup == PathSetup::kExistingCheckpoint;
  return route.format == RouteFormat::kWeightsH5 && c.damage.empty() && !route.load_path && setup &&
         !path.relative && !route.by_name && !route.partial &&
         c.architecture.dialect == Dialect::kKeras3 &&
         (path.text.ends_with(kShardedSuffix) || path.text.ends_with(".weights.h5"));
}

// What is aimed at a loader's safety stands alone, in a file that has such a part.
bool HostileFits(const Case& c) {
  const auto of = [](DamageOp op) { return IsHostile(op); };
  if (std::ranges::none_of(c.damage, of, &Damage::op)) return true;
  if (!IsHostile(c) || c.route.sharded) return false;
  const DamageOp op = c.damage.front().op;
  const bool archive = c.route.format == RouteFormat::kKerasArchive;
  if (op == DamageOp::kBomb || op == DamageOp::kTraversal) return archive;
  // A config is read where the model is made from it.
  if (op != DamageOp::kConfig) return true;
  return c.route.load_as == LoadAs::kModel && (archive || c.damage.front().how != "loss");
}

// What the weights of layers were made into stands alone: beside an optimizer, a policy or state of
// a layer's own its weights are others, and damage would have to know the whole numbers.
bool AdaptationStandsAlone(const Case& c) {
  const auto has = [&c](std::initializer_list<StepOp> ops) {
    return std::ranges::any_of(ops, [&](StepOp op) {
      return FindStep(c.writer.build, op) != nullptr || FindStep(c.reader.build, op) != nullptr;
    });
  };
  if (!has({StepOp::kLora, StepOp::kQuantize})) return true;
  return c.damage.empty() && !has({StepOp::kCompile, StepOp::kOwnState, StepOp::kPolicy});
}

}  // namespace

bool IsValidBuild(const ArchitectureSpec& architecture, const Build& build) {
  const auto plan = Interpret(architecture, build);
  return plan && EmbeddingOnlyFirst(*plan);
}

void FixReaderOfModel(Case& c) {
  if (c.route.load_as != LoadAs::kModel) return;
  c.reader.build = c.writer.build;
  Step rebuild;
  rebuild.op = StepOp::kRebuild;
  c.reader.build.push_back(rebuild);
}

bool IsValid(const Case& c) {
  if (c.probe.batch < 1 || c.architecture.layers.empty()) return false;
  if (c.route.sharded && !TravelsInShards(c)) return false;
  if (c.route.load_as == LoadAs::kModel) {
    const Step* assemble = FindStep(c.writer.build, StepOp::kAssemble);
    if (!IsModelRoute(c.route.format) || c.route.by_name || assemble == nullptr ||
        HasOwnClass(c.writer.build)) {
      return false;
    }
    Case fixed = c;
    FixReaderOfModel(fixed);
    if (fixed.reader.build != c.reader.build) return false;
  }
  // tf-keras writes nothing of a person's own class as a whole.
  if (IsModelRoute(c.route.format) && c.architecture.dialect == Dialect::kTfKeras &&
      HasOwnClass(c.writer.build)) {
    return false;
  }
  const auto writer = Interpret(c.architecture, c.writer.build);
  if (!writer || !EmbeddingOnlyFirst(*writer)) return false;
  // An archive is not one HDF5 file.
  if (c.route.format == RouteFormat::kKerasArchive && !c.damage.empty() && !IsHostile(c)) {
    return false;
  }
  // Where the libraries keep what stands in such containers differs by their versions.
  if (!c.damage.empty() && HasOwnContainers(*writer)) return false;
  if (!HostileFits(c) || !AdaptationStandsAlone(c)) return false;
  if (!c.damage.empty() && !DamageApplies(c.damage, NamesInFile(*writer, c.route.format))) {
    return false;
  }
  if (!SetsAreSettled(writer->model, c.route.format)) return false;
  if (c.reader.build != c.writer.build) {
    const auto reader = Interpret(c.architecture, c.reader.build);
    if (!reader || !EmbeddingOnlyFirst(*reader)) return false;
    if (!SetsAreSettled(reader->model, c.route.format)) return false;
  }
  if (!HasAutomaticLookingName(c.writer.build) && !HasAutomaticLookingName(c.reader.build)) {
    return true;
  }
  NameCounters counters;
  if (!Play(c.architecture, c.writer, counters)) return false;
  if (c.reader.session.fresh) counters.clear();
  return Play(c.architecture, c.reader, counters);
}

}  // namespace weightproof
