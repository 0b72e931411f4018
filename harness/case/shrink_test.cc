#include "harness/case/shrink.h"

#include <gtest/gtest.h>

#include <functional>

#include "model/spec/layer_schema.h"

namespace weightproof {
namespace {

constexpr int kStepsMax = 400;

Case Grown(std::uint64_t index) {
  SeededChoices choices(7, index);
  return Generate(choices);
}

bool HasFeature(const Case& c, const std::string& feature) {
  const auto features = Features(c);
  return std::find(features.begin(), features.end(), feature) != features.end();
}

// Takes the first candidate that `keep` accepts until there is none. Returns the steps taken.
template <class Keep>
int ShrinkFully(Case& c, Keep keep) {
  for (int steps = 0; steps <= kStepsMax; ++steps) {
    const std::vector<Case> candidates = Shrinks(c);
    const auto next = std::find_if(candidates.begin(), candidates.end(), keep);
    if (next == candidates.end()) return steps;
    c = *next;
  }
  return kStepsMax + 1;
}

TEST(Shrinks, AreValidSmallerAndOther) {
  for (std::uint64_t i = 0; i < 60; ++i) {
    const Case c = Grown(i);
    for (const Case& smaller : Shrinks(c)) {
      ASSERT_TRUE(IsValid(smaller)) << CaseToJson(smaller);
      ASSERT_LT(Measure(smaller), Measure(c));
      ASSERT_NE(smaller, c);
    }
  }
}

TEST(Shrinks, CanBeReadAgain) {
  Case c = Grown(1);
  for (const DamageOp op : {DamageOp::kZero, DamageOp::kAppend}) {
    Damage damage;
    damage.op = op;
    damage.bytes = 1;
    c.damage = {damage};
    for (const Case& smaller : Shrinks(c)) {
      const Result<Case> again = CaseFromJson(CaseToJson(smaller));
      EXPECT_TRUE(again) << again.error().Text();
    }
  }
}

TEST(Shrinks, EndAtOneSmallDenseWhenEverythingIsKept) {
  for (std::uint64_t i = 0; i < 40; ++i) {
    Case c = Grown(i);
    ASSERT_LE(ShrinkFully(c, [](const Case&) { return true; }), kStepsMax);
    EXPECT_EQ(c.architecture.layers.size(), 1u) << CaseToJson(c);
    EXPECT_EQ(c.writer.build, Build(1)) << CaseToJson(c);
    EXPECT_EQ(c.reader.build, Build(1)) << CaseToJson(c);
    EXPECT_EQ(c.writer.session, SessionSpec());
    EXPECT_TRUE(c.damage.empty());
    EXPECT_EQ(c.probe.batch, 1);
  }
}

TEST(Shrinks, KeepOneFeatureAndLoseEverythingElse) {
  for (std::uint64_t i = 0; i < 150; ++i) {
    Case c = Grown(i);
    const auto features = Features(c);
    const std::string feature = features[i % features.size()];
    const int steps = ShrinkFully(c, [&](const Case& x) { return HasFeature(x, feature); });
    ASSERT_LE(steps, kStepsMax) << feature;
    EXPECT_TRUE(HasFeature(c, feature));
    EXPECT_LE(c.architecture.layers.size(), 3u) << feature << CaseToJson(c);
    EXPECT_LE(c.writer.build.size() + c.reader.build.size(), 5u) << feature << CaseToJson(c);
  }
}

TEST(Shrinks, EndWithinBoundedStepsForRandomPredicates) {
  for (std::uint64_t i = 0; i < 60; ++i) {
    Case c = Grown(i);
    const int steps = ShrinkFully(c, [&](const Case& x) {
      return std::hash<std::string>()(CaseToJson(x, -1) + std::to_string(i)) % 4 == 0;
    });
    ASSERT_LE(steps, kStepsMax);
    ASSERT_TRUE(IsValid(c));
  }
}

TEST(Shrinks, MoveIndicesOfStepsWhenALayerGoes) {
  Build build(5);
  build[0].op = StepOp::kName;
  build[0].layer = 2;
  build[1].op = StepOp::kOrder;
  build[1].order = {2, 0, 1};
  build[2].op = StepOp::kNest;
  build[2].begin = 1;
  build[2].end = 2;
  build[3].op = StepOp::kFreeze;
  build[3].target = TargetKind::kNest;
  const Build out = WithoutLayer(build, 1);
  ASSERT_EQ(out.size(), 3u);  // the nest of layer 1 and what freezes it are gone
  EXPECT_EQ(out[0].layer, 1);
  EXPECT_EQ(out[1].order, (std::vector<int>{1, 0}));
}

TEST(Mutate, GivesValidOtherCasesAndIsAFunctionOfItsSeed) {
  for (std::uint64_t i = 0; i < 400; ++i) {
    const Case c = Grown(i % 50);
    const Case next = Mutate(c, i);
    ASSERT_TRUE(IsValid(next)) << CaseToJson(next);
    EXPECT_NE(next, c);
    EXPECT_EQ(next, Mutate(c, i));
  }
}

TEST(Mutate, ReachesFarFromThePlainestCase) {
  Case c = Grown(3);
  std::size_t most = 0;
  for (std::uint64_t i = 0; i < 300; ++i) {
    c = Mutate(c, i);
    most = std::max(most, c.architecture.layers.size());
  }
  EXPECT_GE(most, 5u);
}

// Graphs shrink to smaller graphs, and to a chain when nothing of the graph matters.
TEST(Shrinks, TakesGraphsApartToAChain) {
  Space space;
  space.steps = {"graph", "calls", "operands", "outputs", "assemble:functional", "name"};
  space.damage = false;
  for (const LayerSchema& schema : LayerSchemas()) space.layers.emplace_back(schema.class_name);
  int graphs = 0;
  for (std::uint64_t i = 0; i < 200 && graphs < 12; ++i) {
    SeededChoices choices(11, i);
    Case c = Generate(choices, space);
    if (c.architecture.calls.empty()) continue;
    ++graphs;
    for (const Case& smaller : Shrinks(c)) {
      ASSERT_TRUE(IsValid(smaller)) << CaseToJson(smaller);
      ASSERT_LT(Measure(smaller), Measure(c));
    }
    Case merged = c;
    ASSERT_LE(ShrinkFully(c, [](const Case&) { return true; }), kStepsMax);
    EXPECT_TRUE(c.architecture.calls.empty()) << CaseToJson(c);
    EXPECT_EQ(c.architecture.layers.size(), 1u) << CaseToJson(c);
    const auto has_merge = [](const Case& one) {
      return std::any_of(one.architecture.calls.begin(), one.architecture.calls.end(),
                         [](const CallSpec& call) { return call.from.size() > 1; });
    };
    if (!has_merge(merged)) continue;
    ASSERT_LE(ShrinkFully(merged, has_merge), kStepsMax);
    EXPECT_LE(merged.architecture.layers.size(), 3u) << CaseToJson(merged);
  }
  EXPECT_EQ(graphs, 12);
}

}  // namespace
}  // namespace weightproof
