#include "model/layers/tracked.h"

#include <gtest/gtest.h>

#include <cmath>

namespace weightproof {
namespace {

// A formula with cancellation, growth and every operator.
template <class S>
S Formula(const S& x, const S& y) {
  return (Exp(x) - Tanh(y) * x) / Plus(3, y * y) + Times(0.1, Sqrt(Plus(2, x * x))) -
         Sigmoid(y) * Softplus(x) + Erf(x) * Expm1(Min(y, 0));
}

TEST(Tracked, BoundHoldsTheFloatEvaluationOfAFormula) {
  for (int i = -40; i <= 40; ++i) {
    for (int j = -40; j <= 40; ++j) {
      const float x = static_cast<float>(i) * 0.097F, y = static_cast<float>(j) * 0.083F;
      const Tracked bounded = Formula(Tracked(x), Tracked(y));
      const double distance = std::fabs(static_cast<double>(Formula(x, y)) - bounded.value);
      ASSERT_LE(distance, bounded.error) << x << " " << y;
      ASSERT_LT(bounded.error, 1e-4);
    }
  }
}

TEST(Tracked, BoundHoldsEveryPointOfTheInterval) {
  const Tracked x(0.3, 0.05);
  const Tracked y = Tanh(x * x) - Exp(x);
  for (double at = 0.25; at <= 0.35; at += 0.001) {
    EXPECT_LE(std::fabs(std::tanh(at * at) - std::exp(at) - y.value), y.error);
  }
}

TEST(Tracked, ContinuousKinksKeepAFiniteBound) {
  const Tracked at_kink(0.0, 1e-6);
  EXPECT_LE(Max(at_kink, 0).error, 1e-6);
  EXPECT_LT(JoinedAt(at_kink, 0, Tracked(0), at_kink).error, 3e-6);
  EXPECT_EQ(Max(Tracked(-1, 1e-6), 0).error, 0);
}

TEST(Tracked, JumpsInsideTheIntervalHaveNoBound) {
  EXPECT_EQ(JumpAt(Tracked(0.5, 1e-9), 0.5, Tracked(0), Tracked(1)).error, kInfinity);
  EXPECT_EQ(JumpAt(Tracked(0.6, 1e-9), 0.5, Tracked(0), Tracked(1)).error, 0);
  EXPECT_EQ(JumpAt(Tracked(0.5), 0.5, Tracked(0), Tracked(1)).value, 0);
}

TEST(Tracked, OverflowAndDivisionByWhatMayBeZeroHaveNoBound) {
  EXPECT_EQ(Exp(Tracked(100)).error, kInfinity);
  EXPECT_EQ((Tracked(3e38) + Tracked(3e38)).error, kInfinity);
  EXPECT_EQ((Tracked(1) / Tracked(1e-9, 1e-8)).error, kInfinity);
  EXPECT_EQ(ReciprocalSqrt(Tracked(1e-9, 1e-8)).error, kInfinity);
  EXPECT_EQ((Tracked(std::nan("")) + Tracked(1)).error, kInfinity);
}

}  // namespace
}  // namespace weightproof
