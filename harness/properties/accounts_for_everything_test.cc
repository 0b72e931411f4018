#include <gtest/gtest.h>

#include "harness/oracle/weights.h"
#include "harness/properties/clauses.h"
#include "model/checkpoint/checkpoint.h"

namespace weightproof {
namespace {

// A loader that gives no account loads a file of a Dense into a Dense with a low-rank adaptation.
class AdaptedReader : public ::testing::Test {
 protected:
  void SetUp() override {
    c_.architecture.input_shape = {3};
    LayerSpec dense;
    dense.class_name = "Dense";
    dense.config["units"] = std::int64_t{2};
    c_.architecture.layers = {dense};
    c_.route.format = RouteFormat::kWeightsH5;
    Step lora;
    lora.op = StepOp::kLora;
    lora.count = 1;
    c_.writer.build = {Step{}};
    c_.reader.build = {Step{}, lora};
    const auto writer = Interpret(c_.architecture, c_.writer.build);
    const auto reader = Interpret(c_.architecture, c_.reader.build);
    ASSERT_TRUE(writer && reader);
    o_.c = &c_;
    o_.writer = o_.reader = &description_;
    o_.writer_plan = *writer;
    o_.reader_plan = *reader;
    o_.saved = MakeWeights(*writer, c_.weights);
    o_.load.variables = MakeWeights(*reader, c_.weights);
    std::vector<Tensor> tensors;
    for (const NamedTensor& saved : o_.saved) tensors.push_back(saved.tensor);
    o_.tree = Encode(Format::kWeightsH5, *writer, tensors).value();
  }

  Case c_;
  Description description_;
  Observation o_;
};

TEST_F(AdaptedReader, IsNotExpectedToFindItsFactorsInTheFile) {
  ASSERT_EQ(o_.load.variables.size(), 4U);
  EXPECT_EQ(CheckAccountsForEverything(o_).kind, VerdictKind::kHeld);
}

TEST_F(AdaptedReader, IsExpectedToFindAllElse) {
  Group& dense = *FindPath(*o_.tree, "layers/dense/vars")->group();
  ASSERT_EQ(dense.children.size(), 2U);
  dense.children.pop_back();
  EXPECT_EQ(CheckAccountsForEverything(o_).cause, "variables-left-over");
}

}  // namespace
}  // namespace weightproof
