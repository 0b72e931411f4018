// An engine of a few lines, so that campaign code is tested without a loader. Case number i carries
// i as the seed of its weights; shrinking lowers that.
#pragma once

#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "harness/campaign/engine.h"

namespace weightproof {

inline Case ToyCase(std::uint64_t index) {
  Case c;
  c.architecture.input_shape = {2};
  LayerSpec dense;
  dense.class_name = "Dense";
  dense.config["units"] = std::int64_t{2};
  c.architecture.layers.push_back(std::move(dense));
  c.weights.seed = index;
  c.writer.build.push_back({});
  c.reader.build.push_back({});
  return c;
}

// `judge` says what round-trips answers for case i.
inline Engine ToyEngine(std::function<Verdict(std::uint64_t)> judge) {
  Engine engine;
  engine.testee = "toy";
  engine.testee_version = "1";
  engine.clauses = {"round-trips", "loud-or-right"};
  engine.start = []() -> Status { return {}; };
  engine.draw = [](std::uint64_t, std::uint64_t index) { return ToyCase(index); };
  engine.enumerate = [](std::uint64_t shard, std::uint64_t shards,
                        const std::function<bool(const Case&)>& visit) {
    for (std::uint64_t i = shard; i < 500; i += shards) {
      if (!visit(ToyCase(i))) return;
    }
  };
  engine.run = [judge](const Case& c, const std::string&) {
    CaseResult result;
    const Verdict verdict = judge(c.weights.seed);
    result.overall = verdict.kind;
    result.clauses = {{"round-trips", verdict}, {"loud-or-right", {}}};
    result.round_trips = 1;
    result.counterfactuals = 4;
    result.noticed = c.weights.seed % 2 == 0 ? 4 : 2;
    return result;
  };
  engine.ask = [judge](const Case& c, const std::string&, std::string_view clause) {
    return clause == "round-trips" ? judge(c.weights.seed) : (judge(c.weights.seed), Verdict{});
  };
  engine.shrinks = [](const Case& c) {
    std::vector<Case> simpler;
    const std::uint64_t seed = c.weights.seed;
    if (seed == 0) return simpler;
    simpler.push_back(ToyCase(seed / 2));
    if (seed - 1 != seed / 2) simpler.push_back(ToyCase(seed - 1));
    return simpler;
  };
  engine.features = [](const Case& c) {
    return std::vector<std::string>{"layer:Dense",
                                    c.weights.seed % 2 == 0 ? "step:even" : "step:odd"};
  };
  engine.features_due = {"layer:Dense", "step:even", "step:odd"};
  return engine;
}

inline Verdict Held() { return {VerdictKind::kHeld, Severity::kNone, "", ""}; }
inline Verdict Wrong(std::string cause) {
  return {VerdictKind::kFalsified, Severity::kSilentlyWrong, std::move(cause), "it differs"};
}

}  // namespace weightproof
