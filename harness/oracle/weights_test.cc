#include "harness/oracle/weights.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace weightproof {
namespace {

ModelPlan DenseAndNormalization() {
  ArchitectureSpec architecture;
  architecture.input_shape = {5};
  LayerSpec dense;
  dense.class_name = "Dense";
  dense.config["units"] = std::int64_t{4};
  LayerSpec normalization;
  normalization.class_name = "BatchNormalization";
  architecture.layers = {dense, normalization, dense};
  return *PlanSequential(architecture);
}

// Computed by a program in another language from the description in the header.
TEST(WeightHash, GivesThePublishedTestVectors) {
  EXPECT_EQ(WeightHash(0, "", 0), 0xc3817c016ba4ff30u);
  EXPECT_EQ(WeightHash(1, "0/kernel", 0), 0x406ccf4f0dedceb2u);
  EXPECT_EQ(WeightHash(1, "0/kernel", 1), 0x652dde2a7899b3a6u);
  EXPECT_EQ(WeightHash(2, "0/kernel", 0), 0x3142e8e901842cf0u);
  EXPECT_EQ(WeightHash(1, "1/bias", 7), 0x1ac4c8ce4a952f36u);
}

TEST(MakeWeights, GivesTheValuesThatTheHeaderDescribes) {
  const std::vector<NamedTensor> weights = MakeWeights(DenseAndNormalization(), {});
  ASSERT_EQ(weights[0].id, "0/kernel");
  const auto kernel = weights[0].tensor.values<float>();  // fan-in 5: scale 1/2
  EXPECT_FLOAT_EQ(kernel[0], 0.5016603469848633f / 2);
  EXPECT_FLOAT_EQ(kernel[1], 0.6452311873435974f / 2);
  EXPECT_FLOAT_EQ(kernel[3], -0.6406459808349609f / 2);
}

TEST(MakeWeights, NeverRepeatsATensorAcrossVariablesOrSeeds) {
  const ModelPlan plan = DenseAndNormalization();
  std::set<std::string> seen;
  std::size_t count = 0;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    for (const NamedTensor& weight : MakeWeights(plan, {seed, Profile::kPlain})) {
      const auto bytes = weight.tensor.bytes();
      seen.emplace(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      ++count;
    }
  }
  EXPECT_EQ(seen.size(), count);
}

TEST(MakeWeights, HasNoZeroAndOnlyPositiveVariances) {
  for (const NamedTensor& weight : MakeWeights(DenseAndNormalization(), {})) {
    for (const float value : weight.tensor.values<float>()) {
      EXPECT_NE(value, 0.0f) << weight.id;
      EXPECT_TRUE(value > 0 || !weight.id.ends_with("moving_variance"));
    }
  }
}

TEST(MakeWeights, PutsTheProfilesValuesEverywhereButInVariances) {
  const auto count = [](Profile profile, bool (*special)(float)) {
    int found = 0;
    for (const NamedTensor& weight : MakeWeights(DenseAndNormalization(), {3, profile})) {
      for (const float value : weight.tensor.values<float>()) {
        if (!special(value)) continue;
        ++found;
        EXPECT_FALSE(weight.id.ends_with("moving_variance"));
      }
    }
    return found;
  };
  EXPECT_GT(count(Profile::kNan, [](float v) { return std::isnan(v); }), 3);
  EXPECT_GT(count(Profile::kInf, [](float v) { return std::isinf(v); }), 3);
  EXPECT_GT(count(Profile::kNegativeZero, [](float v) { return v == 0 && std::signbit(v); }), 3);
  EXPECT_GT(count(Profile::kHuge, [](float v) { return std::abs(v) == 1e30f; }), 3);
  EXPECT_GT(count(Profile::kDenormal, [](float v) { return std::fpclassify(v) == FP_SUBNORMAL; }),
            3);
  EXPECT_EQ(count(Profile::kPlain, [](float v) { return !std::isnormal(v); }), 0);
}

TEST(MakeInputs, AreWholeNumbersInsideTheTableForAnEmbedding) {
  ArchitectureSpec architecture;
  architecture.input_shape = {6};
  LayerSpec embedding;
  embedding.class_name = "Embedding";
  embedding.config["input_dim"] = std::int64_t{3};
  embedding.config["output_dim"] = std::int64_t{2};
  architecture.layers = {embedding};
  const Tensor inputs = MakeInputs(*PlanSequential(architecture), {1, 4});
  EXPECT_EQ(inputs.shape(), (Shape{4, 6}));
  std::set<float> seen;
  for (const float value : inputs.values<float>()) seen.insert(value);
  EXPECT_EQ(seen, (std::set<float>{0, 1, 2}));
}

TEST(MakeInputs, AskALookupLayerForEveryTokenAndOneThatItDoesNotHave) {
  ArchitectureSpec architecture;
  architecture.dialect = Dialect::kTfKeras;
  architecture.input_shape = {6};
  LayerSpec lookup;
  lookup.class_name = "IntegerLookup";
  lookup.config["vocabulary"] = std::vector<std::int64_t>{12, 3};
  LayerSpec embedding;
  embedding.class_name = "Embedding";
  embedding.config["input_dim"] = std::int64_t{3};
  embedding.config["output_dim"] = std::int64_t{2};
  architecture.layers = {lookup, embedding};
  const Tensor inputs = MakeInputs(*PlanSequential(architecture), {1, 4});
  std::set<float> seen;
  for (const float value : inputs.values<float>()) seen.insert(value);
  EXPECT_EQ(seen, (std::set<float>{3, 12, 13}));
}

TEST(MakeInputs, LieBetweenMinusOneAndOneWithBothSigns) {
  const Tensor inputs = MakeInputs(DenseAndNormalization(), {7, 5});
  int negative = 0;
  for (const float value : inputs.values<float>()) {
    EXPECT_LT(std::abs(value), 1.0f);
    EXPECT_NE(value, 0.0f);
    negative += value < 0 ? 1 : 0;
  }
  EXPECT_GT(negative, 0);
  EXPECT_LT(negative, inputs.size());
}

}  // namespace
}  // namespace weightproof
