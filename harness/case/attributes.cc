// How many layers the objects of a build hold, and attributes for as many.
#include <algorithm>

#include "harness/case/draw.h"

namespace weightproof {
namespace {

// Layers and nests that stand side by side in [begin, end) of the architecture, within `holder` or,
// where that is null, in the model, to which additions at both ends belong too.
int CountBetween(const Build& build, int begin, int end, const Step* holder) {
  const auto is_removed = [&](int layer) {
    return std::ranges::any_of(
        build, [&](const Step& step) { return step.op == StepOp::kRemove && step.layer == layer; });
  };
  const auto elements = [&](int from, int to, bool borders) {
    int n = 0;
    for (int i = from; i < to; ++i) n += is_removed(i) ? 0 : 1;
    for (const Step& step : build) {
      if (step.op != StepOp::kNoop && step.op != StepOp::kInsert) continue;
      n += (borders ? step.begin >= from && step.begin <= to : step.begin > from && step.begin < to)
               ? 1
               : 0;
    }
    return n;
  };
  const auto within = [&](const Step& nest) {
    return nest.op == StepOp::kNest && &nest != holder && nest.begin >= begin && nest.end <= end;
  };
  int total = elements(begin, end, holder == nullptr);
  for (const Step& nest : build) {
    if (!within(nest)) continue;
    const bool outermost = std::ranges::none_of(build, [&](const Step& other) {
      return within(other) && &other != &nest && other.begin <= nest.begin && other.end >= nest.end;
    });
    if (outermost) total -= elements(nest.begin, nest.end, false) - 1;
  }
  return total;
}

void FixKeeping(Step& step, int count) {
  auto& names = step.attributes;
  const auto wanted =
      static_cast<std::size_t>(step.keep != KeepHow::kAttributes ? 1 : std::max(0, count));
  if (names.size() > wanted) names.resize(wanted);
  for (int i = 0; names.size() < wanted; ++i) {
    std::string name = "a" + std::to_string(i);
    if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
  }
  auto& order = step.attribute_order;
  std::erase_if(order, [&](int i) { return i >= count; });
  if (order.empty()) return;
  for (int i = 0; i < count; ++i) {
    if (std::ranges::find(order, i) == order.end()) order.push_back(i);
  }
  if (std::ranges::is_sorted(order)) order.clear();
}

}  // namespace

int TopLevelCount(const ArchitectureSpec& architecture, const Build& build) {
  return CountBetween(build, 0, static_cast<int>(architecture.layers.size()), nullptr);
}

int NestedCount(const Build& build, const Step& nest) {
  return CountBetween(build, nest.begin, nest.end, &nest);
}

void FixAttributes(const ArchitectureSpec& architecture, Build& build) {
  Step* assemble = FindStep(build, StepOp::kAssemble);
  if (assemble == nullptr) return;
  const int count = TopLevelCount(architecture, build);
  if (assemble->how != AssembleHow::kSubclass) {
    assemble->attributes.clear();
    assemble->attribute_order.clear();
    assemble->keep = KeepHow::kAttributes;
  } else {
    FixKeeping(*assemble, count);
  }
  for (Step& step : build) {
    if (step.op != StepOp::kNest) continue;
    if (step.nest == NestHow::kSubclass || step.nest == NestHow::kLayer) {
      FixKeeping(step, NestedCount(build, step));
    }
  }
  for (Step& step : build) {
    if (step.op == StepOp::kPop) step.count = std::min(step.count, std::max(1, count));
  }
}

}  // namespace weightproof
