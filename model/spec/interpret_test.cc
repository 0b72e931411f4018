#include <fstream>
#include <string>

#include "gtest/gtest.h"
#include "model/spec/programs_for_test.h"

namespace weightproof {
namespace {

using testing::Dump;
using testing::Json;

// Each line holds a program and what the real library made of it: keras 3.15.1 on numpy,
// tf_keras 2.21. Class, name, trainable, children or weight names in legacy order.
void CheckRecorded(const std::string& file, Dialect dialect) {
  std::ifstream lines(std::string(WEIGHTPROOF_SOURCE_DIR) + "/model/spec/testdata/" + file);
  int programs = 0;
  for (std::string line; std::getline(lines, line); ++programs) {
    const Json program = Json::parse(line);
    const auto plan = testing::Play(program, dialect);
    ASSERT_TRUE(plan) << plan.error().Text() << "\n" << line;
    EXPECT_EQ(Dump(plan->model, plan->model.class_name), program.at("expected")) << line;
  }
  EXPECT_GE(programs, 50);
}

TEST(Interpret, NamesAndOrdersAsKeras3DidInRecordedPrograms) {
  CheckRecorded("programs_keras3.jsonl", Dialect::kKeras3);
}

TEST(Interpret, NamesAndOrdersAsTfKerasDidInRecordedPrograms) {
  CheckRecorded("programs_tf_keras.jsonl", Dialect::kTfKeras);
}

ArchitectureSpec TwoDense(Dialect dialect) {
  ArchitectureSpec out;
  out.dialect = dialect;
  out.input_shape = {5};
  out.layers = {{.class_name = "Dense",
                 .name = "",
                 .trainable = true,
                 .config = {{"units", std::int64_t{10}}, {"activation", std::string("relu")}},
                 .layers = {},
                 .input_shape = std::nullopt},
                {.class_name = "Dense",
                 .name = "",
                 .trainable = true,
                 .config = {{"units", std::int64_t{1}}},
                 .layers = {},
                 .input_shape = std::nullopt}};
  return out;
}

TEST(Interpret, NumbersVariablesByComputingLayerAndLeavesNoOpsOut) {
  Step noop;
  noop.op = StepOp::kNoop;
  noop.class_name = "Dropout";
  noop.begin = 1;
  const auto plan = Interpret(TwoDense(Dialect::kKeras3), {noop, Step{}});
  ASSERT_TRUE(plan);
  std::string ids;
  for (const VariablePlan* v : Variables(plan->model)) ids += v->id + " ";
  EXPECT_EQ(ids, "0/kernel 0/bias 1/kernel 1/bias ");
}

TEST(NormalForm, IsTheSameForNestedAndFlatAndWithNoOps) {
  const ArchitectureSpec architecture = TwoDense(Dialect::kTfKeras);
  Step nest;
  nest.op = StepOp::kNest;
  nest.begin = 0;
  nest.end = 1;
  const auto flat = PlanSequential(architecture);
  const auto nested = Interpret(architecture, {nest, Step{}});
  ASSERT_TRUE(flat && nested);
  EXPECT_EQ(NormalForm(*flat), NormalForm(*nested));
  Step set;
  set.op = StepOp::kSet;
  set.key = "use_bias";
  set.value = false;
  const auto other = Interpret(architecture, {set, Step{}});
  ASSERT_TRUE(other);
  EXPECT_NE(NormalForm(*flat), NormalForm(*other));
}

TEST(KerasJson, ComesBackAsWhatWasWritten) {
  for (Dialect dialect : {Dialect::kKeras3, Dialect::kTfKeras}) {
    const auto complete = Validate(TwoDense(dialect));
    ASSERT_TRUE(complete);
    const auto back = ArchitectureFromKerasJson(ArchitectureToKerasJson(*complete));
    ASSERT_TRUE(back) << back.error().Text();
    EXPECT_EQ(back->dialect, dialect);
    EXPECT_EQ(back->layers.size(), 2u);
    EXPECT_EQ(back->layers[0].config, complete->layers[0].config);
    EXPECT_EQ(back->layers[1].name, "dense_1");
  }
}

TEST(KerasJson, RefusesDeepAndBrokenTextWithoutDying) {
  const std::string deep(1 << 20, '[');
  EXPECT_FALSE(ArchitectureFromKerasJson(deep));
  EXPECT_FALSE(ArchitectureFromKerasJson("{"));
  EXPECT_FALSE(ArchitectureFromKerasJson("\xff"));
}

TEST(SnakeCase, FollowsKeras) {
  EXPECT_EQ(SnakeCase("Conv2D"), "conv2d");
  EXPECT_EQ(SnakeCase("PReLU"), "p_re_lu");
  EXPECT_EQ(SnakeCase("SimpleRNN"), "simple_rnn");
  EXPECT_EQ(AutomaticNameClass("dense_12"), "Dense");
  EXPECT_EQ(AutomaticNameClass("dense_x"), "");
}

}  // namespace
}  // namespace weightproof
