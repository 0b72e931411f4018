// Build programs that arrive at the same model.
#include <array>
#include <optional>
#include <tuple>
#include <utility>

#include "harness/case/draw.h"
#include "harness/case/json.h"

namespace weightproof {
namespace {

Step Make(StepOp op) {
  Step step;
  step.op = op;
  step.after = op == StepOp::kUnfreeze;
  return step;
}

int LayerCount(const Case& c) { return static_cast<int>(c.architecture.layers.size()); }

bool EmbeddingFirstInTfKeras(const Case& c) {
  return c.architecture.dialect == Dialect::kTfKeras && TakesWholeNumbers(c.architecture);
}

std::vector<Step> DrawNests(Chooser& choose, const Case& c) {
  std::vector<Step> nests;
  const int count = LayerCount(c);
  if (count == 0) return nests;
  Step outer = Make(StepOp::kNest);
  outer.begin = choose.Range(0, count - 1);
  outer.end = choose.Range(outer.begin + 1, count);
  if (outer.end - outer.begin == 1 && outer.end < count && choose.Percent(70)) ++outer.end;
  outer.own_input = choose.Percent(40);
  const int length = outer.end - outer.begin;
  if (length >= 2 && choose.Percent(40)) {
    Step inner = outer;
    if (choose.Percent(50))
      ++inner.begin;
    else
      --inner.end;
    if (inner.end - inner.begin > 1 && choose.Percent(30)) ++inner.begin;
    inner.own_input = choose.Percent(40);
    nests.push_back(inner);
  } else if (outer.end < count && choose.Percent(35)) {
    Step other = outer;
    other.begin = choose.Range(outer.end, count - 1);
    other.end = choose.Range(other.begin + 1, count);
    nests.push_back(other);
  }
  nests.push_back(outer);
  // An Embedding that starts a tf-keras Sequential without Input is built for unknown shapes.
  if (EmbeddingFirstInTfKeras(c)) {
    for (Step& nest : nests) nest.own_input |= nest.begin == 0;
  }
  return nests;
}

std::string DrawName(Chooser& choose, const Case& c) {
  if (choose.Percent(12) && LayerCount(c) > 0) {  // looks automatic
    const LayerSpec& layer = choose.Pick(std::span<const LayerSpec>(c.architecture.layers));
    return SnakeCase(layer.class_name) + "_" + std::to_string(choose.Range(1, 3));
  }
  if (choose.Percent(3)) return std::string(300, 'n');
  // Two names this long exceed one attribute's 64 KiB in fixed-length form: name lists are chunked.
  if (choose.Percent(6)) return std::string(33'000, 'w');
  if (c.architecture.dialect == Dialect::kKeras3 && choose.Percent(12)) {
    return choose.Pick<std::string>({"größe", "two words", "层", "50%", "a[0]", "vars"});
  }
  return choose.Pick<std::string>(
      {"encoder", "head", "a", "b", "backbone", "layer_10", "layer_2", "my.layer", "Dense", "out"});
}

Step NameOf(int layer, const std::string& name) {
  Step step = Make(StepOp::kName);
  step.layer = layer;
  step.name = name;
  return step;
}

void DrawNames(Chooser& choose, Case& c, std::size_t nests) {
  const std::size_t how = choose.Weighted({56, 18, 9, 8, 9});
  if (how == 0 || LayerCount(c) == 0) return;
  const int count = LayerCount(c);
  const std::vector<int> order = choose.Permutation(count);
  const int named = how == 1 && choose.Percent(50) ? count : choose.Range(how == 4 ? 2 : 1, 3);
  std::vector<Step> steps;
  for (int i = 0; i < std::min(named, count); ++i) {
    std::string name = DrawName(choose, c);
    for (const Step& step : steps) {
      if (step.name == name) name += static_cast<char>('a' + i);
    }
    steps.push_back(NameOf(order[static_cast<std::size_t>(i)], name));
  }
  if (nests > 0 && choose.Percent(30)) {
    steps.push_back(NameOf(choose.Range(0, static_cast<int>(nests) - 1), "inner"));
    steps.back().target = TargetKind::kNest;
  } else if (choose.Percent(15)) {
    steps.push_back(NameOf(0, "whole"));
    steps.back().target = TargetKind::kModel;
  }
  if (how != 3) c.writer.build.insert(c.writer.build.end(), steps.begin(), steps.end());
  if (how == 4 && steps.size() >= 2) std::swap(steps[0].name, steps[1].name);
  if (how != 2) c.reader.build.insert(c.reader.build.end(), steps.begin(), steps.end());
}

// Inside a nest more often than not: there a freeze moves what legacy H5 writes.
int DrawFrozenLayer(Chooser& choose, const Case& c, const Build& build) {
  const Step* nest = FindStep(build, StepOp::kNest);
  if (nest != nullptr && choose.Percent(60)) return choose.Range(nest->begin, nest->end - 1);
  return choose.Range(0, std::max(0, LayerCount(c) - 1));
}

void DrawFreezes(Chooser& choose, const Space& space, const Case& c, Build& build, int nests) {
  const bool freeze = Allows(space.steps, "freeze");
  const bool unfreeze = Allows(space.steps, "unfreeze");
  // One alone is most often a difference; several may freeze all of a nest.
  for (int i = choose.Percent(70) ? 1 : choose.Range(2, 3); i > 0; --i) {
    const bool off = freeze && (!unfreeze || !choose.Percent(15));
    if (!off && !unfreeze) return;
    Step step = Make(off ? StepOp::kFreeze : StepOp::kUnfreeze);
    step.after = !off || choose.Percent(60);
    const std::size_t kind = choose.Weighted({70, nests > 0 ? 25 : 0, 10});
    step.target = kind == 0   ? TargetKind::kLayer
                  : kind == 1 ? TargetKind::kNest
                              : TargetKind::kModel;
    if (kind == 0) {
      step.layer = DrawFrozenLayer(choose, c, build);
      if (step.after) step.part = DrawPart(choose, c.architecture, step.layer);
    }
    if (kind == 1) step.layer = choose.Range(0, nests - 1);
    if (kind == 2) step.after = true;
    build.push_back(step);
  }
}

bool AddRebuild(Chooser& choose, const Space& space, Build& build) {
  Step step = Make(StepOp::kRebuild);
  step.rebuild = choose.Pick({RebuildHow::kFromConfig, RebuildHow::kJson, RebuildHow::kClone});
  const bool allowed = Allows(space.steps, "rebuild:" + std::string(RebuildHowName(step.rebuild)));
  if (allowed) build.push_back(step);
  return allowed;
}

void DrawNoops(Chooser& choose, const Space& space, const Case& c, Build& build) {
  static constexpr std::array<std::string_view, 6> kClasses = {
      "Dropout",      "GaussianNoise",          "GaussianDropout",
      "AlphaDropout", "ActivityRegularization", "Activation"};
  // Whole numbers are for an Embedding.
  const int first = StartsWithLookup(c.architecture)    ? 2
                    : TakesWholeNumbers(c.architecture) ? 1
                                                        : 0;
  for (int i = choose.Range(1, 2); i > 0; --i) {
    Step step = Make(StepOp::kNoop);
    step.class_name = choose.Pick(std::span<const std::string_view>(kClasses));
    if (!Allows(space.layers, step.class_name)) continue;
    step.begin = choose.Range(first, LayerCount(c));
    if (choose.Percent(10)) step.name = "quiet" + std::to_string(i);
    build.push_back(step);
  }
}

void DrawSession(Chooser& choose, const Space& space, const Case& c, Build& build) {
  if (choose.Percent(5) && Allows(space.steps, "clear_names")) {
    build.push_back(Make(StepOp::kClearNames));
  }
  if (choose.Percent(20) && Allows(space.steps, "stray")) {
    for (int i = choose.Percent(8) ? 10 : choose.Range(1, 3); i > 0; --i) {
      Step step = Make(StepOp::kStray);
      step.class_name =
          LayerCount(c) > 0 && choose.Percent(85)
              ? choose.Pick(std::span<const LayerSpec>(c.architecture.layers)).class_name
              : "Dense";
      build.push_back(step);
    }
  }
  if (LayerCount(c) > 1 && choose.Percent(14) && Allows(space.steps, "order")) {
    Step step = Make(StepOp::kOrder);
    step.order = choose.Permutation(LayerCount(c));
    build.push_back(step);
  }
}

void DrawAfter(Chooser& choose, const Space& space, const Case& c, Build& build) {
  // By value: steps are added to the build below.
  const AssembleHow how = FindStep(build, StepOp::kAssemble)->how;
  const bool sequential = how == AssembleHow::kList || how == AssembleHow::kAdd;
  if (sequential && choose.Percent(12) && Allows(space.steps, "pop")) {
    Step step = Make(StepOp::kPop);
    step.count = choose.Range(1, std::min(3, TopLevelCount(c.architecture, build)));
    step.same_objects = choose.Percent(60);
    build.push_back(step);
  }
  if (how != AssembleHow::kSubclass && choose.Percent(18)) AddRebuild(choose, space, build);
}

}  // namespace

bool GiveReaderSameBuild(Case& c) {
  if (c.route.load_as == LoadAs::kModel) {
    FixReaderOfModel(c);
    return true;
  }
  if (FindStep(c.writer.build, StepOp::kRebuild) == nullptr) return false;
  c.reader.build = c.writer.build;
  // What the reader's optimizer is to get comes from the file.
  for (Step& step : c.reader.build) step.trained &= step.op != StepOp::kCompile;
  return true;
}

bool DrawSameBuild(Chooser& choose, const Space& space, Case& c) {
  Build& build = c.writer.build;
  if (FindStep(build, StepOp::kAssemble)->how == AssembleHow::kSubclass) return false;
  if (c.route.load_as != LoadAs::kModel && FindStep(build, StepOp::kRebuild) == nullptr &&
      !AddRebuild(choose, space, build)) {
    return false;
  }
  return GiveReaderSameBuild(c);
}

Step* FindStep(Build& build, StepOp op) {
  for (Step& step : build) {
    if (step.op == op) return &step;
  }
  return nullptr;
}

const Step* FindStep(const Build& build, StepOp op) {
  for (const Step& step : build) {
    if (step.op == op) return &step;
  }
  return nullptr;
}

Step DrawAssemble(Chooser& choose, const Space& space, const Case& c, const Build&) {
  Step step;
  if (!c.architecture.calls.empty()) {
    step.how = AssembleHow::kFunctional;
    if (choose.Percent(5)) step.name = "net";
    return step;
  }
  const auto may = [&](std::string_view how) { return Allows(space.steps, how); };
  switch (
      choose.Weighted({may("assemble:list") ? 34 : 0, may("assemble:add") ? 20 : 0,
                       may("assemble:functional") ? 26 : 0, may("assemble:subclass") ? 20 : 0})) {
    case 1:
      step.how = AssembleHow::kAdd;
      break;
    case 2:
      step.how = AssembleHow::kFunctional;
      break;
    case 3:
      step.how = AssembleHow::kSubclass;
      break;
    default:
      break;
  }
  if (step.how == AssembleHow::kSubclass) step.input = InputHow::kCall;
  const bool sequential = step.how == AssembleHow::kList || step.how == AssembleHow::kAdd;
  if (sequential && !EmbeddingFirstInTfKeras(c)) {
    const int build = Allows(space.steps, "input:build") ? 20 : 0;
    const int call = Allows(space.steps, "input:call") ? 20 : 0;
    step.input = std::array{InputHow::kGiven, InputHow::kBuild,
                            InputHow::kCall}[choose.Weighted({60, build, call})];
  }
  if (choose.Percent(5)) step.name = "net";
  return step;
}

// The first of two layers of one kind with nothing but weightless layers between them, and how far
// the two reach.
std::optional<std::pair<int, int>> DrawTwins(Chooser& choose, const Case& c) {
  const std::vector<LayerSpec>& layers = c.architecture.layers;
  std::vector<std::pair<int, int>> pairs;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (!HasWeights(layers[i].class_name)) continue;
    std::size_t j = i + 1;
    while (j < layers.size() && !HasWeights(layers[j].class_name)) ++j;
    if (j < layers.size() && layers[i] == layers[j]) {
      pairs.emplace_back(static_cast<int>(i), static_cast<int>(j) + 1);
    }
  }
  if (pairs.empty()) return std::nullopt;
  return choose.Pick(std::span<const std::pair<int, int>>(pairs));
}

// Both sides nest the twins, one side freezes the first of them: legacy H5 then writes them in
// another order than it reads them.
bool DrawFrozenTwin(Chooser& choose, const Space& space, Case& c, std::vector<Step> (&nests)[2]) {
  if (!Allows(space.steps, "nest") || !Allows(space.steps, "freeze")) return false;
  const auto twins = DrawTwins(choose, c);
  if (!twins) return false;
  Step nest = Make(StepOp::kNest);
  std::tie(nest.begin, nest.end) = *twins;
  nest.own_input = choose.Percent(40) || (EmbeddingFirstInTfKeras(c) && nest.begin == 0);
  nests[0] = nests[1] = {nest};
  Step freeze = Make(StepOp::kFreeze);
  freeze.layer = nest.begin;
  freeze.after = choose.Percent(60);
  Build& build = choose.Percent(50) ? c.writer.build : c.reader.build;
  build.push_back(freeze);
  return true;
}

void DrawBuilds(Chooser& choose, const Space& space, Case& c) {
  std::vector<Step> nests[2];
  const bool graph = !c.architecture.calls.empty();
  const bool twins = !graph && choose.Percent(6) && DrawFrozenTwin(choose, space, c, nests);
  if (!twins && !graph && Allows(space.steps, "nest") && choose.Percent(32)) {
    nests[0] = DrawNests(choose, c);
    if (choose.Percent(75)) {
      nests[1] = nests[0];
      if (choose.Percent(10)) nests[1][0].own_input ^= !EmbeddingFirstInTfKeras(c);
    } else if (choose.Percent(50)) {
      std::swap(nests[0], nests[1]);
    }
    DrawNestKinds(choose, space, nests);
  }
  if (Allows(space.steps, "name")) {
    DrawNames(choose, c, std::min(nests[0].size(), nests[1].size()));
  }
  // Bit 0: writer, bit 1: reader.
  const std::size_t frozen = twins ? 0
                             : nests[0].empty() && nests[1].empty()
                                 ? choose.Weighted({78, 9, 9, 4})
                                 : choose.Weighted({46, 24, 24, 6});
  const std::size_t noops = choose.Weighted({80, 8, 8, 4});
  for (std::size_t side = 0; side < 2; ++side) {
    Build& build = side == 0 ? c.writer.build : c.reader.build;
    DrawSession(choose, space, c, build);
    if (graph) DrawGraphSteps(choose, space, c, build);
    if (!graph && (noops >> side & 1) != 0 && Allows(space.steps, "noop"))
      DrawNoops(choose, space, c, build);
    build.insert(build.end(), nests[side].begin(), nests[side].end());
    if ((frozen >> side & 1) != 0) {
      DrawFreezes(choose, space, c, build, static_cast<int>(nests[side].size()));
    }
    build.push_back(DrawAssemble(choose, space, c, build));
    DrawKeeping(choose, space, c, build);
    DrawAfter(choose, space, c, build);
    FixAttributes(c.architecture, build);
  }
}

}  // namespace weightproof
