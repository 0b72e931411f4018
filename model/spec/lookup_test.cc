#include <gtest/gtest.h>

#include "model/spec/plan.h"

namespace weightproof {
namespace {

using Tokens = std::vector<std::int64_t>;

ArchitectureSpec LookupAndEmbedding(ConfigValue vocabulary) {
  ArchitectureSpec architecture;
  architecture.dialect = Dialect::kTfKeras;
  architecture.input_shape = {3};
  LayerSpec lookup;
  lookup.class_name = "IntegerLookup";
  lookup.config["vocabulary"] = std::move(vocabulary);
  LayerSpec embedding;
  embedding.class_name = "Embedding";
  embedding.config["input_dim"] = std::int64_t{4};
  embedding.config["output_dim"] = std::int64_t{2};
  architecture.layers = {lookup, embedding};
  return architecture;
}

Build Taking(const char* how, Tokens tokens, int layer = 0) {
  Step step;
  step.op = StepOp::kVocabulary;
  step.layer = layer;
  step.key = how;
  step.value = std::move(tokens);
  return {step, Step{}};
}

std::string Form(const ArchitectureSpec& architecture, const Build& build) {
  const auto plan = Interpret(architecture, build);
  EXPECT_TRUE(plan) << plan.error().Text();
  return plan ? NormalForm(*plan) : "";
}

TEST(Lookup, HasNoVariablesAndKeepsTheShape) {
  const auto plan = PlanSequential(LookupAndEmbedding(Tokens{5, 7}));
  ASSERT_TRUE(plan) << plan.error().Text();
  const auto variables = Variables(plan->model);
  ASSERT_EQ(variables.size(), 1u);
  EXPECT_EQ(variables[0]->id, "1/embeddings");
  EXPECT_EQ(plan->model.layers[0].output_shape, (Shape{3}));
}

TEST(Lookup, IsTheSameModelHoweverItCameByItsVocabulary) {
  const std::string given = Form(LookupAndEmbedding(Tokens{5, 7}), {Step{}});
  const ArchitectureSpec bare = LookupAndEmbedding({});
  EXPECT_EQ(given, Form(bare, Taking("adapt", {5, 7})));
  EXPECT_EQ(given, Form(bare, Taking("set", {5, 7})));
  EXPECT_EQ(given, Form(LookupAndEmbedding(Tokens{7, 5}), Taking("set", {5, 7})));
  EXPECT_NE(given, Form(bare, Taking("adapt", {7, 5})));
  EXPECT_NE(given, Form(LookupAndEmbedding(Tokens{5, 7}), Taking("set", {5})));
}

TEST(Lookup, TakesOneInAfterItsConfigIsSet) {
  Build build = Taking("set", {5, 7});
  Step set;
  set.op = StepOp::kSet;
  set.key = "vocabulary";
  set.value = Tokens{7, 5};
  build.push_back(set);
  EXPECT_EQ(Form(LookupAndEmbedding({}), build),
            Form(LookupAndEmbedding({}), Taking("set", {5, 7})));
}

TEST(Lookup, KeepsWhatItTookInThroughARebuild) {
  Build build = Taking("adapt", {5, 7});
  Step rebuild;
  rebuild.op = StepOp::kRebuild;
  build.push_back(rebuild);
  EXPECT_EQ(Form(LookupAndEmbedding({}), build),
            Form(LookupAndEmbedding({}), Taking("adapt", {5, 7})));
}

TEST(Lookup, RefusesAVocabularyThatTheLayerCannotTakeIn) {
  const ArchitectureSpec given = LookupAndEmbedding(Tokens{5, 7});
  const ArchitectureSpec bare = LookupAndEmbedding({});
  EXPECT_FALSE(Interpret(given, Taking("adapt", {5, 7})));
  EXPECT_FALSE(Interpret(bare, Taking("learn", {5, 7})));
  EXPECT_FALSE(Interpret(bare, Taking("set", {5, 7}, 1)));
  EXPECT_FALSE(Interpret(bare, Taking("set", {5, 7}, 2)));
  EXPECT_FALSE(Interpret(bare, Taking("set", {})));
  EXPECT_FALSE(Interpret(bare, Taking("set", {-3})));
}

}  // namespace
}  // namespace weightproof
