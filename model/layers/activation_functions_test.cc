#include "model/layers/activation_functions.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "model/spec/layer_schema.h"

namespace weightproof {
namespace {

constexpr std::array kInputs{-2.5F, -0.4F, 0.3F, 4.0F};

struct Expected {
  std::string_view name;
  std::array<float, 4> outputs;
};

// keras.activations of Keras 3.15.1, numpy backend, at kInputs.
constexpr auto kKeras3 = std::to_array<Expected>({
    {"relu", {0, 0, 0.30000001F, 4}},
    {"relu6", {0, 0, 0.30000001F, 4}},
    {"elu", {-0.91791505F, -0.32967997F, 0.30000001F, 4}},
    {"selu", {-1.6137859F, -0.57961011F, 0.31521031F, 4.2028041F}},
    {"gelu", {-0.015524179F, -0.13783132F, 0.18537344F, 3.9998732F}},
    {"softplus", {0.078889735F, 0.51301527F, 0.85435528F, 4.0181499F}},
    {"softsign", {-0.71428573F, -0.2857143F, 0.23076925F, 0.80000001F}},
    {"silu", {-0.18964545F, -0.16052495F, 0.17233276F, 3.928055F}},
    {"sigmoid", {0.075858183F, 0.40131235F, 0.57444251F, 0.98201376F}},
    {"tanh", {-0.98661429F, -0.37994897F, 0.29131263F, 0.99932933F}},
    {"exponential", {0.082085006F, 0.67032003F, 1.3498588F, 54.598148F}},
    {"linear", {-2.5F, -0.40000001F, 0.30000001F, 4}},
    {"leaky_relu", {-0.5F, -0.080000006F, 0.30000001F, 4}},
    {"softmax", {0.0014476965F, 0.011822135F, 0.023806855F, 0.96292323F}},
    {"log_softmax", {-6.5377817F, -4.4377818F, -3.7377815F, -0.037781563F}},
    {"mish", {-0.19681621F, -0.18891649F, 0.20800141F, 3.9974129F}},
    {"hard_sigmoid", {0.083333343F, 0.43333334F, 0.55000001F, 1}},
    {"hard_silu", {-0.20833336F, -0.17333333F, 0.16500001F, 4}},
    {"hard_tanh", {-1, -0.40000001F, 0.30000001F, 1}},
    {"celu", {-0.91791505F, -0.32967997F, 0.30000001F, 4}},
    {"log_sigmoid", {-2.5788898F, -0.91301525F, -0.55435526F, -0.018149929F}},
    {"soft_shrink", {-2, 0, 0, 3.5F}},
    {"hard_shrink", {-2.5F, 0, 0, 4}},
    {"tanh_shrink", {-1.5133858F, -0.020051032F, 0.008687377F, 3.0006707F}},
    {"squareplus", {0.35078108F, 0.81980389F, 1.1611874F, 4.2360678F}},
    {"sparse_plus", {0, 0.090000004F, 0.42249995F, 4}},
    {"sparsemax", {0, 0, 0, 1}},
    {"sparse_sigmoid", {0, 0.30000001F, 0.64999998F, 1}},
});

std::array<float, 4> Apply(std::string_view name, Dialect dialect, std::array<float, 4> x) {
  const ActivationFunction* function = FindActivation(name, dialect);
  EXPECT_NE(function, nullptr) << name;
  if (function != nullptr) (*function)(x.data(), 4, 4);
  return x;
}

TEST(Activations, AgreeWithKeras3) {
  for (const Expected& expected : kKeras3) {
    const auto y = Apply(expected.name, Dialect::kKeras3, kInputs);
    for (std::size_t i = 0; i < y.size(); ++i) {
      EXPECT_NEAR(y[i], expected.outputs[i], 1e-6F * (1 + std::fabs(expected.outputs[i])))
          << expected.name << " at " << kInputs[i];
    }
  }
}

TEST(Activations, BoundsHoldTheFloatResults) {
  for (const Expected& expected : kKeras3) {
    std::array<Tracked, 4> x;
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = Tracked(kInputs[i]);
    (*FindActivation(expected.name, Dialect::kKeras3))(x.data(), 4, 4);
    const auto y = Apply(expected.name, Dialect::kKeras3, kInputs);
    for (std::size_t i = 0; i < x.size(); ++i) {
      EXPECT_LE(std::fabs(static_cast<double>(y[i]) - x[i].value), x[i].error) << expected.name;
      EXPECT_LT(x[i].error, 1e-4) << expected.name;
    }
  }
}

TEST(Activations, AreThereForEveryNameOfTheSchema) {
  for (const Dialect dialect : {Dialect::kKeras3, Dialect::kTfKeras}) {
    for (const std::string_view name : ActivationNames(dialect)) {
      EXPECT_NE(FindActivation(name, dialect), nullptr) << name;
    }
  }
  EXPECT_EQ(FindActivation("hard_silu", Dialect::kTfKeras), nullptr);
}

TEST(Activations, HardSigmoidOfTfKerasHasAnotherSlope) {
  const auto y = Apply("hard_sigmoid", Dialect::kTfKeras, {-2.5F, 1, 2.4F, 2.6F});
  EXPECT_EQ(y[0], 0);
  EXPECT_FLOAT_EQ(y[1], 0.7F);
  EXPECT_FLOAT_EQ(y[2], 0.98F);
  EXPECT_EQ(y[3], 1);
}

// Keras adds up the cumulative sums of the support; the projection would give 0.2333, 0.4333, ...
TEST(Activations, SparsemaxIsWhatKerasComputesNotWhatThePaperDoes) {
  const auto y = Apply("sparsemax", Dialect::kKeras3, {0.1F, 0.3F, 0.2F, -1});
  EXPECT_EQ(y[0], 0);
  EXPECT_NEAR(y[1], 0.1666666F, 1e-6F);
  EXPECT_NEAR(y[2], 0.06666664F, 1e-6F);
  EXPECT_EQ(y[3], 0);
}

TEST(Activations, SoftmaxWorksOnRunsOfTheLastAxis) {
  std::array<float, 4> x{1, 1, 0, 0};
  (*FindActivation("softmax", Dialect::kTfKeras))(x.data(), 4, 2);
  for (const float v : x) EXPECT_EQ(v, 0.5F);
}

}  // namespace
}  // namespace weightproof
