#include <gtest/gtest.h>

#include "model/layers/layer.h"
#include "model/spec/layer_schema.h"

namespace weightproof {
namespace {

TEST(Registry, KnowsEveryClassButThoseThatTheTableSaysHaveNoForwardPass) {
  int without = 0;
  for (const LayerSchema& schema : LayerSchemas()) {
    if (!schema.without_forward) continue;
    ObjectPlan plan;
    plan.class_name = schema.class_name;
    const auto layer = MakeLayer(plan, Dialect::kKeras3);
    ASSERT_FALSE(layer) << schema.class_name;
    EXPECT_EQ(layer.error().kind, ErrorKind::kUnknownLayer) << schema.class_name;
    EXPECT_NE(layer.error().message.find(schema.class_name), std::string::npos);
    ++without;
  }
  EXPECT_GT(without, 0);
}

}  // namespace
}  // namespace weightproof
