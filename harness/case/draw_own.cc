// Nested functional models; models and layers of a person's own class. Drawn for real loaders that
// name them.
#include <algorithm>
#include <array>

#include "harness/case/draw.h"

namespace weightproof {
namespace {

constexpr std::array<std::string_view, 5> kKeepSteps = {"", "keep:list", "keep:lists", "keep:dict",
                                                        "keep:set"};

bool HasClass(const Step& step) {
  return step.op == StepOp::kAssemble
             ? step.how == AssembleHow::kSubclass
             : step.nest == NestHow::kSubclass || step.nest == NestHow::kLayer;
}

KeepHow DrawKeep(Chooser& choose, const Space& space) {
  const auto weight = [&](std::size_t how, int w) {
    return AllowsStep(space, kKeepSteps[how]) ? w : 0;
  };
  return static_cast<KeepHow>(
      choose.Weighted({10, weight(1, 6), weight(2, 4), weight(3, 6), weight(4, 3)}));
}

void DrawNestKind(Chooser& choose, const Space& space, Step& nest) {
  const auto weight = [&](std::string_view name, int w) { return AllowsStep(space, name) ? w : 0; };
  nest.nest = static_cast<NestHow>(choose.Weighted(
      {50, weight("nest:functional", 16), weight("nest:subclass", 16), weight("nest:layer", 24)}));
  if (nest.nest != NestHow::kSequential) nest.own_input = false;
  if (HasClass(nest)) nest.keep = DrawKeep(choose, space);
}

// Names on either side of "layers", at which the libraries' walks through attributes part.
void DrawAttributes(Chooser& choose, const Case& c, const Build& build, Step& step) {
  const int count = step.op == StepOp::kAssemble ? TopLevelCount(c.architecture, build)
                                                 : NestedCount(build, step);
  const std::string letters = choose.Pick<std::string>({"abcdef", "zyxwvu", "kmlnzb", "fpaqzc"});
  const int names = step.keep == KeepHow::kAttributes ? count : 1;
  for (int i = 0; i < names; ++i) {
    step.attributes.push_back(letters[static_cast<std::size_t>(i) % letters.size()] +
                              std::to_string(i));
  }
  if (count > 1 && choose.Percent(40)) step.attribute_order = choose.Permutation(count);
}

}  // namespace

void DrawNestKinds(Chooser& choose, const Space& space, std::vector<Step> (&nests)[2]) {
  const bool any = AllowsStep(space, "nest:functional") || AllowsStep(space, "nest:subclass") ||
                   AllowsStep(space, "nest:layer");
  if (!any) return;
  for (Step& nest : nests[0]) DrawNestKind(choose, space, nest);
  const bool alike = std::ranges::equal(nests[0], nests[1], [](const Step& a, const Step& b) {
    return a.begin == b.begin && a.end == b.end;
  });
  for (std::size_t i = 0; i < nests[1].size(); ++i) {
    if (alike && choose.Percent(80)) {
      nests[1][i] = nests[0][i];
    } else {
      DrawNestKind(choose, space, nests[1][i]);
    }
  }
}

void DrawKeeping(Chooser& choose, const Space& space, const Case& c, Build& build) {
  const bool containers = std::ranges::any_of(
      kKeepSteps, [&](std::string_view name) { return !name.empty() && AllowsStep(space, name); });
  for (Step& step : build) {
    const bool made = step.op == StepOp::kNest || step.op == StepOp::kAssemble;
    if (!made || !HasClass(step)) continue;
    if (!containers) {
      DrawAttributes(choose, c, build, step);
      continue;
    }
    if (step.op == StepOp::kAssemble && choose.Percent(40)) step.keep = DrawKeep(choose, space);
    // The same class on both sides more often than not.
    const auto twin = std::ranges::find_if(c.writer.build, [&](const Step& other) {
      return other.op == step.op && other.begin == step.begin && other.end == step.end &&
             other.nest == step.nest && other.how == step.how && other.keep == step.keep;
    });
    if (&build != &c.writer.build && twin != c.writer.build.end() && choose.Percent(60)) {
      step.attributes = twin->attributes;
      if (choose.Percent(60)) step.attribute_order = twin->attribute_order;
      continue;
    }
    DrawAttributes(choose, c, build, step);
  }
}

}  // namespace weightproof
