#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "harness/case/draw.h"
#include "harness/case/json.h"
#include "harness/case/shrink.h"
#include "harness/case/space.h"

namespace weightproof {
namespace {

Space WithLookups() {
  Space space = SpellOut({});
  space.dialects = {"tf_keras"};
  space.layers.emplace_back("IntegerLookup");
  space.steps.emplace_back("vocabulary:adapt");
  space.steps.emplace_back("vocabulary:set");
  return space;
}

Case DrawnLookup(std::uint64_t index, const Space& space) {
  SeededChoices choices(5, index);
  return Generate(choices, space);
}

Case FromJson(const std::string& config, const std::string& writer, const std::string& reader,
              const std::string& embedding = R"({"input_dim": 5, "output_dim": 2})") {
  const std::string assemble = R"({"op": "assemble", "how": "list"})";
  Result<Case> c = CaseFromJson(
      R"({"schema": 1, "architecture": {"dialect": "tf_keras", "input_shape": [3], "layers": [
      {"class": "IntegerLookup", "config": )" +
      config + R"(}, {"class": "Embedding", "config": )" + embedding +
      R"(}, {"class": "Flatten"}, {"class": "Dense", "config": {"units": 2}}]},
      "writer": {"build": [)" +
      writer + assemble + R"(]}, "reader": {"build": [)" + reader + assemble +
      R"(]}, "route": {"format": "weights_h5", "path": {"text": "m.weights.h5"}}})");
  EXPECT_TRUE(c) << (c ? "" : c.error().Text());
  return c ? *c : Case{};
}

constexpr const char* kAdapt =
    R"({"op": "vocabulary", "layer": 0, "how": "adapt", "tokens": [2, 0, 3]}, )";
constexpr const char* kGiven = R"({"vocabulary": [2, 0, 3]})";

TEST(Lookup, IsDrawnWhereTheSpaceNamesItOnly) {
  std::map<std::string, int> seen;
  int differ = 0;
  for (std::uint64_t i = 0; i < 3'000; ++i) {
    const Case c = DrawnLookup(i, WithLookups());
    ASSERT_TRUE(IsValid(c)) << CaseToJson(c);
    const auto read = CaseFromJson(CaseToJson(c));
    ASSERT_TRUE(read) << read.error().Text();
    ASSERT_EQ(*read, c);
    for (const std::string& feature : Features(c)) ++seen[feature];
    if (!StartsWithLookup(c.architecture)) continue;
    const auto writer = Interpret(c.architecture, c.writer.build);
    const auto reader = Interpret(c.architecture, c.reader.build);
    ASSERT_TRUE(writer && reader);
    differ += ComputingLayers(writer->model)[0]->config != ComputingLayers(reader->model)[0]->config
                  ? 1
                  : 0;
    if (i % 10 != 0) continue;
    for (const Case& smaller : Shrinks(c)) ASSERT_TRUE(IsValid(smaller)) << CaseToJson(smaller);
  }
  EXPECT_GE(seen["layer:IntegerLookup"], 100);
  EXPECT_GE(seen["step:vocabulary:adapt"], 20);
  EXPECT_GE(seen["step:vocabulary:set"], 40);
  EXPECT_GE(differ, 5);
  const std::vector<std::string> all = AllFeatures(WithLookups());
  for (const auto& [feature, count] : seen) {
    EXPECT_TRUE(std::ranges::find(all, feature) != all.end()) << feature;
  }
  for (std::uint64_t i = 0; i < 500; ++i) {
    const Space space = SpellOut({});
    const Case c = DrawnLookup(i, space);
    EXPECT_FALSE(StartsWithLookup(c.architecture));
    EXPECT_EQ(FindStep(c.writer.build, StepOp::kVocabulary), nullptr);
  }
}

TEST(Lookup, WithoutStepsForItHasTheVocabularyOfItsConstructor) {
  Space space = WithLookups();
  std::erase_if(space.steps,
                [](const std::string& step) { return step.starts_with("vocabulary"); });
  int lookups = 0;
  for (std::uint64_t i = 0; i < 500; ++i) {
    const Case c = DrawnLookup(i, space);
    lookups += StartsWithLookup(c.architecture) ? 1 : 0;
    EXPECT_EQ(FindStep(c.writer.build, StepOp::kVocabulary), nullptr);
    EXPECT_EQ(FindStep(c.reader.build, StepOp::kVocabulary), nullptr);
  }
  EXPECT_GE(lookups, 10);
}

TEST(Lookup, StandsBeforeAnEmbeddingThatHasARowForEachResult) {
  EXPECT_TRUE(IsValid(FromJson(kGiven, "", "")));
  EXPECT_TRUE(IsValid(FromJson("{}", kAdapt, kAdapt)));
  EXPECT_FALSE(IsValid(FromJson("{}", kAdapt, "")));  // the reader has no vocabulary
  EXPECT_FALSE(IsValid(FromJson(kGiven, kAdapt, kAdapt)));
  EXPECT_FALSE(IsValid(FromJson(kGiven, "", "", R"({"input_dim": 3, "output_dim": 2})")));
  EXPECT_FALSE(IsValid(FromJson(R"({"vocabulary": [2, 2]})", "", "")));
  EXPECT_FALSE(IsValid(FromJson(R"({"vocabulary": [2, 0], "mask_token": 0})", "", "")));
  EXPECT_FALSE(IsValid(FromJson(kGiven, R"({"op": "noop", "at": 1, "class": "Dropout"}, )", "")));
  EXPECT_TRUE(IsValid(FromJson(kGiven, R"({"op": "noop", "at": 2, "class": "Dropout"}, )", "")));
  EXPECT_FALSE(IsValid(FromJson(kGiven, R"({"op": "exchange", "layer": 0, "other": 2}, )", "")));
  EXPECT_TRUE(IsValid(FromJson(kGiven, "", R"({"op": "remove", "layer": 0}, )")));
}

TEST(Lookup, RefusesAStepThatSaysNothingSensible) {
  for (const char* step : {R"({"op": "vocabulary", "layer": 0, "how": "learn", "tokens": [1]})",
                           R"({"op": "vocabulary", "layer": 0, "how": "set"})",
                           R"({"op": "vocabulary", "layer": 0, "how": "set", "tokens": [-1]})",
                           R"({"op": "vocabulary", "how": "set", "tokens": [1]})"}) {
    const auto build = BuildFromJson(nlohmann::json::parse(std::string("[") + step + "]"), "b");
    ASSERT_FALSE(build) << step;
    EXPECT_EQ(build.error().kind, ErrorKind::kBadJson);
  }
}

// Halves of what `interesting` needs go away, the rest stays.
template <class Interesting>
Case Smallest(Case c, Interesting interesting) {
  for (bool again = true; again;) {
    again = false;
    for (Case& smaller : Shrinks(c)) {
      if (!interesting(smaller)) continue;
      c = std::move(smaller);
      again = true;
      break;
    }
  }
  return c;
}

TEST(Lookup, ShrinksBothSidesVocabulariesTogether) {
  const auto kept = [](const Case& c) {
    const Step* writer = FindStep(c.writer.build, StepOp::kVocabulary);
    const Step* reader = FindStep(c.reader.build, StepOp::kVocabulary);
    return writer != nullptr && reader != nullptr && writer->value == reader->value;
  };
  const Case small = Smallest(FromJson("{}", kAdapt, kAdapt), kept);
  EXPECT_EQ(small.architecture.layers.size(), 2u) << CaseToJson(small);
  EXPECT_EQ(std::get<std::vector<std::int64_t>>(small.writer.build[0].value).size(), 1u);
  EXPECT_EQ(small.writer.build[0].key, "set");
}

TEST(Lookup, ShrinksToAVocabularyThatTheConstructorIsGiven) {
  const Case small = Smallest(FromJson("{}", kAdapt, kAdapt),
                              [](const Case& c) { return StartsWithLookup(c.architecture); });
  EXPECT_EQ(FindStep(small.writer.build, StepOp::kVocabulary), nullptr) << CaseToJson(small);
  EXPECT_TRUE(small.architecture.layers[0].config.contains("vocabulary"));
}

TEST(Lookup, TakesItsStepsAlongWhenALayerGoes) {
  const Case c = FromJson("{}", kAdapt, kAdapt);
  EXPECT_EQ(FindStep(WithoutLayer(c.writer.build, 0), StepOp::kVocabulary), nullptr);
  EXPECT_EQ(FindStep(WithoutLayer(c.writer.build, 2), StepOp::kVocabulary)->layer, 0);
}

}  // namespace
}  // namespace weightproof
