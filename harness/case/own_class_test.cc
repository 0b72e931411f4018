#include <gtest/gtest.h>

#include <map>
#include <set>

#include "harness/case/draw.h"
#include "harness/case/json.h"
#include "harness/case/shrink.h"
#include "harness/case/space.h"

namespace weightproof {
namespace {

Space WithOwnClasses() {
  Space space = SpellOut({});
  for (const char* step : {"nest:functional", "nest:subclass", "nest:layer", "keep:list",
                           "keep:lists", "keep:dict", "keep:set"}) {
    space.steps.emplace_back(step);
  }
  return space;
}

Case DrawnOwn(std::uint64_t index) {
  SeededChoices choices(3, index);
  return Generate(choices, WithOwnClasses());
}

// Dense, BatchNormalization, Dense in one nest.
Case Nested(NestHow how, KeepHow keep) {
  Case c;
  c.architecture.input_shape = {2};
  LayerSpec dense;
  dense.class_name = "Dense";
  dense.config["units"] = std::int64_t{2};
  LayerSpec normalization;
  normalization.class_name = "BatchNormalization";
  c.architecture.layers = {dense, normalization, dense};
  Step nest;
  nest.op = StepOp::kNest;
  nest.end = 3;
  nest.nest = how;
  nest.keep = keep;
  Step assemble;
  assemble.how = AssembleHow::kFunctional;
  c.writer.build = {nest, assemble};
  FixAttributes(c.architecture, c.writer.build);
  c.reader = c.writer;
  c.route.format = RouteFormat::kWeightsH5;
  c.route.path.text = "m.weights.h5";
  return c;
}

TEST(OwnClass, IsDrawnOnlyWhereTheSpaceNamesIt) {
  const Space space = WithOwnClasses();
  std::map<std::string, int> seen;
  for (std::uint64_t i = 0; i < 3'000; ++i) {
    const Case c = DrawnOwn(i);
    ASSERT_TRUE(IsValid(c)) << CaseToJson(c);
    const auto read = CaseFromJson(CaseToJson(c));
    ASSERT_TRUE(read) << read.error().Text();
    ASSERT_EQ(*read, c);
    for (const std::string& feature : Features(c)) ++seen[feature];
  }
  for (const std::string& feature : AllFeatures(space)) EXPECT_GE(seen[feature], 1) << feature;
  for (std::uint64_t i = 0; i < 1'000; ++i) {
    SeededChoices choices(3, i);
    for (const std::string& feature : Features(Generate(choices))) {
      EXPECT_FALSE(feature.starts_with("step:keep") || feature.starts_with("step:nest:"))
          << feature;
    }
  }
}

TEST(OwnClass, ShrinksToSmallerValidCasesAndAtLastToASequential) {
  for (std::uint64_t i = 0; i < 60; ++i) {
    Case c = DrawnOwn(i);
    for (int steps = 0;; ++steps) {
      ASSERT_LT(steps, 2'000);
      const std::vector<Case> smaller = Shrinks(c);
      for (const Case& next : smaller) {
        ASSERT_TRUE(IsValid(next)) << CaseToJson(next);
        ASSERT_LT(Measure(next), Measure(c)) << CaseToJson(next);
      }
      if (smaller.empty()) break;
      c = smaller.front();
    }
    for (const Step& step : c.writer.build) EXPECT_EQ(step.nest, NestHow::kSequential);
  }
}

TEST(OwnClass, OfBothSidesShrinksOnBothAtOnce) {
  const Case c = Nested(NestHow::kLayer, KeepHow::kDict);
  bool list = false, subclass = false;
  for (const Case& next : Shrinks(c)) {
    const Step& writer = next.writer.build.front();
    if (writer != next.reader.build.front() || writer.op != StepOp::kNest) continue;
    list |= writer.keep == KeepHow::kList && writer.nest == NestHow::kLayer;
    subclass |= writer.nest == NestHow::kSubclass && writer.keep == KeepHow::kDict;
  }
  EXPECT_TRUE(list);
  EXPECT_TRUE(subclass);
}

TEST(OwnClass, NeedsOneAttributeForAContainerAndOneForEachLayerWithoutOne) {
  Case c = Nested(NestHow::kLayer, KeepHow::kList);
  ASSERT_TRUE(IsValid(c));
  c.writer.build[0].attributes = {"a", "b"};
  EXPECT_FALSE(IsValid(c));
  c = Nested(NestHow::kSubclass, KeepHow::kAttributes);
  ASSERT_TRUE(IsValid(c));
  c.writer.build[0].attributes.pop_back();
  EXPECT_FALSE(IsValid(c));
}

TEST(OwnClass, HasNoConfigAndNoDamage) {
  Case c = Nested(NestHow::kLayer, KeepHow::kList);
  Step rebuild;
  rebuild.op = StepOp::kRebuild;
  c.reader.build.push_back(rebuild);
  EXPECT_FALSE(IsValid(c));
  c.reader = c.writer;
  Damage cut;
  cut.op = DamageOp::kCut;
  c.damage = {cut};
  EXPECT_FALSE(IsValid(c));
  c.damage.clear();
  c.route.format = RouteFormat::kLegacyH5Model;
  EXPECT_TRUE(IsValid(c));
  c.architecture.dialect = Dialect::kTfKeras;
  EXPECT_FALSE(IsValid(c));
}

TEST(OwnClass, HoldsASetOfDifferentClassesOnly) {
  EXPECT_FALSE(IsValid(Nested(NestHow::kLayer, KeepHow::kSet)));
  Case c = Nested(NestHow::kLayer, KeepHow::kSet);
  c.architecture.layers.pop_back();
  for (Side* side : {&c.writer, &c.reader}) side->build[0].end = 2;
  EXPECT_TRUE(IsValid(c));
  c.route.format = RouteFormat::kLegacyH5;
  EXPECT_FALSE(IsValid(c)) << "two with weights, listed in the set's order";
  c.architecture.dialect = Dialect::kTfKeras;
  EXPECT_TRUE(IsValid(c)) << "tf-keras does not list them";
}

}  // namespace
}  // namespace weightproof
