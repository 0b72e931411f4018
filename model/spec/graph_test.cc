#include "model/spec/graph.h"

#include <functional>
#include <string>

#include "gtest/gtest.h"
#include "model/spec/plan.h"

namespace weightproof {
namespace {

LayerSpec Layer(std::string class_name, Config config = {}) {
  LayerSpec layer;
  layer.class_name = std::move(class_name);
  layer.config = std::move(config);
  return layer;
}

// Two inputs, a branch each, a Dense that both go through, a merge, a head; the first branch is an
// output too.
ArchitectureSpec TwoBranches(const std::string& merge, Dialect dialect = Dialect::kKeras3) {
  const LayerSpec dense = Layer("Dense", {{"units", std::int64_t{2}}});
  ArchitectureSpec out;
  out.dialect = dialect;
  out.input_shape = {2};
  out.more_inputs = {{2}};
  out.layers = {dense, dense, dense, Layer(merge), dense};
  out.calls = {{0, {-1}}, {1, {-2}}, {2, {0}}, {2, {1}}, {3, {2, 3}}, {4, {4}}};
  out.outputs = {5, 0};
  return out;
}

Step Assembled() {
  Step step;
  step.how = AssembleHow::kFunctional;
  return step;
}

Step Ordered(StepOp op, std::vector<int> order, int call = 0) {
  Step step;
  step.op = op;
  step.layer = call;
  step.order = std::move(order);
  return step;
}

std::string Layers(const ArchitectureSpec& architecture, const Build& build) {
  const auto plan = Interpret(architecture, build);
  if (!plan) return plan.error().Text();
  std::string text;
  for (const ObjectPlan& layer : plan->model.layers) text += layer.name + " ";
  return text;
}

// As keras 3.15.1 and tf_keras 2.21 list model.layers of these models.
TEST(Graph, OrdersItsLayersByDepthFromTheOutputsAsKerasDoes) {
  const ArchitectureSpec add = TwoBranches("Add");
  EXPECT_EQ(Layers(add, {Assembled()}),
            "input_layer input_layer_1 dense dense_1 dense_2 add dense_3 ");
  const std::string swapped = "input_layer_1 input_layer dense_1 dense dense_2 add dense_3 ";
  EXPECT_EQ(Layers(add, {Ordered(StepOp::kOperands, {1, 0}, 4), Assembled()}), swapped);
  EXPECT_EQ(Layers(add, {Ordered(StepOp::kCalls, {1, 0, 3, 2, 4, 5}), Assembled()}),
            Layers(add, {Assembled()}));
  Step clone;
  clone.op = StepOp::kRebuild;
  clone.rebuild = RebuildHow::kClone;
  EXPECT_EQ(Layers(add, {Assembled(), clone}),
            "keras_tensor keras_tensor_1 dense dense_1 dense_2 add dense_3 ");
}

TEST(Graph, NumbersVariablesAsTheArchitectureCallsWhateverTheLibrarysOrder) {
  const auto plan =
      Interpret(TwoBranches("Add"), {Ordered(StepOp::kOperands, {1, 0}, 4), Assembled()});
  ASSERT_TRUE(plan) << plan.error().Text();
  std::string text;
  for (const VariablePlan* v : Variables(plan->model)) text += v->id + "=" + v->legacy_name + " ";
  EXPECT_EQ(text,
            "1/kernel=dense_1/kernel 1/bias=dense_1/bias 0/kernel=dense/kernel 0/bias=dense/bias "
            "2/kernel=dense_2/kernel 2/bias=dense_2/bias 4/kernel=dense_3/kernel "
            "4/bias=dense_3/bias ");
}

TEST(Graph, IsTheSameModelWithCommutedOperandsOfAMergeThatCommutes) {
  const auto form = [](const std::string& merge, Build build) {
    build.push_back(Assembled());
    const auto plan = Interpret(TwoBranches(merge), build);
    return plan ? NormalForm(*plan) : plan.error().Text();
  };
  const Step operands = Ordered(StepOp::kOperands, {1, 0}, 4);
  EXPECT_EQ(form("Add", {}), form("Add", {operands}));
  EXPECT_EQ(form("Add", {}), form("Add", {Ordered(StepOp::kCalls, {1, 0, 2, 3, 4, 5})}));
  EXPECT_NE(form("Subtract", {}), form("Subtract", {operands}));
  EXPECT_NE(form("Concatenate", {}), form("Concatenate", {operands}));
  EXPECT_NE(form("Add", {}), form("Maximum", {}));
  EXPECT_NE(form("Add", {}), form("Add", {Ordered(StepOp::kOutputs, {1, 0})}));
}

TEST(Graph, RefusesWhatIsNoGraph) {
  const auto refused = [](const std::function<void(ArchitectureSpec&)>& change, Build build) {
    ArchitectureSpec architecture = TwoBranches("Add");
    change(architecture);
    build.push_back(Assembled());
    return !Interpret(architecture, build);
  };
  const auto same = [](ArchitectureSpec&) {};
  EXPECT_FALSE(refused(same, {}));
  EXPECT_TRUE(refused([](ArchitectureSpec& a) { a.calls[2].from = {4}; }, {}));       // later
  EXPECT_TRUE(refused([](ArchitectureSpec& a) { a.calls[4].from = {2}; }, {}));       // one operand
  EXPECT_TRUE(refused([](ArchitectureSpec& a) { a.outputs = {0}; }, {}));             // unused
  EXPECT_TRUE(refused([](ArchitectureSpec& a) { a.outputs = {5, 5}; }, {}));          // twice
  EXPECT_TRUE(refused([](ArchitectureSpec& a) { a.more_inputs = {{2}, {2}}; }, {}));  // unused
  EXPECT_TRUE(refused(  // what two branches share would take two shapes
      [](ArchitectureSpec& a) { a.layers[1].config["units"] = std::int64_t{3}; }, {}));
  EXPECT_TRUE(refused(same, {Ordered(StepOp::kCalls, {4, 0, 1, 2, 3, 5})}));
  EXPECT_TRUE(refused(same, {Ordered(StepOp::kOperands, {0, 0}, 4)}));
  Step nest;
  nest.op = StepOp::kNest;
  nest.end = 2;
  EXPECT_TRUE(refused(same, {nest}));
  ArchitectureSpec chain = TwoBranches("Add");
  chain.calls.clear();
  chain.outputs.clear();
  chain.more_inputs.clear();
  EXPECT_FALSE(Interpret(chain, {Assembled()}));  // a merge in a chain
}

}  // namespace
}  // namespace weightproof
