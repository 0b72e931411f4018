// The strict reading of `.weights.h5`.
#include "model/checkpoint/weights_h5.h"

#include <gtest/gtest.h>

#include "model/checkpoint/match_test_support.h"

namespace weightproof {
namespace {

ModelPlan KerasChain(std::vector<LayerSpec> layers, Build before = {},
                     AssembleHow how = AssembleHow::kList) {
  before.push_back(AssembleStep(how));
  return Played(Dialect::kKeras3, {4}, std::move(layers), std::move(before));
}

ModelPlan TwoDense(Build before = {}) {
  return KerasChain({DenseLayer(4), DenseLayer(4)}, std::move(before));
}

Group WeightsGroup(const ModelPlan& plan) { return Encoded(Format::kWeightsH5, plan); }

Result<Assignment> MatchWeights(const ModelPlan& plan, const Group& root,
                                LoadOptions options = {}) {
  return MatchWeightsH5(plan, root, options, "file.h5");
}

TEST(WeightsH5, FindsLayersByClassAndCountWhateverTheirNames) {
  Step stray;
  stray.op = StepOp::kStray;
  stray.class_name = "Dense";
  const Result<Assignment> loaded = MatchWeights(TwoDense(), WeightsGroup(TwoDense({stray})));
  ExpectNumbered(loaded, TwoDense());
  EXPECT_TRUE(loaded->report.notes.empty());
  EXPECT_EQ(loaded->report.found_dialect, "keras3");
}

TEST(WeightsH5, HasNoLoadByName) {
  ExpectRefused(MatchWeights(TwoDense(), WeightsGroup(TwoDense()), {.by_name = true}),
                ErrorKind::kOptionNotSupported);
}

TEST(WeightsH5, RefusesAMissingGroupUnlessPartialOrSkipping) {
  Group root = WeightsGroup(TwoDense());
  Drop(root, "layers/dense_1");
  ExpectRefused(MatchWeights(TwoDense(), root), ErrorKind::kMissingTensor, "layers/dense_1/vars");
  const Result<Assignment> partial = MatchWeights(TwoDense(), root, {.partial = true});
  ASSERT_TRUE(partial) << partial.error().Text();
  EXPECT_TRUE(HasNote(partial->report, NoteKind::kUnset, "1/bias"));
  const Result<Assignment> skipped = MatchWeights(TwoDense(), root, {.skip_mismatch = true});
  ASSERT_TRUE(skipped) << skipped.error().Text();
  EXPECT_TRUE(HasNote(skipped->report, NoteKind::kSkipped, "1/bias"));
}

TEST(WeightsH5, RefusesALayerThatTheModelDoesNotHaveUnlessPartial) {
  const Group root = WeightsGroup(TwoDense());
  ExpectRefused(MatchWeights(KerasChain({DenseLayer(4)}), root), ErrorKind::kUnusedTensor,
                "layers/dense_1");
  const Result<Assignment> partial =
      MatchWeights(KerasChain({DenseLayer(4)}), root, {.partial = true});
  ASSERT_TRUE(partial) << partial.error().Text();
  EXPECT_EQ(partial->report.unused.size(), 2U);
}

TEST(WeightsH5, RefusesAnotherNumberOfKeysOrOtherKeys) {
  Group more = WeightsGroup(TwoDense());
  Put(more, "layers/dense/vars/2", Tensor(DType::kFloat32, {4}));
  ExpectRefused(MatchWeights(TwoDense(), more), ErrorKind::kWeightCountMismatch,
                "layers/dense/vars");
  Group other = WeightsGroup(TwoDense());
  Drop(other, "layers/dense/vars/1");
  Put(other, "layers/dense/vars/7", Tensor(DType::kFloat32, {4}));
  ExpectRefused(MatchWeights(TwoDense(), other), ErrorKind::kMissingTensor, "layers/dense/vars/1");
}

TEST(WeightsH5, SkipsAWholeObjectOfAnotherShapeWhenAsked) {
  Group root = WeightsGroup(TwoDense());
  Put(root, "layers/dense/vars/1", Tensor(DType::kFloat32, {5}));
  ExpectRefused(MatchWeights(TwoDense(), root), ErrorKind::kShapeMismatch, "layers/dense/vars/1");
  const Result<Assignment> skipped = MatchWeights(TwoDense(), root, {.skip_mismatch = true});
  ASSERT_TRUE(skipped) << skipped.error().Text();
  EXPECT_FALSE(skipped->values[0]);
  EXPECT_FALSE(skipped->values[1]);
  EXPECT_TRUE(skipped->values[2]);
  EXPECT_TRUE(HasNote(skipped->report, NoteKind::kSkipped, "0/kernel"));
  EXPECT_EQ(skipped->report.unused.size(), 2U);
}

TEST(WeightsH5, RefusesAGivenNameThatStandsElsewhere) {
  const ModelPlan writer = TwoDense({NameStep(0, "one"), NameStep(1, "two")});
  const ModelPlan reader = TwoDense({NameStep(0, "two"), NameStep(1, "one")});
  ExpectRefused(MatchWeights(reader, WeightsGroup(writer)), ErrorKind::kGivenNameElsewhere,
                "layers/dense/vars");
}

TEST(WeightsH5, ReportsANameThatOneSideAloneKnows) {
  const Result<Assignment> loaded =
      MatchWeights(TwoDense(), WeightsGroup(TwoDense({NameStep(0, "one")})));
  ExpectNumbered(loaded, TwoDense());
  EXPECT_TRUE(HasNote(loaded->report, NoteKind::kRenamed, "dense"));
}

TEST(WeightsH5, RefusesANameOfAnotherClass) {
  Group root = WeightsGroup(TwoDense());
  SetAttribute(AttributesAt(root, "layers/dense/vars"), StringAttribute("name", "lstm"));
  ExpectRefused(MatchWeights(TwoDense(), root), ErrorKind::kClassMismatch,
                "layers/dense/vars@name");
}

TEST(WeightsH5, LoadsWithoutTheRootVarsAndWithoutNames) {
  Group root = WeightsGroup(TwoDense());
  Drop(root, "vars");
  AttributesAt(root, "layers/dense/vars").clear();
  ExpectNumbered(MatchWeights(TwoDense(), root), TwoDense());
  EXPECT_EQ(*DetectFormat(root, "file.h5"), Format::kWeightsH5);
}

TEST(WeightsH5, ReadsBfloat16StoredAsOpaquePairsOfBytes) {
  Group root = WeightsGroup(TwoDense());
  Dataset& dataset = *FindPath(root, "layers/dense/vars/1")->dataset();
  dataset.value.type = {StoredClass::kOpaque, DType::kFloat32, 2, false, false};
  dataset.value.bytes.Own().assign(8, std::byte{0});
  dataset.value.bytes.Own()[0] = std::byte{0x80};
  dataset.value.bytes.Own()[1] = std::byte{0x3f};
  ExpectRefused(MatchWeights(TwoDense(), root), ErrorKind::kDtypeMismatch, "layers/dense/vars/1");
  SetAttribute(dataset.attributes, StringAttribute("dtype", "bfloat16"));
  const Result<Assignment> loaded = MatchWeights(TwoDense(), root);
  ASSERT_TRUE(loaded) << loaded.error().Text();
  EXPECT_EQ(loaded->values[1]->values<float>()[0], 1.0F);
  EXPECT_TRUE(HasNote(loaded->report, NoteKind::kWidened, "0/bias"));
}

TEST(WeightsH5, RefusesADtypeAttributeThatContradictsTheData) {
  Group root = WeightsGroup(TwoDense());
  SetAttribute(FindPath(root, "layers/dense/vars/1")->dataset()->attributes,
               StringAttribute("dtype", "bfloat16"));
  ExpectRefused(MatchWeights(TwoDense(), root), ErrorKind::kDtypeMismatch);
}

TEST(WeightsH5, KnowsOptimizerMetricAndSeedStateByItsRole) {
  Group root = WeightsGroup(TwoDense());
  Put(root, "optimizer/vars/0", Tensor(DType::kInt64, {}));
  Put(root, "metrics/mean/vars/0", Tensor(DType::kFloat32, {}));
  Put(root, "layers/dropout/seed_generator/vars/0", Tensor(DType::kUInt32, {2}));
  const Result<Assignment> loaded = MatchWeights(TwoDense(), root);
  ExpectNumbered(loaded, TwoDense());
  ASSERT_EQ(loaded->report.unused.size(), 3U);
  EXPECT_EQ(loaded->report.unused[0].role, TensorRole::kSeed);
  EXPECT_EQ(loaded->report.unused[1].role, TensorRole::kMetric);
  EXPECT_EQ(loaded->report.unused[2].role, TensorRole::kOptimizer);
}

TEST(WeightsH5, ReportsLayersWithoutWeightsThatDiffer) {
  const ModelPlan relu = KerasChain({DenseLayer(4), Layer("ReLU"), DenseLayer(4)});
  const Result<Assignment> extra = MatchWeights(TwoDense(), WeightsGroup(relu));
  ExpectNumbered(extra, TwoDense());
  EXPECT_TRUE(HasNote(extra->report, NoteKind::kLayersDiffer, "layers/re_lu"));
  const Result<Assignment> missing = MatchWeights(relu, WeightsGroup(TwoDense()));
  ASSERT_TRUE(missing) << missing.error().Text();
  EXPECT_TRUE(HasNote(missing->report, NoteKind::kLayersDiffer, "re_lu"));
  EXPECT_TRUE(MatchWeights(relu, WeightsGroup(relu))->report.notes.empty());
}

TEST(WeightsH5, KeepsASubclassModelsLayersWhereTheLibraryVisitsThemFirst) {
  EXPECT_TRUE(VisitedBeforeLayers("a", Dialect::kKeras3));
  EXPECT_FALSE(VisitedBeforeLayers("zed", Dialect::kKeras3));
  EXPECT_FALSE(VisitedBeforeLayers("_a", Dialect::kKeras3));
  EXPECT_TRUE(VisitedBeforeLayers("zed", Dialect::kTfKeras));
  EXPECT_FALSE(VisitedBeforeLayers("a", Dialect::kTfKeras));
  EXPECT_FALSE(VisitedBeforeLayers("_a", Dialect::kTfKeras));
}

TEST(WeightsH5, OfASubclassModelIsRefusedWhereAttributesHaveChangedPlaces) {
  const auto with = [](std::vector<std::string> attributes) {
    return Played(Dialect::kKeras3, {4}, {DenseLayer(4), DenseLayer(4)},
                  {SubclassStep(std::move(attributes))});
  };
  ExpectNumbered(MatchWeights(with({"zed", "a"}), WeightsGroup(with({"zed", "a"}))),
                 with({"zed", "a"}));
  ExpectRefused(MatchWeights(with({"a", "zed"}), WeightsGroup(with({"zed", "a"}))),
                ErrorKind::kMissingTensor);
}

// Without a, the second layer is layers/dense_1 as Keras 3 would have it, and z as tf-keras has it.
TEST(WeightsH5, OfASubclassModelIsNotGuessedWhenPartial) {
  const auto with = [](std::vector<std::string> attributes) {
    std::vector<LayerSpec> layers(attributes.size(), DenseLayer(4));
    return Played(Dialect::kTfKeras, {4}, std::move(layers), {SubclassStep(std::move(attributes))});
  };
  const Group root = WeightsGroup(with({"k", "z", "a"}));
  ExpectRefused(MatchWeights(with({"k", "z"}), root, {.partial = true}), ErrorKind::kAmbiguousOrder,
                "layers/dense_1");
  const Result<Assignment> assumed =
      MatchWeights(with({"k", "z"}), root, {.partial = true, .assume_order = true});
  ASSERT_TRUE(assumed) << assumed.error().Text();
  EXPECT_TRUE(HasNote(assumed->report, NoteKind::kAssumedOrder, with({"k", "z"}).model.name));
  EXPECT_EQ(assumed->report.variables[2].source, "z/vars/0");
}

TEST(WeightsH5, OfASubclassModelReadsUnderTheNumbersOfBothLibraries) {
  for (const Dialect writer : {Dialect::kKeras3, Dialect::kTfKeras}) {
    for (const Dialect reader : {Dialect::kKeras3, Dialect::kTfKeras}) {
      ExpectNumbered(
          MatchWeights(PlanOf(reader, "subclass"), WeightsGroup(PlanOf(writer, "subclass"))),
          PlanOf(reader, "subclass"));
    }
  }
}

// Where the two libraries were seen to write what a class of a person's own keeps in a container.
TEST(WeightsH5, KeepsWhatAContainerHoldsWhereTheLibraryFindsIt) {
  const auto paths = [](Dialect dialect, NestHow how, KeepHow keep, const char* attribute) {
    ArchitectureSpec architecture;
    architecture.dialect = dialect;
    architecture.input_shape = {2};
    LayerSpec dense;
    dense.class_name = "Dense";
    dense.config["units"] = std::int64_t{2};
    architecture.layers = {dense, dense, dense};
    Step nest;
    nest.op = StepOp::kNest;
    nest.end = 3;
    nest.nest = how;
    nest.keep = keep;
    nest.attributes = {attribute};
    nest.attribute_order = {2, 0, 1};
    Step assemble;
    assemble.how = AssembleHow::kFunctional;
    const auto plan = Interpret(architecture, {nest, assemble});
    std::vector<std::string> out;
    if (!plan) return out;
    const ObjectPlan& block = plan->model.layers.at(1);
    const std::vector<std::string> found = ChildPaths(block, dialect);
    for (const int call : block.call_order) out.push_back(found[static_cast<std::size_t>(call)]);
    return out;
  };
  using Texts = std::vector<std::string>;
  constexpr auto kKeras3 = Dialect::kKeras3;
  constexpr auto kTfKeras = Dialect::kTfKeras;
  EXPECT_EQ(paths(kKeras3, NestHow::kLayer, KeepHow::kList, "stack"),
            (Texts{"stack/dense_1", "stack/dense_2", "stack/dense"}));
  EXPECT_EQ(paths(kKeras3, NestHow::kSubclass, KeepHow::kList, "blocks"),
            (Texts{"blocks/dense_1", "blocks/dense_2", "blocks/dense"}));
  EXPECT_EQ(paths(kKeras3, NestHow::kSubclass, KeepHow::kList, "stack"),
            (Texts{"layers/dense_1", "layers/dense_2", "layers/dense"}));
  EXPECT_EQ(paths(kKeras3, NestHow::kLayer, KeepHow::kLists, "stack"),
            (Texts{"stack/container/dense_1", "stack/container_1/dense", "stack/container/dense"}));
  EXPECT_EQ(paths(kKeras3, NestHow::kLayer, KeepHow::kSet, "stack"), (Texts{"", "", ""}));
  EXPECT_EQ(paths(kTfKeras, NestHow::kLayer, KeepHow::kLists, "stack"), (Texts{"", "", ""}));
  EXPECT_EQ(paths(kTfKeras, NestHow::kSubclass, KeepHow::kLists, "stack"),
            (Texts{"layers/dense_1", "layers/dense_2", "layers/dense"}));
  EXPECT_EQ(paths(kTfKeras, NestHow::kLayer, KeepHow::kDict, "stack"),
            (Texts{"stack/dense_1", "stack/dense_2", "stack/dense"}));
}

}  // namespace
}  // namespace weightproof
