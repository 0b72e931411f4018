// What files of models with classes of a person's own say, whatever these keep their layers in.
#include <gtest/gtest.h>

#include <algorithm>

#include "harness/oracle/promises.h"
#include "harness/oracle/written_for_test.h"

namespace weightproof {
namespace {

LayerSpec Dense() {
  LayerSpec layer;
  layer.class_name = "Dense";
  layer.config["units"] = std::int64_t{2};
  return layer;
}

Build Around(NestHow how, KeepHow keep, const char* attribute) {
  Step nest;
  nest.op = StepOp::kNest;
  nest.end = 3;
  nest.nest = how;
  nest.keep = keep;
  nest.attributes = {attribute};
  if (keep == KeepHow::kAttributes) nest.attributes = {attribute, "m", "k"};
  nest.attribute_order = {2, 0, 1};
  Step assemble;
  assemble.how = AssembleHow::kFunctional;
  return {nest, assemble};
}

Written WrittenOf(Dialect dialect, Format format, const Build& build) {
  ArchitectureSpec architecture;
  architecture.dialect = dialect;
  architecture.input_shape = {2};
  architecture.layers = {Dense(), Dense(), Dense()};
  return Write(architecture, format, build);
}

bool HoldsEverything(const Written& written, Format format) {
  const Truth truth = DecodeTruth(written.tree, written.plan, RouteOf(format));
  return truth.owed.empty() && std::ranges::all_of(written.weights, [&](const NamedTensor& saved) {
           return std::ranges::any_of(truth.values, [&](const auto& one) {
             return one.first == saved.id && one.second && *one.second == saved.tensor;
           });
         });
}

TEST(OwnClassTruth, AnUntouchedFileOwesNothingAndHoldsEveryValue) {
  for (const Dialect dialect : {Dialect::kKeras3, Dialect::kTfKeras}) {
    for (const NestHow how : {NestHow::kSubclass, NestHow::kLayer}) {
      for (const KeepHow keep :
           {KeepHow::kAttributes, KeepHow::kList, KeepHow::kLists, KeepHow::kDict}) {
        // tf-keras passes lists of lists by, unless a model lists its layers besides.
        if (dialect == Dialect::kTfKeras && keep == KeepHow::kLists && how == NestHow::kLayer) {
          continue;
        }
        for (const char* attribute : {"blocks", "stack"}) {
          for (const Format format : {Format::kWeightsH5, Format::kLegacyH5}) {
            Build build = Around(how, keep, attribute);
            // Equal siblings that do not ascend are ambiguous in legacy H5, however they are kept.
            if (format == Format::kLegacyH5) build[0].attribute_order.clear();
            const Written written = WrittenOf(dialect, format, build);
            EXPECT_TRUE(HoldsEverything(written, format))
                << DialectName(dialect) << " " << attribute << " " << static_cast<int>(how) << " "
                << static_cast<int>(keep) << " " << static_cast<int>(format);
          }
        }
      }
    }
  }
}

TEST(OwnClassTruth, WhatTheLibraryPassesByIsOwed) {
  const auto owed = [](Dialect dialect, KeepHow keep) {
    const Written written =
        WrittenOf(dialect, Format::kWeightsH5, Around(NestHow::kLayer, keep, "stack"));
    const Truth truth = DecodeTruth(written.tree, written.plan, RouteOf(Format::kWeightsH5));
    return std::ranges::count(truth.owed, "missing-tensor", &Owed::rule);
  };
  EXPECT_EQ(owed(Dialect::kKeras3, KeepHow::kSet), 3);
  EXPECT_EQ(owed(Dialect::kTfKeras, KeepHow::kLists), 3);
  EXPECT_EQ(owed(Dialect::kKeras3, KeepHow::kLists), 0);
}

TEST(OwnClassTruth, AnotherOrderInAContainerIsAnotherNesting) {
  const auto plan = [](KeepHow keep, std::vector<int> order) {
    Build build = Around(NestHow::kLayer, keep, "stack");
    build[0].attribute_order = std::move(order);
    return WrittenOf(Dialect::kKeras3, Format::kWeightsH5, build).plan;
  };
  const ModelPlan list = plan(KeepHow::kList, {});
  EXPECT_TRUE(SameNesting(list, plan(KeepHow::kList, {})));
  EXPECT_FALSE(SameNesting(list, plan(KeepHow::kList, {1, 0, 2})));
  EXPECT_FALSE(SameNesting(list, plan(KeepHow::kDict, {})));
  EXPECT_EQ(BuildKind(list), "functional/nested+own");
}

}  // namespace
}  // namespace weightproof
