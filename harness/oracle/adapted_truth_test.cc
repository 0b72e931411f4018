// What files hold of layers with a low-rank adaptation and of quantized ones.
#include <gtest/gtest.h>

#include <algorithm>

#include "harness/oracle/promises.h"
#include "harness/oracle/written_for_test.h"

namespace weightproof {
namespace {

ArchitectureSpec OneDense() {
  ArchitectureSpec architecture;
  architecture.input_shape = {3};
  LayerSpec dense;
  dense.class_name = "Dense";
  dense.config["units"] = std::int64_t{2};
  architecture.layers = {dense};
  return architecture;
}

Build With(StepOp op, int rank = 2) {
  Step step;
  step.op = op;
  step.class_name = "int8";
  step.count = rank;
  return {Step{}, step};
}

const Tensor& Of(const std::vector<NamedTensor>& tensors, const char* id) {
  return std::ranges::find(tensors, id, &NamedTensor::id)->tensor;
}

TEST(MergeLora, AddsTheProductOfTheFactorsAndLeavesTheReaderNone) {
  const ModelPlan adapted = *Interpret(OneDense(), With(StepOp::kLora));
  const ModelPlan plain = *Interpret(OneDense(), {Step{}});
  const std::vector<NamedTensor> saved = MakeWeights(adapted, {});
  const auto kernel = Of(saved, "0/kernel").values<float>();
  const auto a = Of(saved, "0/lora_kernel_a").values<float>();
  const auto b = Of(saved, "0/lora_kernel_b").values<float>();
  const std::vector<NamedTensor> merged = MergeLora(adapted, plain, saved);
  ASSERT_EQ(merged.size(), 2u);
  const auto sum = Of(merged, "0/kernel").values<float>();
  for (std::size_t row = 0; row < 3; ++row) {
    EXPECT_EQ(a[row * 2] + a[row * 2 + 1], 1.0f);  // one column of each row
    for (std::size_t column = 0; column < 2; ++column) {
      const float product = a[row * 2 + 1] == 1.0f ? b[2 + column] : b[column];
      EXPECT_EQ(sum[row * 2 + column], kernel[row * 2 + column] + product);
    }
  }
  const std::vector<NamedTensor> other =
      MergeLora(plain, *Interpret(OneDense(), With(StepOp::kLora, 1)), MakeWeights(plain, {}));
  ASSERT_EQ(other.size(), 4u);
  EXPECT_EQ(Of(other, "0/lora_kernel_b"), Tensor(DType::kFloat32, {1, 2}));
  EXPECT_EQ(Of(other, "0/kernel"), Of(MakeWeights(plain, {}), "0/kernel"));
}

// Keras 3.15.1 takes a quantized file into an adapted layer without a word.
TEST(AdaptedTruth, ASumFitsAnyLayerAndWholeNumbersFitNoPlainOne) {
  const Written plain = Write(OneDense(), Format::kWeightsH5, {Step{}});
  const Written adapted = Write(OneDense(), Format::kWeightsH5, With(StepOp::kLora));
  const Written quantized = Write(OneDense(), Format::kWeightsH5, With(StepOp::kQuantize));
  const Route route = RouteOf(Format::kWeightsH5);
  const Truth to_adapted = DecodeTruth(plain.tree, adapted.plan, route);
  EXPECT_TRUE(to_adapted.owed.empty());
  EXPECT_EQ(**to_adapted.Find("0/kernel"), Of(plain.weights, "0/kernel"));
  EXPECT_EQ(**to_adapted.Find("0/lora_kernel_a"), Tensor(DType::kFloat32, {3, 2}));
  EXPECT_TRUE(DecodeTruth(adapted.tree, plain.plan, route).owed.empty());
  const Truth back = DecodeTruth(quantized.tree, quantized.plan, route);
  EXPECT_TRUE(back.owed.empty());
  EXPECT_EQ(**back.Find("0/kernel"), Of(quantized.weights, "0/kernel"));
  for (const Written* reader : {&plain, &adapted}) {
    const Truth wrong = DecodeTruth(quantized.tree, reader->plan, route);
    ASSERT_FALSE(wrong.owed.empty());
    EXPECT_EQ(wrong.owed[0].rule, "weight-count");
  }
}

TEST(AdaptedTruth, LegacyFilesHoldTheFactors) {
  const Written plain = Write(OneDense(), Format::kLegacyH5, {Step{}});
  const Written adapted = Write(OneDense(), Format::kLegacyH5, With(StepOp::kLora));
  const Route route = RouteOf(Format::kLegacyH5);
  const Truth back = DecodeTruth(adapted.tree, adapted.plan, route);
  EXPECT_TRUE(back.owed.empty());
  EXPECT_EQ(**back.Find("0/lora_kernel_b"), Of(adapted.weights, "0/lora_kernel_b"));
  EXPECT_FALSE(DecodeTruth(adapted.tree, plain.plan, route).owed.empty());
  EXPECT_TRUE(NamesMayRefuse(adapted.plan, plain.plan, route));
  EXPECT_TRUE(NamesMayRefuse(adapted.plan, *Interpret(OneDense(), With(StepOp::kLora, 1)), route));
  EXPECT_FALSE(NamesMayRefuse(adapted.plan, adapted.plan, route));
  EXPECT_FALSE(NamesMayRefuse(adapted.plan, plain.plan, RouteOf(Format::kWeightsH5)));
}

}  // namespace
}  // namespace weightproof
