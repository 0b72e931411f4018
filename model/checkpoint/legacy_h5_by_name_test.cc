// The strict reading of legacy H5, by name.
#include <gtest/gtest.h>

#include "model/checkpoint/match_test_support.h"

namespace weightproof {
namespace {

ModelPlan DenseChain(int count, Build before = {}, std::int64_t units = 4) {
  before.push_back(AssembleStep(AssembleHow::kList));
  std::vector<LayerSpec> layers;
  for (int i = 0; i < count; ++i) layers.push_back(DenseLayer(units));
  return Played(Dialect::kKeras3, {4}, std::move(layers), std::move(before));
}

Step StrayDense() {
  Step stray;
  stray.op = StepOp::kStray;
  stray.class_name = "Dense";
  return stray;
}

Result<Assignment> ByName(const ModelPlan& reader, const ModelPlan& writer,
                          LoadOptions options = {}) {
  options.by_name = true;
  return MatchLegacyH5(reader, Encoded(Format::kLegacyH5, writer), options, "file.h5");
}

TEST(LegacyH5ByName, FindsGivenNamesWhereverTheyStand) {
  const ModelPlan writer = DenseChain(2, {NameStep(0, "one"), NameStep(1, "two")});
  const ModelPlan reader = DenseChain(2, {NameStep(0, "two"), NameStep(1, "one")});
  const Result<Assignment> loaded = ByName(reader, writer);
  ASSERT_TRUE(loaded) << loaded.error().Text();
  const std::vector<Tensor> saved = NumberedTensors(writer);
  EXPECT_EQ(*loaded->values[0], saved[2]);
  EXPECT_EQ(*loaded->values[3], saved[1]);
  EXPECT_TRUE(HasNote(loaded->report, NoteKind::kLayersDiffer, "one"));  // another place
}

TEST(LegacyH5ByName, TakesAutomaticNamesAtTheirOwnPlace) {
  ExpectNumbered(ByName(DenseChain(3), DenseChain(3)), DenseChain(3));
}

TEST(LegacyH5ByName, RefusesAutomaticNamesAtAnotherPlaceUnlessTrusted) {
  const ModelPlan shifted = DenseChain(2, {StrayDense()});  // dense_1, dense_2
  ExpectRefused(ByName(shifted, DenseChain(2), {.partial = true}), ErrorKind::kAutoNamesDisagree,
                "dense_1");
  const Result<Assignment> trusted =
      ByName(shifted, DenseChain(2), {.partial = true, .trust_auto_names = true});
  ASSERT_TRUE(trusted) << trusted.error().Text();
  EXPECT_EQ(*trusted->values[0], NumberedTensors(DenseChain(2))[2]);
  EXPECT_TRUE(HasNote(trusted->report, NoteKind::kTrustedNames, "dense_1"));
}

TEST(LegacyH5ByName, RefusesALayerThatOneSideAloneHasUnlessPartial) {
  ExpectRefused(ByName(DenseChain(3), DenseChain(2)), ErrorKind::kUnmatchedLayer, "dense_2");
  ExpectRefused(ByName(DenseChain(2), DenseChain(3)), ErrorKind::kUnmatchedLayer, "dense_2");
  const Result<Assignment> more = ByName(DenseChain(3), DenseChain(2), {.partial = true});
  ASSERT_TRUE(more) << more.error().Text();
  EXPECT_TRUE(HasNote(more->report, NoteKind::kUnset, "2/kernel"));
  EXPECT_FALSE(more->values[4]);
  const Result<Assignment> fewer = ByName(DenseChain(2), DenseChain(3), {.partial = true});
  ASSERT_TRUE(fewer) << fewer.error().Text();
  ASSERT_EQ(fewer->report.unused.size(), 2U);
  EXPECT_TRUE(HasNote(fewer->report, NoteKind::kUnused, fewer->report.unused[0].path));
}

TEST(LegacyH5ByName, SkipsAWholeLayerOfAnotherNumberOfWeightsWhenAsked) {
  const Step list = AssembleStep(AssembleHow::kList);
  const ModelPlan no_bias = Played(
      Dialect::kKeras3, {4},
      {Layer("Dense", {{"units", std::int64_t{4}}, {"use_bias", false}}), DenseLayer(4)}, {list});
  ExpectRefused(ByName(no_bias, DenseChain(2)), ErrorKind::kWeightCountMismatch, "dense");
  const Result<Assignment> loaded = ByName(no_bias, DenseChain(2), {.skip_mismatch = true});
  ASSERT_TRUE(loaded) << loaded.error().Text();
  EXPECT_FALSE(loaded->values[0]);
  EXPECT_TRUE(loaded->values[1]);
  EXPECT_TRUE(HasNote(loaded->report, NoteKind::kSkipped, "0/kernel"));
}

TEST(LegacyH5ByName, RefusesAnotherShapeOrSkipsItWhenAsked) {
  ExpectRefused(ByName(DenseChain(1, {}, 3), DenseChain(1)), ErrorKind::kShapeMismatch, "kernel");
  EXPECT_TRUE(ByName(DenseChain(1, {}, 3), DenseChain(1), {.skip_mismatch = true}));
}

TEST(LegacyH5ByName, GoesByOrderInsideANest) {
  const ModelPlan nested = DenseChain(3, {NestStep(1, 3)});
  ExpectNumbered(ByName(nested, nested), nested);
  ExpectRefused(ByName(nested, DenseChain(3, {FreezeStep(1), NestStep(1, 3)})),
                ErrorKind::kAmbiguousOrder, "sequential");
}

}  // namespace
}  // namespace weightproof
