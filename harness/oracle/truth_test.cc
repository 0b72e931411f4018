// What the file says, against trees that the encoder wrote and a person then changed.
#include "harness/oracle/truth.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "harness/oracle/damage.h"
#include "harness/oracle/power.h"
#include "harness/oracle/promises.h"
#include "harness/oracle/weights.h"
#include "harness/oracle/written_for_test.h"
#include "model/checkpoint/checkpoint.h"

namespace weightproof {
namespace {

LayerSpec Layer(std::string class_name, std::int64_t units = 0) {
  LayerSpec layer;
  layer.class_name = std::move(class_name);
  if (units > 0) layer.config["units"] = units;
  return layer;
}

ArchitectureSpec Architecture(std::vector<LayerSpec> layers) {
  ArchitectureSpec architecture;
  architecture.input_shape = {2};
  architecture.layers = std::move(layers);
  return architecture;
}

Build Assembled(std::vector<Step> steps = {}) {
  steps.emplace_back();
  return steps;
}

std::vector<std::string> RulesOf(const Truth& truth) {
  std::vector<std::string> rules;
  for (const Owed& owed : truth.owed) rules.push_back(owed.rule);
  return rules;
}

Damage EditAt(DamageOp op, std::string_view path) {
  Damage edit;
  edit.op = op;
  edit.path = path;
  return edit;
}

const ArchitectureSpec kTwins = Architecture({Layer("Dense", 2), Layer("Dense", 2)});
constexpr std::string_view kKernel = "dense/sequential/dense/kernel";

class BothFormats : public testing::TestWithParam<Format> {};
INSTANTIATE_TEST_SUITE_P(Each, BothFormats, testing::Values(Format::kLegacyH5, Format::kWeightsH5));

TEST_P(BothFormats, AnUntouchedFileOwesNothingAndHoldsEveryValue) {
  ArchitectureSpec architecture = Architecture({Layer("Dense", 2), Layer("BatchNormalization")});
  for (const Dialect dialect : {Dialect::kKeras3, Dialect::kTfKeras}) {
    architecture.dialect = dialect;
    const Written written = Write(architecture, GetParam(), Assembled());
    const Truth truth = DecodeTruth(written.tree, written.plan, RouteOf(GetParam()));
    EXPECT_TRUE(truth.owed.empty()) << truth.owed.front().rule;
    ASSERT_EQ(truth.values.size(), written.weights.size());
    for (const NamedTensor& weight : written.weights) {
      const std::optional<Tensor>* value = truth.Find(weight.id);
      ASSERT_NE(value, nullptr) << weight.id;
      ASSERT_TRUE(value->has_value()) << weight.id;
      EXPECT_EQ(**value, weight.tensor) << weight.id;
    }
  }
}

// tf-keras names the kernel of a depthwise convolution otherwise than Keras 3.
TEST_P(BothFormats, AnUntouchedFileOwesNothingWhateverALibraryCallsAVariable) {
  ArchitectureSpec architecture;
  for (const auto& [class_name, rank] : {std::pair{"DepthwiseConv1D", 1},
                                         {"DepthwiseConv2D", 2},
                                         {"SeparableConv1D", 1},
                                         {"SeparableConv2D", 2}}) {
    LayerSpec layer = Layer(class_name);
    layer.config["kernel_size"] = std::vector<std::int64_t>(static_cast<std::size_t>(rank), 1);
    if (layer.class_name.starts_with("Separable")) layer.config["filters"] = std::int64_t{2};
    architecture.input_shape = Shape(static_cast<std::size_t>(rank) + 1, 2);
    architecture.layers = {layer};
    for (const Dialect dialect : {Dialect::kKeras3, Dialect::kTfKeras}) {
      architecture.dialect = dialect;
      const Written written = Write(architecture, GetParam(), Assembled());
      const Truth truth = DecodeTruth(written.tree, written.plan, RouteOf(GetParam()));
      EXPECT_TRUE(truth.owed.empty()) << class_name << ": " << truth.owed.front().rule;
    }
  }
}

TEST_P(BothFormats, ALayerMoreInTheReaderIsOwed) {
  const Written written = Write(kTwins, GetParam(), Assembled());
  const ModelPlan reader =
      *PlanSequential(Architecture({Layer("Dense", 2), Layer("Dense", 2), Layer("Dense", 2)}));
  const Truth truth = DecodeTruth(written.tree, reader, RouteOf(GetParam()));
  EXPECT_EQ(
      RulesOf(truth),
      std::vector<std::string>{GetParam() == Format::kLegacyH5 ? "layer-count" : "missing-tensor"});
}

TEST_P(BothFormats, AnotherShapeIsOwedAndTakesNoValue) {
  const Written written = Write(kTwins, GetParam(), Assembled());
  const ModelPlan reader = *PlanSequential(Architecture({Layer("Dense", 2), Layer("Dense", 3)}));
  const Truth truth = DecodeTruth(written.tree, reader, RouteOf(GetParam()));
  EXPECT_EQ(RulesOf(truth), (std::vector<std::string>{"shape", "shape"}));
  EXPECT_FALSE(truth.Find("1/kernel")->has_value());
  EXPECT_TRUE(truth.Find("0/kernel")->has_value());
}

TEST(DecodeTruth, ADroppedTensorIsOwedByItsPath) {
  Written written = Write(kTwins, Format::kLegacyH5, Assembled());
  ASSERT_TRUE(ApplyDamage(written.tree, {EditAt(DamageOp::kDrop, kKernel)}));
  const Truth truth = DecodeTruth(written.tree, written.plan, RouteOf(Format::kLegacyH5));
  ASSERT_EQ(RulesOf(truth), std::vector<std::string>{"missing-tensor"});
  EXPECT_EQ(truth.owed[0].subjects.front(), kKernel);
}

TEST(DecodeTruth, ATensorThatNothingTakesIsOwed) {
  Written written = Write(kTwins, Format::kLegacyH5, Assembled());
  Damage copy = EditAt(DamageOp::kDuplicate, kKernel);
  copy.to = copy.path + "_copy";
  ASSERT_TRUE(ApplyDamage(written.tree, {copy}));
  EXPECT_EQ(RulesOf(DecodeTruth(written.tree, written.plan, RouteOf(Format::kLegacyH5))),
            std::vector<std::string>{"unused-tensor"});
}

TEST(DecodeTruth, NarrowingIsOwedAndWideningIsNot) {
  for (const auto& [dtype, owed] : {std::pair("float64", 1), std::pair("float16", 0)}) {
    Written written = Write(kTwins, Format::kLegacyH5, Assembled());
    Damage retype = EditAt(DamageOp::kRetype, kKernel);
    retype.dtype = dtype;
    ASSERT_TRUE(ApplyDamage(written.tree, {retype}));
    const Truth truth = DecodeTruth(written.tree, written.plan, RouteOf(Format::kLegacyH5));
    EXPECT_EQ(std::ssize(truth.owed), owed) << dtype;
    EXPECT_TRUE(truth.Find("0/kernel")->has_value());
  }
}

TEST(DecodeTruth, ByNameShiftedAutomaticNamesAreOwed) {
  Step stray;
  stray.op = StepOp::kStray;
  stray.class_name = "Dense";
  const Written written = Write(kTwins, Format::kLegacyH5, Assembled());
  const ModelPlan reader = *Interpret(kTwins, Assembled({stray}));
  EXPECT_TRUE(DecodeTruth(written.tree, reader, RouteOf(Format::kLegacyH5)).owed.empty());
  const Truth truth = DecodeTruth(written.tree, reader, RouteOf(Format::kLegacyH5, true));
  const std::vector<std::string> rules = RulesOf(truth);
  EXPECT_NE(std::ranges::find(rules, "automatic-names-disagree"), rules.end());
  EXPECT_NE(std::ranges::find(rules, "unmatched-layer"), rules.end());
}

Build Named(const char* first, const char* second) {
  Step a, b;
  a.op = b.op = StepOp::kName;
  a.name = first;
  b.name = second;
  b.layer = 1;
  return Assembled({a, b});
}

TEST_P(BothFormats, AGivenNameAtAnotherPlaceIsOwed) {
  const Written written = Write(kTwins, GetParam(), Named("first", "second"));
  const ModelPlan same = *Interpret(kTwins, Named("first", "second"));
  const ModelPlan swapped = *Interpret(kTwins, Named("second", "first"));
  EXPECT_TRUE(DecodeTruth(written.tree, same, RouteOf(GetParam())).owed.empty());
  const std::vector<std::string> rules =
      RulesOf(DecodeTruth(written.tree, swapped, RouteOf(GetParam())));
  EXPECT_NE(std::ranges::find(rules, "given-name-elsewhere"), rules.end());
}

// ---- CouldHaveWritten ----

TEST_P(BothFormats, TheReadersOwnFileIsWhatItCouldHaveWritten) {
  const Written written = Write(kTwins, GetParam(), Assembled());
  EXPECT_TRUE(CouldHaveWritten(written.tree, written.tree, written.plan));
}

TEST_P(BothFormats, OtherCountersOfAutomaticNamesCouldHaveBeenWritten) {
  Step stray;
  stray.op = StepOp::kStray;
  stray.class_name = "Dense";
  const Written file = Write(kTwins, GetParam(), Assembled({stray}));
  const Written own = Write(kTwins, GetParam(), Assembled());
  EXPECT_TRUE(CouldHaveWritten(file.tree, own.tree, own.plan));
}

TEST_P(BothFormats, OtherValuesCouldNotHaveBeenWritten) {
  Written file = Write(kTwins, GetParam(), Assembled());
  const Group own = file.tree;
  Damage edit = EditAt(DamageOp::kSetValue, WeightTensorPaths(own).front());
  edit.value = 0.5;
  ASSERT_TRUE(ApplyDamage(file.tree, {edit}));
  EXPECT_FALSE(CouldHaveWritten(file.tree, own, file.plan));
}

TEST_P(BothFormats, ATensorThatNoNameListsCouldNotHaveBeenWritten) {
  Written file = Write(kTwins, GetParam(), Assembled());
  const Group own = file.tree;
  Damage copy = EditAt(DamageOp::kDuplicate, WeightTensorPaths(own).front());
  copy.to = copy.path + "_copy";
  ASSERT_TRUE(ApplyDamage(file.tree, {copy}));
  EXPECT_FALSE(CouldHaveWritten(file.tree, own, file.plan));
}

TEST(CouldHaveWritten, ALayerOfAnotherComputingClassWithoutWeightsShowsInALegacyFile) {
  const Written file = Write(Architecture({Layer("Dense", 2), Layer("ReLU"), Layer("Dense", 2)}),
                             Format::kLegacyH5, Assembled());
  const Written own = Write(kTwins, Format::kLegacyH5, Assembled());
  EXPECT_FALSE(CouldHaveWritten(file.tree, own.tree, own.plan));
  const Written dropout =
      Write(Architecture({Layer("Dense", 2), Layer("Dropout"), Layer("Dense", 2)}),
            Format::kLegacyH5, Assembled());
  EXPECT_TRUE(CouldHaveWritten(dropout.tree, own.tree, own.plan));
}

// ---- Power ----

TEST(MeasurePower, ImaginesEachVariableLeftBehindAndEachSwap) {
  const ModelPlan plan = *PlanSequential(kTwins);
  const std::vector<NamedTensor> right = MakeWeights(plan, {1, Profile::kPlain});
  const std::vector<NamedTensor> initial = MakeWeights(plan, {2, Profile::kPlain});
  const Power power = MeasurePower(plan, right, initial, MakeInputs(plan, {}));
  EXPECT_EQ(power.counterfactuals, 4 + 2);  // 4 variables; kernels and biases swap
  EXPECT_EQ(power.noticed, power.counterfactuals);
}

TEST(MeasurePower, NoticesNothingWhereAReluLeavesOnlyZeros) {
  ArchitectureSpec architecture = Architecture({Layer("Dense", 2)});
  architecture.layers[0].config["activation"] = std::string("relu");
  const ModelPlan plan = *PlanSequential(architecture);
  std::vector<NamedTensor> right = MakeWeights(plan, {1, Profile::kPlain});
  std::vector<NamedTensor> initial = MakeWeights(plan, {2, Profile::kPlain});
  for (std::vector<NamedTensor>* side : {&right, &initial}) {
    for (float& bias : side->at(1).tensor.values<float>()) bias = -100 - std::abs(bias);
  }
  const Power power = MeasurePower(plan, right, initial, MakeInputs(plan, {}));
  EXPECT_EQ(power.counterfactuals, 2);
  EXPECT_EQ(power.noticed, 0);
}

// ---- Promises ----

TEST(Promises, KindsOfBuildsAreToldByAttributesAndDepth) {
  EXPECT_EQ(BuildKind(*PlanSequential(kTwins)), "sequential");
  Step subclass;
  subclass.how = AssembleHow::kSubclass;
  subclass.input = InputHow::kCall;
  for (const auto& [names, kind] :
       {std::pair(std::vector<std::string>{"a", "b"}, "subclass<layers"),
        std::pair(std::vector<std::string>{"x", "y"}, "subclass>layers"),
        std::pair(std::vector<std::string>{"a", "y"}, "subclass~layers")}) {
    subclass.attributes = names;
    EXPECT_EQ(BuildKind(*Interpret(kTwins, {subclass})), kind);
  }
  Step nest;
  nest.op = StepOp::kNest;
  nest.end = 1;
  EXPECT_EQ(BuildKind(*Interpret(kTwins, Assembled({nest}))), "sequential/nested");
}

TEST(Promises, TheSameListIsAcceptedInEveryFormatAndDialect) {
  for (const Dialect dialect : {Dialect::kKeras3, Dialect::kTfKeras}) {
    ArchitectureSpec architecture = kTwins;
    architecture.dialect = dialect;
    const ModelPlan plan = *PlanSequential(architecture);
    for (const RouteFormat format :
         {RouteFormat::kLegacyH5, RouteFormat::kLegacyH5Model, RouteFormat::kWeightsH5}) {
      EXPECT_EQ(LookUpPromise(format, plan, plan), Promise::kAccept);
    }
  }
}

TEST(Promises, GivenNamesAtOtherPlacesMayBeRefusedAndShiftedCountersMayNot) {
  const ModelPlan a = *Interpret(kTwins, Named("first", "second"));
  const ModelPlan b = *Interpret(kTwins, Named("second", "first"));
  EXPECT_FALSE(NamesMayRefuse(a, a, {}));
  EXPECT_TRUE(NamesMayRefuse(a, b, {}));
  Step stray;
  stray.op = StepOp::kStray;
  stray.class_name = "Dense";
  const ModelPlan plain = *PlanSequential(kTwins);
  const ModelPlan shifted = *Interpret(kTwins, Assembled({stray}));
  EXPECT_FALSE(NamesMayRefuse(plain, shifted, {}));
  EXPECT_TRUE(NamesMayRefuse(plain, shifted, RouteOf(Format::kLegacyH5, true)));
}

}  // namespace
}  // namespace weightproof
