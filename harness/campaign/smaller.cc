#include "harness/campaign/smaller.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <set>

#include "harness/case/generate.h"

namespace weightproof {

CaseSize SizeOf(const Case& c) {
  const auto layers = [&](const Build& build) {
    return static_cast<int>(c.architecture.layers.size()) +
           static_cast<int>(std::ranges::count(build, StepOp::kInsert, &Step::op));
  };
  return {std::max(layers(c.writer.build), layers(c.reader.build)),
          static_cast<int>(c.damage.size()),
          static_cast<int>(c.writer.build.size() + c.reader.build.size())};
}

std::string SizeText(const CaseSize& size) {
  return fmt::format("{} layers, {} edits, {} steps", size.layers, size.edits, size.steps);
}

namespace {

std::set<std::string> ClassesOf(const Case& c) {
  std::set<std::string> classes;
  for (const LayerSpec& layer : c.architecture.layers) classes.insert(layer.class_name);
  return classes;
}

// Kinds of steps of both programs; a plain list can be had of any program.
std::set<std::array<int, 4>> StepsOf(const Case& c) {
  std::set<std::array<int, 4>> steps;
  for (const Build* build : {&c.writer.build, &c.reader.build}) {
    for (const Step& step : *build) {
      steps.insert({static_cast<int>(step.op), static_cast<int>(step.how),
                    static_cast<int>(step.input), static_cast<int>(step.rebuild)});
    }
  }
  steps.insert({static_cast<int>(StepOp::kAssemble), 0, 0, 0});
  return steps;
}

bool SameRoute(const Case& a, const Case& b) {
  Route route = a.route;
  route.path = b.route.path;
  route.load_path = b.route.load_path;
  return route == b.route && a.architecture.dialect == b.architecture.dialect;
}

}  // namespace

void VisitSmallerCases(const Case& found, const Case& best,
                       const std::function<bool(const Case&)>& visit) {
  const CaseSize than = SizeOf(best);
  const std::set<std::string> classes = ClassesOf(found);
  const std::set<std::array<int, 4>> steps = StepsOf(found);
  bool go_on = true;
  const auto search = [&](int layers_max, int steps_max) {
    Enumerate(layers_max, steps_max, 0, 1, [&](const Case& c) {
      if (SizeOf(c) < than && SameRoute(c, best) && std::ranges::includes(classes, ClassesOf(c)) &&
          std::ranges::includes(steps, StepsOf(c))) {
        go_on = visit(c);
      }
      return go_on;
    });
  };
  // With as many layers and no edit to save, only a shorter program is smaller.
  const int steps_max = than.edits > 0 ? 2 : std::min(2, than.steps - 2);
  if (than.layers > 1) search(1, 2);
  if (go_on && steps_max > 0) search(std::min(2, than.layers), steps_max);
}

}  // namespace weightproof
