// Layers with a low-rank adaptation and quantized layers, as Keras 3.15.1 lists their weights.
#include <gtest/gtest.h>

#include "model/spec/plan.h"

namespace weightproof {
namespace {

ArchitectureSpec EmbeddingAndDense() {
  ArchitectureSpec architecture;
  architecture.input_shape = {5};
  LayerSpec embedding, flatten, dense;
  embedding.class_name = "Embedding";
  embedding.config = {{"input_dim", std::int64_t{7}}, {"output_dim", std::int64_t{3}}};
  flatten.class_name = "Flatten";
  dense.class_name = "Dense";
  dense.config["units"] = std::int64_t{4};
  architecture.layers = {embedding, flatten, dense};
  return architecture;
}

Step Lora(int layer, int rank) {
  Step step;
  step.op = StepOp::kLora;
  step.layer = layer;
  step.count = rank;
  return step;
}

Step Quantize(const char* mode = "int8") {
  Step step;
  step.op = StepOp::kQuantize;
  step.class_name = mode;
  return step;
}

Step Flag(StepOp op) {
  Step step;
  step.op = op;
  step.layer = 2;
  step.after = true;
  return step;
}

Step Rebuild() {
  Step step;
  step.op = StepOp::kRebuild;
  return step;
}

std::string Text(const std::vector<const VariablePlan*>& variables) {
  std::string text;
  for (const VariablePlan* variable : variables) {
    text += variable->role + ShapeText(variable->shape) + " ";
  }
  return text;
}

std::string WeightsOf(const ObjectPlan& leaf) { return Text(Variables(leaf)); }

ObjectPlan LayerOf(const Build& build, std::size_t layer) {
  return Interpret(EmbeddingAndDense(), build)->model.layers.at(layer);
}

TEST(Adapted, HasTheFactorsOfALowRankAdaptationBesideItsOwnWeights) {
  const ObjectPlan dense = LayerOf({Step{}, Lora(2, 2)}, 2);
  EXPECT_EQ(WeightsOf(dense), "kernel(15, 4) bias(4,) lora_kernel_a(15, 2) lora_kernel_b(2, 4) ");
  EXPECT_EQ(dense.variables[2].id, "2/lora_kernel_a");
  EXPECT_EQ(dense.variables[3].legacy_name, "sequential/dense/lora_kernel_b");
  EXPECT_EQ(WeightsOf(LayerOf({Step{}, Lora(0, 1)}, 0)),
            "embeddings(7, 3) lora_embeddings_a(7, 1) lora_embeddings_b(1, 3) ");
}

TEST(Adapted, IsTheSameModelAndStoresTheSum) {
  const ArchitectureSpec architecture = EmbeddingAndDense();
  const auto plan = Interpret(architecture, {Step{}, Lora(2, 2)});
  EXPECT_EQ(NormalForm(*plan), NormalForm(*Interpret(architecture, {Step{}})));
  EXPECT_TRUE(HasLora(*plan));
  EXPECT_FALSE(IsQuantized(*plan));
  EXPECT_EQ(Text(StoredVariables(plan->model.layers[2])), "kernel(15, 4) bias(4,) ");
}

// A flag set on the layer afterwards goes to the kernel too; a layer made anew has only its factors
// trained.
TEST(Adapted, TrainsItsKernelNoMoreUntilAFlagIsSet) {
  const char* factors_first = "bias(4,) lora_kernel_a(15, 2) lora_kernel_b(2, 4) kernel(15, 4) ";
  const char* kernel_first = "kernel(15, 4) bias(4,) lora_kernel_a(15, 2) lora_kernel_b(2, 4) ";
  const Step lora = Lora(2, 2), on = Flag(StepOp::kUnfreeze), off = Flag(StepOp::kFreeze);
  EXPECT_EQ(Text(LegacyOrder(LayerOf({Step{}, lora}, 2))), factors_first);
  EXPECT_EQ(Text(LegacyOrder(LayerOf({Step{}, lora, off}, 2))), kernel_first);
  EXPECT_EQ(Text(LegacyOrder(LayerOf({Step{}, lora, on}, 2))), kernel_first);
  EXPECT_EQ(Text(LegacyOrder(LayerOf({Step{}, lora, on, Rebuild()}, 2))), factors_first);
}

TEST(Adapted, QuantizedLayersHoldWholeNumbersAndAScale) {
  const ObjectPlan dense = LayerOf({Step{}, Quantize()}, 2);
  EXPECT_EQ(WeightsOf(dense), "bias(4,) kernel(15, 4) kernel_scale(4,) ");
  EXPECT_EQ(dense.variables[1].dtype, DType::kInt8);
  EXPECT_EQ(Text(StoredVariables(dense)), "kernel(15, 4) bias(4,) kernel_scale(4,) ");
  const ObjectPlan embedding = LayerOf({Step{}, Quantize(), Rebuild()}, 0);
  EXPECT_EQ(WeightsOf(embedding), "embeddings(7, 3) embeddings_scale(7,) ");
  const ArchitectureSpec architecture = EmbeddingAndDense();
  EXPECT_NE(NormalForm(*Interpret(architecture, {Step{}, Quantize()})),
            NormalForm(*Interpret(architecture, {Step{}})));
}

TEST(Adapted, IsRefusedWhereKerasHasNoSuchThing) {
  ArchitectureSpec architecture = EmbeddingAndDense();
  for (const Build& build :
       {Build{Step{}, Lora(1, 1)}, Build{Step{}, Lora(3, 1)}, Build{Step{}, Lora(2, 0)},
        Build{Step{}, Lora(2, 1), Lora(2, 1)}, Build{Step{}, Lora(2, 1), Quantize()},
        Build{Step{}, Quantize(), Quantize()}, Build{Step{}, Quantize(), Lora(2, 1)},
        Build{Step{}, Quantize("int4")}}) {
    EXPECT_FALSE(Interpret(architecture, build));
  }
  architecture.dialect = Dialect::kTfKeras;
  EXPECT_FALSE(Interpret(architecture, {Step{}, Lora(2, 1)}));
  EXPECT_FALSE(Interpret(architecture, {Step{}, Quantize()}));
}

}  // namespace
}  // namespace weightproof
