// What files of models with wrappers say: an untouched one owes nothing, a moved half is noticed.
#include <gtest/gtest.h>

#include <algorithm>

#include "harness/oracle/promises.h"
#include "harness/oracle/truth.h"
#include "harness/oracle/weights.h"
#include "harness/oracle/written_for_test.h"
#include "model/checkpoint/checkpoint.h"

namespace weightproof {
namespace {

LayerSpec LayerWith(std::string class_name, Config config, std::vector<LayerSpec> layers = {}) {
  LayerSpec layer;
  layer.class_name = std::move(class_name);
  layer.config = std::move(config);
  layer.layers = std::move(layers);
  return layer;
}

LayerSpec Both() {
  return LayerWith("Bidirectional", {{"merge_mode", std::string("sum")}},
                   {LayerWith("GRU", {{"units", std::int64_t{2}}, {"return_sequences", true}})});
}
LayerSpec Cells() {
  const LayerSpec cell = LayerWith("LSTMCell", {{"units", std::int64_t{2}}});
  return LayerWith("RNN", {{"return_sequences", true}}, {cell, cell});
}
LayerSpec EachStep() {
  return LayerWith("TimeDistributed", {}, {LayerWith("Dense", {{"units", std::int64_t{2}}})});
}

ArchitectureSpec Wrappers(Dialect dialect) {
  ArchitectureSpec architecture;
  architecture.dialect = dialect;
  architecture.input_shape = {3, 2};
  architecture.layers = {EachStep(), Both(), Cells(),
                         EachStep(), Both(), LayerWith("Normalization", {})};
  return architecture;
}

Step NestOf(int begin, int end) {
  Step nest;
  nest.op = StepOp::kNest;
  nest.begin = begin;
  nest.end = end;
  return nest;
}

Step Frozen(int layer, const std::string& part) {
  Step freeze;
  freeze.op = StepOp::kFreeze;
  freeze.layer = layer;
  freeze.part = part;
  freeze.after = true;
  return freeze;
}

TEST(WrapperTruth, AnUntouchedFileOwesNothingAndHoldsEveryValue) {
  Step rebuild;
  rebuild.op = StepOp::kRebuild;
  for (const Dialect dialect : {Dialect::kKeras3, Dialect::kTfKeras}) {
    for (const Format format : {Format::kLegacyH5, Format::kWeightsH5}) {
      for (const Build& build :
           {Build{Step{}}, Build{NestOf(0, 6), Step{}}, Build{NestOf(1, 5), NestOf(1, 3), Step{}},
            Build{Step{}, rebuild}}) {
        const Written written = Write(Wrappers(dialect), format, build);
        const Truth truth = DecodeTruth(written.tree, written.plan, RouteOf(format));
        EXPECT_TRUE(truth.owed.empty())
            << truth.owed.front().rule << " " << truth.owed.front().subjects.front();
        for (const NamedTensor& weight : written.weights) {
          const std::optional<Tensor>* value = truth.Find(weight.id);
          ASSERT_NE(value, nullptr) << weight.id;
          ASSERT_TRUE(value->has_value()) << weight.id;
          EXPECT_EQ(**value, weight.tensor) << weight.id;
        }
        EXPECT_TRUE(CouldHaveWritten(written.tree, written.tree, written.plan));
      }
    }
  }
}

// keras-formats 1.2: a frozen half moves behind the other one; its name still tells which it is.
TEST(WrapperTruth, AHalfThatMovedInLegacyH5IsOwedAndNoOtherBuildCouldHaveWrittenIt) {
  for (const Dialect dialect : {Dialect::kKeras3, Dialect::kTfKeras}) {
    ArchitectureSpec architecture = Wrappers(dialect);
    architecture.layers = {Both()};
    const Written file = Write(architecture, Format::kLegacyH5, {Step{}, Frozen(0, "forward")});
    const Written reader = Write(architecture, Format::kLegacyH5, {Step{}});
    const Truth truth = DecodeTruth(file.tree, reader.plan, RouteOf(Format::kLegacyH5));
    ASSERT_EQ(truth.owed.size(), 2u);
    EXPECT_EQ(truth.owed[0].rule, "half-elsewhere");
    EXPECT_TRUE(NamesMayRefuse(file.plan, reader.plan, RouteOf(Format::kLegacyH5)));
    // What a load by order makes of it: the halves have changed places.
    std::vector<Tensor> swapped;
    for (const NamedTensor& weight : file.weights) swapped.push_back(weight.tensor);
    std::rotate(swapped.begin(), swapped.begin() + 3, swapped.end());
    const Group own = *Encode(Format::kLegacyH5, reader.plan, swapped);
    EXPECT_FALSE(CouldHaveWritten(file.tree, own, reader.plan));
  }
}

TEST(WrapperTruth, CellsOfOneShapeInAnotherOrderAreAmbiguous) {
  ArchitectureSpec architecture = Wrappers(Dialect::kKeras3);
  architecture.layers = {Cells()};
  const Written file = Write(architecture, Format::kLegacyH5, {Step{}, Frozen(0, "cells/0")});
  const Written reader = Write(architecture, Format::kLegacyH5, {Step{}});
  const Truth truth = DecodeTruth(file.tree, reader.plan, RouteOf(Format::kLegacyH5));
  ASSERT_FALSE(truth.owed.empty());
  EXPECT_EQ(truth.owed[0].rule, "ambiguous-order");
}

TEST(WrapperTruth, BuildsWithWrappersArePromisedByRowsOfTheirOwn) {
  const auto plan = Interpret(Wrappers(Dialect::kKeras3), {NestOf(0, 2), Step{}});
  ASSERT_TRUE(plan);
  EXPECT_EQ(BuildKind(*plan), "sequential/nested+wrapper");
}

}  // namespace
}  // namespace weightproof
