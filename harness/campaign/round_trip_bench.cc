// Round trips a second and core, by format: save to a real file, load it through the reader's
// build, compare variables and predictions with the control arm. 200 random cases that end as held,
// without damage and without sessions of their own; on the memory file system if there is one.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>
#include <vector>

#include "harness/campaign/forked.h"
#include "harness/case/generate.h"
#include "harness/properties/run_case.h"
#include "model/spec/plan.h"

namespace weightproof {
namespace {

constexpr std::size_t kCases = 200;
constexpr std::string_view kClause = "round-trips";

// Layers that have variables, at every depth.
int WeightedLayers(const ObjectPlan& model) {
  return static_cast<int>(std::ranges::count_if(
      ComputingLayers(model), [](const ObjectPlan* layer) { return !Variables(*layer).empty(); }));
}

struct Sample {
  std::vector<Case> cases;
  double layers = 0;  // with weights, mean
};

Sample Draw(const std::string& format, Testee& testee, const std::string& scratch) {
  Space space = testee.Describe().space;
  space.formats = {format};
  space.sessions = space.damage = false;
  Sample sample;
  sample.cases.reserve(kCases);
  for (std::uint64_t index = 0; sample.cases.size() < kCases; ++index) {
    SeededChoices choices(1, index);
    Case c = Generate(choices, space);
    if (RunClause(c, testee, testee, scratch, kClause).kind != VerdictKind::kHeld) continue;
    sample.layers += WeightedLayers(Interpret(c.architecture, c.writer.build)->model);
    sample.cases.push_back(std::move(c));
  }
  sample.layers /= kCases;
  return sample;
}

void RoundTrips(benchmark::State& state, const std::string& format) {
  const Scratch scratch;
  const Result<std::unique_ptr<Testee>> testee = MakeTestee("builtin");
  if (!testee || scratch.path().empty()) return state.SkipWithError("no testee or no folder");
  const Sample sample = Draw(format, **testee, scratch.path());
  for (auto _ : state) {
    for (const Case& c : sample.cases) {
      const Verdict verdict = RunClause(c, **testee, **testee, scratch.path(), kClause);
      if (verdict.kind != VerdictKind::kHeld) return state.SkipWithError("a case that had held");
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kCases));
  state.counters["weighted_layers"] = sample.layers;
  state.SetLabel(scratch.in_memory() ? "in memory" : "on disk");
}

BENCHMARK_CAPTURE(RoundTrips, legacy_h5, "legacy_h5")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(RoundTrips, legacy_h5_model, "legacy_h5_model")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(RoundTrips, weights_h5, "weights_h5")->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weightproof

BENCHMARK_MAIN();
