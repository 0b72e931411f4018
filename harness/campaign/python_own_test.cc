#include "harness/campaign/python_own.h"

#include <gtest/gtest.h>

namespace weightproof {
namespace {

using Lines = std::vector<std::string>;

TEST(PythonOwn, KeepsLayersAsTheStepSays) {
  const Lines layers = {"a0", "a1", "a2"};
  Step step;
  step.attributes = {"x", "y", "z"};
  step.attribute_order = {2, 0, 1};
  EXPECT_EQ(PythonKeeping("n", layers, step), (Lines{"n.z = a2", "n.x = a0", "n.y = a1"}));
  step.attributes = {"x"};
  step.keep = KeepHow::kList;
  EXPECT_EQ(PythonKeeping("n", layers, step), Lines{"n.x = [a2, a0, a1]"});
  step.keep = KeepHow::kLists;
  EXPECT_EQ(PythonKeeping("n", layers, step), Lines{"n.x = [[a2, a0], [a1]]"});
  step.keep = KeepHow::kDict;
  EXPECT_EQ(PythonKeeping("n", layers, step), Lines{R"(n.x = {"k2": a2, "k0": a0, "k1": a1})"});
  step.keep = KeepHow::kSet;
  step.attribute_order.clear();
  EXPECT_EQ(PythonKeeping("n", {"a0"}, step), Lines{"n.x = {a0}"});
  step.keep = KeepHow::kLists;
  EXPECT_EQ(PythonKeeping("n", {"a0"}, step), Lines{"n.x = [[a0]]"});
  EXPECT_EQ(PythonCalls(layers), "a2(a1(a0(x)))");
}

}  // namespace
}  // namespace weightproof
