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

Build WithFirst(Step step) { return {std::move(step), Step{}}; }

Step Policy(const char* name) {
  Step step;
  step.op = StepOp::kPolicy;
  step.class_name = name;
  return step;
}

ArchitectureSpec DenseAndNormalization(Dialect dialect) {
  ArchitectureSpec architecture;
  architecture.dialect = dialect;
  architecture.input_shape = {3};
  LayerSpec dense;
  dense.class_name = "Dense";
  dense.config["units"] = std::int64_t{3};
  LayerSpec normalization;
  normalization.class_name = "BatchNormalization";
  architecture.layers = {dense, normalization};
  return architecture;
}

TEST(Interpret, GivesVariablesTheDTypeOfTheirPolicy) {
  struct Row {
    const char* policy;
    Dialect dialect;
    DType dense, normalization;
  };
  for (const Row& row :
       {Row{"float16", Dialect::kKeras3, DType::kFloat16, DType::kFloat16},
        Row{"float16", Dialect::kTfKeras, DType::kFloat16, DType::kFloat32},
        Row{"float64", Dialect::kTfKeras, DType::kFloat64, DType::kFloat64},
        Row{"mixed_bfloat16", Dialect::kKeras3, DType::kFloat32, DType::kFloat32}}) {
    const auto plan = Interpret(DenseAndNormalization(row.dialect), WithFirst(Policy(row.policy)));
    ASSERT_TRUE(plan) << plan.error().Text();
    EXPECT_EQ(plan->model.layers[0].variables[0].dtype, row.dense) << row.policy;
    EXPECT_EQ(plan->model.layers[1].variables[0].dtype, row.normalization) << row.policy;
  }
}

TEST(Interpret, AnotherPolicyIsAnotherModel) {
  const ArchitectureSpec architecture = DenseAndNormalization(Dialect::kKeras3);
  const auto form = [&](const Build& build) { return NormalForm(*Interpret(architecture, build)); };
  EXPECT_EQ(form({Step{}}), form(WithFirst(Policy("float32"))));
  EXPECT_NE(form({Step{}}), form(WithFirst(Policy("mixed_float16"))));
  EXPECT_FALSE(Interpret(architecture, WithFirst(Policy("float8"))));
}

TEST(Interpret, ACompiledModelAndOneThatKeepsItsStateItselfAreTheSameModel) {
  const ArchitectureSpec architecture = DenseAndNormalization(Dialect::kKeras3);
  Step compile;
  compile.op = StepOp::kCompile;
  compile.class_name = "SGD";
  EXPECT_FALSE(Interpret(architecture, WithFirst(compile)));
  compile.key = "mse";
  Step own;
  own.op = StepOp::kOwnState;
  own.layer = 1;
  const auto plain = Interpret(architecture, {Step{}});
  for (const Step& step : {compile, own}) {
    const auto plan = Interpret(architecture, WithFirst(step));
    ASSERT_TRUE(plan) << plan.error().Text();
    EXPECT_EQ(*plan, *plain);
  }
  own.layer = 2;
  EXPECT_FALSE(Interpret(architecture, WithFirst(own)));
}

}  // namespace
}  // namespace weightproof
