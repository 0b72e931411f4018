#include "model/spec/wrapper.h"

#include <string>

#include "gtest/gtest.h"
#include "model/spec/plan.h"

namespace weightproof {
namespace {

LayerSpec LayerWith(std::string class_name, Config config, std::vector<LayerSpec> layers = {}) {
  LayerSpec layer;
  layer.class_name = std::move(class_name);
  layer.config = std::move(config);
  layer.layers = std::move(layers);
  return layer;
}

LayerSpec Gru(std::int64_t units) { return LayerWith("GRU", {{"units", units}}); }
LayerSpec Cell(std::int64_t units) { return LayerWith("LSTMCell", {{"units", units}}); }

ArchitectureSpec One(LayerSpec layer, Shape input, Dialect dialect = Dialect::kKeras3) {
  ArchitectureSpec out;
  out.dialect = dialect;
  out.input_shape = std::move(input);
  out.layers = {std::move(layer)};
  return out;
}

std::string Ids(const ModelPlan& plan) {
  std::string ids;
  for (const VariablePlan* v : LegacyOrder(plan.model.layers[0])) ids += v->id + " ";
  return ids;
}

TEST(Wrapper, NamesVariablesByThePartThatTheyBelongTo) {
  const auto both = PlanSequential(One(LayerWith("Bidirectional", {}, {Gru(2)}), {3, 2}));
  ASSERT_TRUE(both) << both.error().Text();
  EXPECT_EQ(Ids(*both),
            "0/forward/kernel 0/forward/recurrent_kernel 0/forward/bias "
            "0/backward/kernel 0/backward/recurrent_kernel 0/backward/bias ");
  EXPECT_EQ(both->model.output_shape, Shape{4});
  const auto cells = PlanSequential(One(LayerWith("RNN", {}, {Cell(2), Cell(3)}), {3, 2}));
  ASSERT_TRUE(cells) << cells.error().Text();
  EXPECT_EQ(Ids(*cells),
            "0/cells/0/kernel 0/cells/0/recurrent_kernel 0/cells/0/bias "
            "0/cells/1/kernel 0/cells/1/recurrent_kernel 0/cells/1/bias ");
  EXPECT_EQ(cells->model.output_shape, Shape{3});
}

// keras-formats 1.2: in legacy H5 one frozen sublayer moves behind all others.
TEST(Wrapper, MovesAFrozenPartBehindTheOthersInLegacyOrder) {
  Step freeze;
  freeze.op = StepOp::kFreeze;
  freeze.after = true;
  freeze.part = "forward";
  for (const Dialect dialect : {Dialect::kKeras3, Dialect::kTfKeras}) {
    const auto plan =
        Interpret(One(LayerWith("Bidirectional", {}, {Gru(2)}), {3, 2}, dialect), {Step{}, freeze});
    ASSERT_TRUE(plan) << plan.error().Text();
    EXPECT_TRUE(Ids(*plan).starts_with("0/backward/kernel")) << Ids(*plan);
  }
  freeze.part = "sideways";
  EXPECT_FALSE(Interpret(One(LayerWith("Bidirectional", {}, {Gru(2)}), {3, 2}), {Step{}, freeze}));
  freeze.part = "forward";
  freeze.after = false;
  EXPECT_FALSE(Interpret(One(LayerWith("Bidirectional", {}, {Gru(2)}), {3, 2}), {freeze, Step{}}));
}

TEST(Wrapper, CountsInTheNormalFormWithWhatItHolds) {
  const auto form = [](LayerSpec layer) {
    const auto plan = PlanSequential(One(std::move(layer), {3, 2}));
    return plan ? NormalForm(*plan) : plan.error().Text();
  };
  const std::string plain = form(LayerWith("Bidirectional", {}, {Gru(2)}));
  EXPECT_EQ(plain,
            form(LayerWith("Bidirectional", {{"merge_mode", std::string("concat")}}, {Gru(2)})));
  EXPECT_NE(plain,
            form(LayerWith("Bidirectional", {{"merge_mode", std::string("sum")}}, {Gru(2)})));
  LayerSpec other = Gru(2);
  other.config["reset_after"] = false;
  EXPECT_NE(plain, form(LayerWith("Bidirectional", {}, {other})));
}

TEST(Wrapper, RefusesWhatItCannotHold) {
  const LayerSpec dense = LayerWith("Dense", {{"units", std::int64_t{2}}});
  for (const LayerSpec& wrong :
       {LayerWith("Bidirectional", {}, {dense}), LayerWith("Bidirectional", {}, {}),
        LayerWith("Bidirectional", {}, {Gru(2), Gru(2)}), LayerWith("RNN", {}, {Gru(2)}),
        LayerWith("TimeDistributed", {}, {Cell(2)}), Cell(2),
        LayerWith("TimeDistributed", {}, {LayerWith("Dropout", {{"rate", 0.5}})})}) {
    const auto plan = PlanSequential(One(wrong, {3, 2}));
    ASSERT_FALSE(plan) << wrong.class_name;
    EXPECT_EQ(plan.error().kind, ErrorKind::kBadConfig) << plan.error().Text();
  }
}

TEST(Wrapper, ComesBackFromTheConfigJsonThatItIsWrittenAs) {
  for (const Dialect dialect : {Dialect::kKeras3, Dialect::kTfKeras}) {
    for (const LayerSpec& layer :
         {LayerWith("Bidirectional", {{"merge_mode", std::string("mul")}}, {Gru(2)}),
          LayerWith("TimeDistributed", {}, {LayerWith("Dense", {{"units", std::int64_t{2}}})}),
          LayerWith("RNN", {{"return_sequences", true}}, {Cell(2), Cell(2)})}) {
      const auto complete = Validate(One(layer, {3, 2}, dialect));
      ASSERT_TRUE(complete) << complete.error().Text();
      const std::string text = ArchitectureToKerasJson(*complete);
      const auto back = ArchitectureFromKerasJson(text);
      ASSERT_TRUE(back) << back.error().Text();
      EXPECT_EQ(ArchitectureToKerasJson(*back), text);
      ASSERT_EQ(back->layers[0].layers.size(), layer.layers.size());
      EXPECT_EQ(back->layers[0].layers[0].config, complete->layers[0].layers[0].config);
    }
  }
}

TEST(Normalization, HasStateThatTheTwoLibrariesCountInOtherTypes) {
  for (const auto& [dialect, dtype] :
       {std::pair(Dialect::kKeras3, DType::kInt32), std::pair(Dialect::kTfKeras, DType::kInt64)}) {
    const auto plan = PlanSequential(One(LayerWith("Normalization", {}), {3}, dialect));
    ASSERT_TRUE(plan) << plan.error().Text();
    const auto variables = Variables(plan->model);
    ASSERT_EQ(variables.size(), 3u);
    EXPECT_EQ(variables[2]->id, "0/count");
    EXPECT_EQ(variables[2]->dtype, dtype);
    EXPECT_FALSE(variables[0]->trainable);
  }
}

TEST(EinsumDense, TakesTheShapesOfItsWeightsFromTheEquation) {
  const auto plan = PlanSequential(
      One(LayerWith("EinsumDense", {{"equation", std::string("abc,cde->abde")},
                                    {"output_shape", std::vector<std::int64_t>{3, 2, 5}},
                                    {"bias_axes", std::string("e")}}),
          {3, 4}));
  ASSERT_TRUE(plan) << plan.error().Text();
  EXPECT_EQ(Variables(plan->model)[0]->shape, (Shape{4, 2, 5}));
  EXPECT_EQ(Variables(plan->model)[1]->shape, Shape{5});
  EXPECT_FALSE(PlanSequential(
      One(LayerWith("EinsumDense", {{"equation", std::string("abc,cd->abd")},
                                    {"output_shape", std::vector<std::int64_t>{2, 5}}}),
          {3, 4})));
}

}  // namespace
}  // namespace weightproof
