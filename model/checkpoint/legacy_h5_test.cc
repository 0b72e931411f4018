// The strict reading of legacy H5, by order.
#include <gtest/gtest.h>

#include "model/checkpoint/match_test_support.h"

namespace weightproof {
namespace {

constexpr Dialect kTf = Dialect::kTfKeras;

ModelPlan TfChain(std::vector<LayerSpec> layers, Build before = {}, Shape input = {4}) {
  before.push_back(AssembleStep(AssembleHow::kList));
  return Played(kTf, std::move(input), std::move(layers), std::move(before));
}

ModelPlan ThreeDense(Build before = {}) {
  return TfChain({DenseLayer(4), DenseLayer(4), DenseLayer(4)}, std::move(before));
}

ModelPlan NestedDense(Build before = {}) {
  before.push_back(NestStep(0, 3));
  return ThreeDense(std::move(before));
}

Group LegacyGroup(const ModelPlan& plan) { return Encoded(Format::kLegacyH5, plan); }

Result<Assignment> MatchLegacy(const ModelPlan& plan, const Group& root, LoadOptions options = {}) {
  return MatchLegacyH5(plan, root, options, "file.h5");
}

TEST(LegacyH5, PairsByOrderWhateverTheCountersOfAutomaticNames) {
  const ModelPlan shifted = [] {
    Step stray;
    stray.op = StepOp::kStray;
    stray.class_name = "Dense";
    return ThreeDense({stray});
  }();
  const Result<Assignment> loaded = MatchLegacy(ThreeDense(), LegacyGroup(shifted));
  ExpectNumbered(loaded, ThreeDense());
  EXPECT_TRUE(loaded->report.notes.empty());
  EXPECT_EQ(loaded->report.found_dialect, "tf_keras");
}

TEST(LegacyH5, RefusesAnotherNumberOfLayers) {
  ExpectRefused(MatchLegacy(TfChain({DenseLayer(4)}), LegacyGroup(ThreeDense())),
                ErrorKind::kLayerCountMismatch);
  ExpectRefused(MatchLegacy(ThreeDense(), LegacyGroup(TfChain({DenseLayer(4)}))),
                ErrorKind::kLayerCountMismatch);
}

TEST(LegacyH5, RefusesAnotherNumberOfWeightsInALayer) {
  const ModelPlan no_bias =
      TfChain({Layer("Dense", {{"units", std::int64_t{4}}, {"use_bias", false}})});
  ExpectRefused(MatchLegacy(no_bias, LegacyGroup(TfChain({DenseLayer(4)}))),
                ErrorKind::kWeightCountMismatch, "dense");
}

TEST(LegacyH5, RefusesAnotherShapeAndNeverBroadcasts) {
  for (const Shape& shape : {Shape{1, 4}, Shape{16}, Shape{}, Shape{0, 4}, Shape{1, 4, 4}}) {
    Group root = LegacyGroup(ThreeDense());
    Put(root, "dense/dense/kernel:0", Tensor(DType::kFloat32, shape));
    ExpectRefused(MatchLegacy(ThreeDense(), root), ErrorKind::kShapeMismatch,
                  "dense/dense/kernel:0");
  }
}

TEST(LegacyH5, SkipsSingleWeightsThatDoNotFitWhenAskedAndListsThem) {
  const ModelPlan plan = ThreeDense();
  Group root = LegacyGroup(plan);
  Put(root, "dense_1/dense_1/bias:0", Tensor(DType::kFloat32, {5}));
  const Result<Assignment> loaded = MatchLegacy(plan, root, {.skip_mismatch = true});
  ASSERT_TRUE(loaded) << loaded.error().Text();
  EXPECT_TRUE(loaded->values[2]);
  EXPECT_FALSE(loaded->values[3]);
  EXPECT_TRUE(loaded->report.variables[3].source.empty());
  EXPECT_TRUE(HasNote(loaded->report, NoteKind::kSkipped, "1/bias"));
  ASSERT_EQ(loaded->report.unused.size(), 1U);
  EXPECT_EQ(loaded->report.unused[0].path, "dense_1/dense_1/bias:0");
}

TEST(LegacyH5, RefusesAnAutomaticNameOfAnotherClass) {
  const ModelPlan reader = TfChain({Layer("LayerNormalization"), Layer("PReLU")});
  Group root = LegacyGroup(reader);
  SetNamesAt(root, "", "layer_names", {"layer_normalization", "dense"});
  AddChild(root, Child{"dense", root.Find("p_re_lu")->node});
  Drop(root, "p_re_lu");
  ExpectRefused(MatchLegacy(reader, root), ErrorKind::kClassMismatch, "dense");
}

TEST(LegacyH5, RefusesAGivenNameThatStandsElsewhere) {
  const ModelPlan writer = ThreeDense({NameStep(0, "one"), NameStep(1, "two")});
  const ModelPlan reader = ThreeDense({NameStep(0, "two"), NameStep(1, "one")});
  ExpectRefused(MatchLegacy(reader, LegacyGroup(writer)), ErrorKind::kGivenNameElsewhere, "one");
  const ModelPlan moved = ThreeDense({NameStep(2, "one")});
  ExpectRefused(MatchLegacy(moved, LegacyGroup(writer)), ErrorKind::kGivenNameElsewhere);
}

TEST(LegacyH5, RefusesANameThatThePersonGaveToALayerWithoutWeightsHere) {
  const ModelPlan reader = ThreeDense({NoopStep(1, "one")});
  ExpectRefused(MatchLegacy(reader, LegacyGroup(ThreeDense({NameStep(0, "one")}))),
                ErrorKind::kGivenNameElsewhere, "one");
}

TEST(LegacyH5, ReportsANameThatOneSideAloneKnows) {
  const ModelPlan named = ThreeDense({NameStep(1, "middle")});
  const Result<Assignment> in_file = MatchLegacy(ThreeDense(), LegacyGroup(named));
  ExpectNumbered(in_file, named);
  EXPECT_TRUE(HasNote(in_file->report, NoteKind::kRenamed, "dense_1"));
  const Result<Assignment> in_model = MatchLegacy(named, LegacyGroup(ThreeDense()));
  ExpectNumbered(in_model, named);
  EXPECT_TRUE(HasNote(in_model->report, NoteKind::kRenamed, "middle"));
}

TEST(LegacyH5, AcceptsAGivenNameOfAutomaticFormAtItsOwnPlace) {
  const ModelPlan odd = TfChain({DenseLayer(4), Layer("PReLU")}, {NameStep(1, "dense_7")});
  ExpectNumbered(MatchLegacy(odd, LegacyGroup(odd)), odd);
}

TEST(LegacyH5, RefusesAWeightOfAnotherRole) {
  Group root = LegacyGroup(TfChain({Layer("LayerNormalization")}));
  SetNamesAt(root, "layer_normalization", "weight_names",
             {"layer_normalization/beta:0", "layer_normalization/gamma:0"});
  ExpectRefused(MatchLegacy(TfChain({Layer("LayerNormalization")}), root),
                ErrorKind::kRoleMismatch);
}

TEST(LegacyH5, RefusesAnyOrderOfEqualSiblingsInsideANestButAscendingNames) {
  const ModelPlan frozen = NestedDense({FreezeStep(0)});
  const Group root = LegacyGroup(frozen);
  ExpectNumbered(MatchLegacy(frozen, root), frozen);
  ExpectRefused(MatchLegacy(NestedDense(), root), ErrorKind::kAmbiguousOrder, "sequential");
  const Result<Assignment> assumed = MatchLegacy(NestedDense(), root, {.assume_order = true});
  ASSERT_TRUE(assumed) << assumed.error().Text();
  EXPECT_TRUE(HasNote(assumed->report, NoteKind::kAssumedOrder, "sequential"));
}

TEST(LegacyH5, KnowsSiblingsInsideANestByTheNamesAPersonGave) {
  const Build names = {NameStep(0, "c"), NameStep(1, "b"), NameStep(2, "a")};
  const ModelPlan named = NestedDense(names);
  ExpectNumbered(MatchLegacy(named, LegacyGroup(named)), named);
  Build frozen_names = names;
  frozen_names.push_back(FreezeStep(0));
  ExpectRefused(MatchLegacy(named, LegacyGroup(NestedDense(frozen_names))),
                ErrorKind::kGivenNameElsewhere);
  ExpectRefused(MatchLegacy(NestedDense(), LegacyGroup(named)), ErrorKind::kAmbiguousOrder);
}

TEST(LegacyH5, RefusesASublayerThatWouldTakeWeightsOfTwo) {
  const ModelPlan plan = NestedDense();
  Group root = LegacyGroup(plan);
  SetNamesAt(root, "sequential", "weight_names",
             {"dense/kernel:0", "dense_1/bias:0", "dense_1/kernel:0", "dense/bias:0",
              "dense_2/kernel:0", "dense_2/bias:0"});
  ExpectRefused(MatchLegacy(plan, root), ErrorKind::kAmbiguousOrder);
  ExpectRefused(MatchLegacy(plan, root, {.assume_order = true}), ErrorKind::kAmbiguousOrder);
}

TEST(LegacyH5, RefusesAGroupWhoseWeightsAreCalledThoseOfAnotherLayer) {
  const ModelPlan plan = ThreeDense();
  Group root = LegacyGroup(plan);
  std::swap(root.Find("dense")->node, root.Find("dense_1")->node);
  ExpectRefused(MatchLegacy(plan, root), ErrorKind::kAmbiguousOrder, "dense");
  const Result<Assignment> assumed = MatchLegacy(plan, root, {.assume_order = true});
  ASSERT_TRUE(assumed) << assumed.error().Text();
  EXPECT_TRUE(HasNote(assumed->report, NoteKind::kAssumedOrder, "dense"));
}

TEST(LegacyH5, ReportsLayersWithoutWeightsThatDiffer) {
  const ModelPlan writer = TfChain({DenseLayer(4), Layer("ReLU"), DenseLayer(4)});
  const ModelPlan softmax = TfChain({DenseLayer(4), Layer("Softmax"), DenseLayer(4)});
  const ModelPlan moved = TfChain({DenseLayer(4), DenseLayer(4), Layer("ReLU")});
  const ModelPlan bare = TfChain({DenseLayer(4), DenseLayer(4)});
  for (const ModelPlan& reader : {softmax, moved, bare}) {
    const Result<Assignment> loaded = MatchLegacy(reader, LegacyGroup(writer));
    ExpectNumbered(loaded, reader);
    EXPECT_TRUE(HasNote(loaded->report, NoteKind::kLayersDiffer, "re_lu"));
  }
  const Result<Assignment> more = MatchLegacy(writer, LegacyGroup(bare));
  ASSERT_TRUE(more);
  EXPECT_TRUE(HasNote(more->report, NoteKind::kLayersDiffer, "re_lu"));
  EXPECT_TRUE(MatchLegacy(writer, LegacyGroup(writer))->report.notes.empty());
  const ModelPlan with_noop = TfChain({DenseLayer(4), DenseLayer(4)}, {NoopStep(1)});
  EXPECT_TRUE(MatchLegacy(bare, LegacyGroup(with_noop))->report.notes.empty());
}

TEST(LegacyH5, ReportsExactWideningAndRefusesNarrowingUnlessAsked) {
  const ModelPlan plan = ThreeDense();
  Group root = LegacyGroup(plan);
  Put(root, "dense/dense/bias:0", Tensor(DType::kFloat16, {4}));
  const Result<Assignment> widened = MatchLegacy(plan, root);
  ASSERT_TRUE(widened) << widened.error().Text();
  EXPECT_TRUE(HasNote(widened->report, NoteKind::kWidened, "0/bias"));
  Put(root, "dense/dense/bias:0", Tensor(DType::kFloat64, {4}));
  ExpectRefused(MatchLegacy(plan, root), ErrorKind::kNarrowing, "dense/dense/bias:0");
  const Result<Assignment> narrowed = MatchLegacy(plan, root, {.allow_narrowing = true});
  ASSERT_TRUE(narrowed) << narrowed.error().Text();
  EXPECT_TRUE(HasNote(narrowed->report, NoteKind::kNarrowed, "0/bias"));
}

TEST(LegacyH5, RefusesOpaqueBytesAndTextWhereNumbersAreDue) {
  Group root = LegacyGroup(ThreeDense());
  StoredArray& value = FindPath(root, "dense/dense/bias:0")->dataset()->value;
  value.type = {StoredClass::kOpaque, DType::kFloat32, 2, false, false};
  value.bytes.Own().resize(8);
  ExpectRefused(MatchLegacy(ThreeDense(), root), ErrorKind::kDtypeMismatch);
}

TEST(LegacyH5, RefusesATensorThatNothingTakesUnlessPartial) {
  const ModelPlan plan = ThreeDense();
  Group root = LegacyGroup(plan);
  Put(root, "dense/stray", Tensor(DType::kFloat32, {2}));
  ExpectRefused(MatchLegacy(plan, root), ErrorKind::kUnusedTensor, "dense/stray");
  const Result<Assignment> loaded = MatchLegacy(plan, root, {.partial = true});
  ExpectNumbered(loaded, plan);
  EXPECT_TRUE(HasNote(loaded->report, NoteKind::kUnused, "dense/stray"));
}

TEST(LegacyH5, RefusesOptimizerTensorsInAFileOfWeightsAlone) {
  Group root = LegacyGroup(ThreeDense());
  Put(root, "optimizer_weights/iteration:0", Tensor(DType::kInt64, {}));
  ExpectRefused(MatchLegacy(ThreeDense(), root), ErrorKind::kUnusedTensor);
}

TEST(LegacyH5, RefusesListedThingsThatAreNotThere) {
  Group no_tensor = LegacyGroup(ThreeDense());
  Drop(no_tensor, "dense/dense/bias:0");
  ExpectRefused(MatchLegacy(ThreeDense(), no_tensor), ErrorKind::kMissingTensor,
                "dense/dense/bias:0");
  Group no_layer = LegacyGroup(ThreeDense());
  Drop(no_layer, "dense_1");
  ExpectRefused(MatchLegacy(ThreeDense(), no_layer), ErrorKind::kMissingTensor, "dense_1");
}

TEST(LegacyH5, RefusesNamesListedTwice) {
  Group layers = LegacyGroup(ThreeDense());
  SetNamesAt(layers, "", "layer_names", {"dense", "dense_1", "dense_1"});
  ExpectRefused(MatchLegacy(ThreeDense(), layers), ErrorKind::kDuplicateName, "layer_names");
  Group weights = LegacyGroup(ThreeDense());
  SetNamesAt(weights, "dense", "weight_names", {"dense/bias:0", "dense/bias:0"});
  ExpectRefused(MatchLegacy(ThreeDense(), weights), ErrorKind::kDuplicateName,
                "dense@weight_names");
}

TEST(LegacyH5, RefusesNameListsOfTheWrongKind) {
  const ModelPlan plan = ThreeDense();
  const auto refused_with = [&plan](const Attribute& attribute) {
    Group root = LegacyGroup(plan);
    SetAttribute(root.attributes, attribute);
    ExpectRefused(MatchLegacy(plan, root), ErrorKind::kMalformedMetadata, "layer_names");
  };
  refused_with(StringAttribute("layer_names", "dense"));
  refused_with(StringListAttribute("layer_names", {"dense", "\xff", "dense_2"}));
  Attribute numbers{"layer_names", {}};
  numbers.value.type = {StoredClass::kNumber, DType::kInt64, 8, false, false};
  numbers.value.shape = {1};
  numbers.value.bytes.Own().resize(8);
  refused_with(numbers);
  numbers.value.null_space = true;
  refused_with(numbers);
}

TEST(LegacyH5, ReadsChunkedNamesAndRefusesAGapOrAContradiction) {
  const ModelPlan plan = ThreeDense();
  Group root = LegacyGroup(plan);
  SetNamesAt(root, "", "layer_names0", {"dense", "dense_1"});
  SetNamesAt(root, "", "layer_names1", {"dense_2"});
  ExpectNumbered(MatchLegacy(plan, root), plan);  // beside the plain list, which says the same
  Group chunked = root;
  std::erase_if(chunked.attributes, [](const Attribute& a) { return a.name == "layer_names"; });
  ExpectNumbered(MatchLegacy(plan, chunked), plan);
  SetNamesAt(chunked, "", "layer_names3", {"dense_9"});
  ExpectRefused(MatchLegacy(plan, chunked), ErrorKind::kMalformedMetadata, "layer_names3");
  SetNamesAt(root, "", "layer_names1", {"dense_3"});
  ExpectRefused(MatchLegacy(plan, root), ErrorKind::kMalformedMetadata, "layer_names");
}

TEST(LegacyH5, RefusesAnEmptyListOverAGroupThatHoldsTensors) {
  Group root = LegacyGroup(ThreeDense());
  SetNamesAt(root, "dense", "weight_names", {});
  ExpectRefused(MatchLegacy(ThreeDense(), root), ErrorKind::kMalformedMetadata,
                "dense@weight_names");
  std::erase_if(AttributesAt(root, "dense"), [](const Attribute&) { return true; });
  ExpectRefused(MatchLegacy(ThreeDense(), root), ErrorKind::kMalformedMetadata,
                "dense@weight_names");
}

TEST(LegacyH5, RefusesAFileOfKeras1) {
  Group root = LegacyGroup(ThreeDense());
  SetAttribute(root.attributes, StringAttribute("keras_version", "1.2.2"));
  ExpectRefused(MatchLegacy(ThreeDense(), root), ErrorKind::kWrongFormat, "keras_version");
}

TEST(LegacyH5, RefusesWeightsOfTheModelItselfUnlessPartial) {
  Group root = LegacyGroup(ThreeDense());
  Put(root, "top_level_model_weights/scale:0", Tensor(DType::kFloat32, {}));
  SetNamesAt(root, "top_level_model_weights", "weight_names", {"scale:0"});
  ExpectRefused(MatchLegacy(ThreeDense(), root), ErrorKind::kWeightCountMismatch, "top_level");
  ExpectNumbered(MatchLegacy(ThreeDense(), root, {.partial = true}), ThreeDense());
}

TEST(LegacyH5, CannotBeWrittenWithANameThatStandsTwiceInAGroup) {
  const ModelPlan taken = ThreeDense({NameStep(0, "top_level_model_weights")});
  const Result<Group> root = Encode(Format::kLegacyH5, taken, NumberedTensors(taken));
  ASSERT_FALSE(root);
  EXPECT_EQ(root.error().kind, ErrorKind::kDuplicateName);
  EXPECT_TRUE(Encode(Format::kWeightsH5, taken, NumberedTensors(taken)));
}

}  // namespace
}  // namespace weightproof
