#include "harness/oracle/agreement.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace weightproof {
namespace {

Tensor Values(std::vector<float> values) {
  Tensor tensor(DType::kFloat32, {static_cast<std::int64_t>(values.size())});
  std::ranges::copy(values, tensor.values<float>().begin());
  return tensor;
}

TEST(Agreement, TakesAFewLastBitsForRounding) {
  const float next = std::nextafter(1.0F, 2.0F);
  EXPECT_TRUE(Agree(Values({1, 0.5F}), Values({next, 0.5F}), {}).agree);
  EXPECT_FALSE(Agree(Values({1, 0.5F}), Values({1.0001F, 0.5F}), {}).agree);
}

TEST(Agreement, HoldsADifferenceAgainstWhatNudgesDo) {
  const Tensor a = Values({1.0F, 2.0F});
  const Tensor b = Values({1.0F, 2.001F});
  const Tensor still[] = {Values({1.0F, 2.00100001F})};
  EXPECT_FALSE(Agree(a, b, still).agree);
  EXPECT_TRUE(Agree(a, b, still).decided);
  EXPECT_NEAR(Agree(a, b, still).difference, 0.001, 1e-6);
  const Tensor moved[] = {Values({1.0F, 2.0011F})};  // ill-conditioned: a nudge moves it
  EXPECT_TRUE(Agree(a, b, moved).agree);
}

TEST(Agreement, DecidesNothingByDifferencesThatNormalizationsMakeOfLastBits) {
  const PredictionAgreement small = Agree(Values({1, 0.5F}), Values({1, 0.50001F}), {});
  EXPECT_FALSE(small.agree);
  EXPECT_FALSE(small.decided);
  EXPECT_TRUE(Agree(Values({1, 0.5F}), Values({1, 0.501F}), {}).decided);
}

TEST(Agreement, DecidesNothingBesideAStep) {
  const Tensor jumped[] = {Values({1.0F, 0.0F})};
  const PredictionAgreement one = Agree(Values({1, 30}), Values({1, 1}), jumped);
  EXPECT_FALSE(one.agree);
  EXPECT_FALSE(one.decided);
  const float inf = std::numeric_limits<float>::infinity();
  EXPECT_FALSE(Agree(Values({1, inf}), Values({1, 1}), {}).decided);
  EXPECT_TRUE(Agree(Values({inf, NAN}), Values({inf, NAN}), {}).agree);
}

TEST(Agreement, IsAboutNumbersWhateverTheirType) {
  Tensor wide(DType::kFloat64, {2});
  wide.values<double>()[0] = 1.00000001;
  wide.values<double>()[1] = 0.5;
  EXPECT_TRUE(Agree(Values({1, 0.5F}), wide, {}).agree);
  wide.values<double>()[1] = 0.6;
  EXPECT_FALSE(Agree(Values({1, 0.5F}), wide, {}).agree);
}

TEST(Agreement, ShapesThatDifferNeverAgree) {
  EXPECT_FALSE(Agree(Values({1}), Values({1, 1}), {}).agree);
}

TEST(Nudge, MovesNumbersByTheirLastBitsAndKeepsIndices) {
  const Tensor numbers = Values({0.5F, -3.25F, 0.0F});
  const Tensor moved = Nudged(numbers, 4);
  EXPECT_NE(moved, numbers);
  for (int i = 0; i < 3; ++i) {
    EXPECT_LE(std::abs(moved.values<float>()[i] - numbers.values<float>()[i]),
              std::abs(numbers.values<float>()[i]) * 0x1p-19F);
  }
  EXPECT_NE(Nudged(numbers, 5), moved);
  const Tensor indices = Values({0, 3, 2});
  EXPECT_EQ(Nudged(indices, 4), indices);
}

}  // namespace
}  // namespace weightproof
