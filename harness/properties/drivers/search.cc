#include "harness/properties/drivers/search.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <set>

#include "harness/campaign/forked.h"
#include "harness/campaign/shrink.h"
#include "harness/case/generate.h"
#include "harness/properties/run_case.h"

namespace weightproof {

Verdict Ask(const std::string& testee, const Case& c, std::string_view clause) {
  static const Scratch scratch;
  const Result<std::unique_ptr<Testee>> made = MakeTestee(testee);
  if (!made) return {VerdictKind::kHarnessError, Severity::kNone, "", made.error().Text()};
  return RunClause(c, **made, **made, scratch.path(), clause);
}

std::optional<Caught> FirstCaught(const std::string& testee, std::string_view clause,
                                  std::uint64_t seed, std::uint64_t cases_max) {
  const Result<std::unique_ptr<Testee>> made = MakeTestee(testee);
  if (!made) return std::nullopt;
  for (std::uint64_t index = 0; index < cases_max; ++index) {
    SeededChoices choices(seed, index);
    Case c = Generate(choices, (*made)->Describe().space);
    Verdict verdict = Ask(testee, c, clause);
    if (verdict.kind != VerdictKind::kFalsified) continue;
    if (Ask("builtin", c, clause).kind == VerdictKind::kFalsified) continue;
    return Caught{std::move(c), std::move(verdict), index + 1};
  }
  return std::nullopt;
}

Shrunk ShrinkHere(const std::string& testee, std::string_view clause, const Case& c,
                  const Verdict& wanted) {
  Shrunk result{c};
  for (bool smaller = true; smaller;) {
    smaller = false;
    for (Case& candidate : Shrinks(result.best)) {
      ++result.tried;
      if (!SameReason(Ask(testee, candidate, clause), wanted)) continue;
      result.best = std::move(candidate);
      smaller = true;
      break;
    }
  }
  return result;
}

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

std::optional<Case> SmallerCase(const std::string& testee, std::string_view clause,
                                const Case& found, const Case& best, const Verdict& wanted) {
  const CaseSize than = SizeOf(best);
  const std::set<std::string> classes = ClassesOf(found);
  const std::set<std::array<int, 4>> steps = StepsOf(found);
  std::optional<Case> smaller;
  const auto search = [&](int layers_max, int steps_max) {
    Enumerate(layers_max, steps_max, 0, 1, [&](const Case& c) {
      if (SizeOf(c) < than && SameRoute(c, best) && std::ranges::includes(classes, ClassesOf(c)) &&
          std::ranges::includes(steps, StepsOf(c)) && SameReason(Ask(testee, c, clause), wanted)) {
        smaller = c;
      }
      return !smaller;
    });
  };
  // With as many layers and no edit to save, only a shorter program is smaller.
  const int steps_max = than.edits > 0 ? 2 : std::min(2, than.steps - 2);
  if (than.layers > 1) search(1, 2);
  if (!smaller && steps_max > 0) search(std::min(2, than.layers), steps_max);
  return smaller;
}

}  // namespace weightproof
