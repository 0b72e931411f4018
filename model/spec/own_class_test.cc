#include "gtest/gtest.h"
#include "model/spec/plan.h"

namespace weightproof {
namespace {

LayerSpec Layer(const char* class_name) {
  LayerSpec layer;
  layer.class_name = class_name;
  if (layer.class_name == "Dense") layer.config["units"] = std::int64_t{2};
  return layer;
}

// Dense, BatchNormalization, Dense in one nest of a functional model.
Result<ModelPlan> Play(Dialect dialect, Step nest, std::vector<Step> more = {}) {
  ArchitectureSpec architecture;
  architecture.dialect = dialect;
  architecture.input_shape = {2};
  architecture.layers = {Layer("Dense"), Layer("BatchNormalization"), Layer("Dense")};
  nest.op = StepOp::kNest;
  nest.end = 3;
  Step assemble;
  assemble.how = AssembleHow::kFunctional;
  Build build = {std::move(nest), std::move(assemble)};
  build.insert(build.end(), more.begin(), more.end());
  return Interpret(architecture, build);
}

Step Own(NestHow how, KeepHow keep, std::vector<std::string> attributes,
         std::vector<int> order = {}) {
  Step step;
  step.nest = how;
  step.keep = keep;
  step.attributes = std::move(attributes);
  step.attribute_order = std::move(order);
  return step;
}

std::vector<std::string> Ids(const std::vector<const VariablePlan*>& variables) {
  std::vector<std::string> ids;
  for (const VariablePlan* variable : variables) ids.push_back(variable->id);
  return ids;
}

using Texts = std::vector<std::string>;

// What the two libraries gave for the same program: `block.weights`, its layers' names.
TEST(OwnClass, NumbersVariablesByCallsAndListsThemInTheOrderOfTracking) {
  for (const Dialect dialect : {Dialect::kKeras3, Dialect::kTfKeras}) {
    const auto plan = Play(dialect, Own(NestHow::kLayer, KeepHow::kList, {"blocks"}, {2, 0, 1}));
    ASSERT_TRUE(plan) << plan.error().Text();
    const ObjectPlan& block = plan->model.layers.at(1);
    EXPECT_EQ(block.kind, ObjectKind::kHolder);
    EXPECT_EQ(block.name, "block");
    EXPECT_EQ(Ids(Variables(block)), (Texts{"2/kernel", "2/bias", "0/kernel", "0/bias", "1/gamma",
                                            "1/beta", "1/moving_mean", "1/moving_variance"}));
  }
}

TEST(OwnClass, OfTfKerasTracksADictByItsKeysAndKeras3ByInsertion) {
  const Step dict = Own(NestHow::kLayer, KeepHow::kDict, {"blocks"}, {2, 0, 1});
  const auto keras3 = Play(Dialect::kKeras3, dict);
  const auto tf_keras = Play(Dialect::kTfKeras, dict);
  ASSERT_TRUE(keras3 && tf_keras);
  EXPECT_EQ(Ids(Variables(keras3->model.layers.at(1))).front(), "2/kernel");
  EXPECT_EQ(Ids(Variables(tf_keras->model.layers.at(1))).front(), "0/kernel");
}

TEST(OwnClass, PutsItsOwnNameInFrontOfWhatItCalls) {
  const auto plan = Play(Dialect::kTfKeras, Own(NestHow::kSubclass, KeepHow::kList, {"blocks"}));
  ASSERT_TRUE(plan);
  EXPECT_EQ(Variables(plan->model).front()->legacy_name, "block/dense/kernel:0");
  const auto flat = Play(Dialect::kTfKeras, Own(NestHow::kFunctional, KeepHow::kAttributes, {}));
  ASSERT_TRUE(flat);
  EXPECT_EQ(Variables(flat->model).front()->legacy_name, "dense/kernel:0");
}

// tf-keras: a frozen layer lists its sublayers' weights one after another, a frozen model first
// what trains in all of them.
TEST(OwnClass, FrozenAtConstructionOrdersAsLayerOrAsModel) {
  Step freeze;
  freeze.op = StepOp::kFreeze;
  freeze.target = TargetKind::kNest;
  const auto order = [&](NestHow how) {
    const auto plan = Play(Dialect::kTfKeras, Own(how, KeepHow::kList, {"blocks"}), {freeze});
    return plan ? Ids(LegacyOrder(plan->model.layers.at(1))) : Texts{plan.error().Text()};
  };
  const Texts layer = {"0/kernel",          "0/bias",   "1/gamma", "1/beta", "1/moving_mean",
                       "1/moving_variance", "2/kernel", "2/bias"};
  const Texts model = {"0/kernel", "0/bias", "1/gamma",       "1/beta",
                       "2/kernel", "2/bias", "1/moving_mean", "1/moving_variance"};
  EXPECT_EQ(order(NestHow::kLayer), layer);
  EXPECT_EQ(order(NestHow::kSubclass), model);
}

TEST(OwnClass, IsTheSameModelHoweverItIsKept) {
  const auto plain = Play(Dialect::kKeras3, Step{});
  for (const Step& nest : {Own(NestHow::kFunctional, KeepHow::kAttributes, {}),
                           Own(NestHow::kSubclass, KeepHow::kAttributes, {"a", "b", "c"}),
                           Own(NestHow::kLayer, KeepHow::kLists, {"a"}, {1, 2, 0})}) {
    const auto plan = Play(Dialect::kKeras3, nest);
    ASSERT_TRUE(plain && plan);
    EXPECT_EQ(NormalForm(*plan), NormalForm(*plain));
  }
}

TEST(OwnClass, RefusesWhatItCannotBe) {
  const auto refused = [](const Step& nest, std::vector<Step> more = {}) {
    return !Play(Dialect::kKeras3, nest, std::move(more));
  };
  EXPECT_TRUE(refused(Own(NestHow::kLayer, KeepHow::kList, {"a", "b"})));
  EXPECT_TRUE(refused(Own(NestHow::kLayer, KeepHow::kAttributes, {"a", "a", "b"})));
  EXPECT_TRUE(refused(Own(NestHow::kLayer, KeepHow::kList, {"weights"})));
  EXPECT_TRUE(refused(Own(NestHow::kLayer, KeepHow::kList, {"a"}, {0, 0, 1})));
  EXPECT_TRUE(refused(Own(NestHow::kSequential, KeepHow::kList, {"a"})));
  Step with_input = Own(NestHow::kFunctional, KeepHow::kAttributes, {});
  with_input.own_input = true;
  EXPECT_TRUE(refused(with_input));
  Step rebuild;
  rebuild.op = StepOp::kRebuild;
  EXPECT_TRUE(refused(Own(NestHow::kLayer, KeepHow::kList, {"a"}), {rebuild}));
  EXPECT_FALSE(refused(Own(NestHow::kFunctional, KeepHow::kAttributes, {}), {rebuild}));
}

}  // namespace
}  // namespace weightproof
