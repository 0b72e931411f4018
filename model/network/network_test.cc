#include "model/network/network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "model/spec/architecture.h"

namespace weightproof {
namespace {

LayerSpec Layer(std::string class_name, Config config) {
  LayerSpec layer;
  layer.class_name = std::move(class_name);
  layer.config = std::move(config);
  return layer;
}

Network Make(Shape input_shape, std::vector<LayerSpec> layers, Dialect dialect = Dialect::kKeras3) {
  ArchitectureSpec architecture;
  architecture.dialect = dialect;
  architecture.input_shape = std::move(input_shape);
  architecture.layers = std::move(layers);
  auto plan = PlanSequential(architecture);
  EXPECT_TRUE(plan.has_value()) << (plan ? "" : plan.error().Text());
  auto network = Network::Create(*plan);
  EXPECT_TRUE(network.has_value()) << (network ? "" : network.error().Text());
  return std::move(*network);
}

Tensor Ramp(const Shape& shape, float step = 0.37F) {
  Tensor tensor(DType::kFloat32, shape);
  float value = -0.9F;
  for (float& v : tensor.values<float>()) {
    v = value;
    value += step;
    if (value > 1) value -= 1.93F;
  }
  return tensor;
}

void FillVariables(Network& network) {
  for (std::size_t i = 0; i < network.variables().size(); ++i) {
    Tensor& variable = network.variables()[i];
    variable = Ramp(variable.shape(), 0.11F + 0.07F * static_cast<float>(i));
    for (float& v : variable.values<float>()) {
      v = network.variable_plans()[i]->positive ? std::fabs(v) + 0.1F : 0.3F * v;
    }
  }
}

// One layer of every kind of arithmetic.
Network Mixed() {
  Network network =
      Make({6, 5, 4}, {Layer("Conv2D", {{"filters", 9}, {"kernel_size", 3}, {"padding", "same"}}),
                       Layer("BatchNormalization", {}), Layer("MaxPooling2D", {}),
                       Layer("Reshape", {{"target_shape", std::vector<std::int64_t>{3, 18}}}),
                       Layer("LSTM", {{"units", 11}, {"return_sequences", true}}),
                       Layer("GRU", {{"units", 9}}), Layer("LayerNormalization", {}),
                       Layer("Dense", {{"units", 10}, {"activation", "softmax"}})});
  FillVariables(network);
  return network;
}

bool SameBits(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

TEST(Network, PredictsTheSameBitsAgain) {
  const Network network = Mixed();
  const Tensor x = Ramp({3, 6, 5, 4});
  const Tensor first = network.Predict(x).value();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(network.Predict(x).value(), first);
}

TEST(Network, PredictsTheSameBitsInAnotherNetworkWithTheSameVariables) {
  const Network a = Mixed(), b = Mixed();
  const Tensor x = Ramp({2, 6, 5, 4});
  EXPECT_EQ(a.Predict(x).value(), b.Predict(x).value());
}

TEST(Network, PredictsEveryItemOfABatchAsIfItWereAlone) {
  const Network network = Mixed();
  for (const std::int64_t batch : {1, 2, 3, 5, 8, 17}) {
    const Tensor x = Ramp({batch, 6, 5, 4});
    const Tensor together = network.Predict(x).value();
    for (std::int64_t b = 0; b < batch; ++b) {
      Tensor item(DType::kFloat32, {1, 6, 5, 4});
      std::ranges::copy(x.values<float>().subspan(static_cast<std::size_t>(b) * 120, 120),
                        item.values<float>().begin());
      const Tensor alone = network.Predict(item).value();
      EXPECT_TRUE(SameBits(alone.values<float>(),
                           together.values<float>().subspan(static_cast<std::size_t>(b) * 10, 10)))
          << "item " << b << " of " << batch;
    }
  }
}

TEST(Network, StartsWithKerasKindsOfInitialValues) {
  const Network network =
      Make({4}, {Layer("Dense", {{"units", 2}}), Layer("BatchNormalization", {})});
  std::vector<std::string> ids;
  for (const VariablePlan* plan : network.variable_plans()) ids.push_back(plan->role);
  EXPECT_EQ(ids, (std::vector<std::string>{"kernel", "bias", "gamma", "beta", "moving_mean",
                                           "moving_variance"}));
  const auto first = [&](std::size_t i) { return network.variables()[i].values<float>()[0]; };
  EXPECT_EQ(first(1), 0);
  EXPECT_EQ(first(2), 1);
  EXPECT_EQ(first(3), 0);
  EXPECT_EQ(first(4), 0);
  EXPECT_EQ(first(5), 1);
  const auto kernel = network.variables()[0].values<float>();
  EXPECT_TRUE(std::ranges::any_of(kernel, [&](float v) { return v != kernel[0]; }));
}

TEST(Network, FindsVariablesById) {
  const Network network =
      Make({4}, {Layer("Dense", {{"units", 2}}), Layer("Dense", {{"units", 1}})});
  EXPECT_EQ(network.IndexOf("0/kernel"), 0);
  EXPECT_EQ(network.IndexOf("1/bias"), 3);
  EXPECT_EQ(network.IndexOf("2/bias"), -1);
}

TEST(Network, PassesInputsThroughWhenNothingComputes) {
  const Network network = Make({2, 3}, {Layer("Dropout", {{"rate", 0.5}}), Layer("Flatten", {})});
  const Tensor x = Ramp({2, 2, 3});
  const Tensor y = network.Predict(x).value();
  EXPECT_EQ(y.shape(), (Shape{2, 6}));
  EXPECT_TRUE(SameBits(x.values<float>(), y.values<float>()));
  const BoundedPrediction bounded = network.PredictBounded(x).value();
  EXPECT_EQ(bounded.bound.values<double>()[0], 0);
}

TEST(Network, FlattenOfChannelsFirstMovesTheChannelsToTheEnd) {
  const Network network = Make({2, 3}, {Layer("Flatten", {{"data_format", "channels_first"}})});
  Tensor x(DType::kFloat32, {1, 2, 3});
  for (std::size_t i = 0; i < 6; ++i) x.values<float>()[i] = static_cast<float>(i);
  const Tensor y = network.Predict(x).value();
  const std::vector<float> found(y.values<float>().begin(), y.values<float>().end());
  EXPECT_EQ(found, (std::vector<float>{0, 3, 1, 4, 2, 5}));
}

TEST(Network, RefusesInputsOfAnotherShapeOrType) {
  const Network network = Make({4}, {Layer("Dense", {{"units", 2}})});
  for (const Shape& shape : {Shape{4}, Shape{1, 5}, Shape{0, 4}, Shape{1, 4, 1}}) {
    const auto result = network.Predict(Tensor(DType::kFloat32, shape));
    ASSERT_FALSE(result.has_value()) << ShapeText(shape);
    EXPECT_EQ(result.error().kind, ErrorKind::kShapeMismatch);
    EXPECT_FALSE(network.PredictBounded(Tensor(DType::kFloat32, shape)).has_value());
  }
  EXPECT_FALSE(network.Predict(Tensor(DType::kFloat64, {1, 4})).has_value());
}

TEST(Network, RefusesToPredictWithAVariableOfAnotherShape) {
  Network network = Make({4}, {Layer("Dense", {{"units", 2}})});
  network.variables()[0] = Tensor(DType::kFloat32, {2, 4});
  const auto result = network.Predict(Ramp({1, 4}));
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().place, "0/kernel");
}

TEST(Network, BoundsItsOwnFloatPredictions) {
  const Network network = Mixed();
  const Tensor x = Ramp({3, 6, 5, 4});
  const Tensor y = network.Predict(x).value();
  const BoundedPrediction bounded = network.PredictBounded(x).value();
  for (std::size_t i = 0; i < y.values<float>().size(); ++i) {
    const double value = bounded.value.values<double>()[i];
    const double bound = bounded.bound.values<double>()[i];
    EXPECT_LE(std::fabs(static_cast<double>(y.values<float>()[i]) - value), bound);
    EXPECT_LT(bound, 1e-3 * std::fabs(value)) << "a bound that says nothing";
    EXPECT_GT(bound, 0);
  }
}

TEST(Network, BoundIsInfiniteWhereAnInputStraddlesAJump) {
  Network network =
      Make({1}, {Layer("Dense", {{"units", 1}}), Layer("ReLU", {{"threshold", 0.25}})});
  network.variables()[0].values<float>()[0] = 0.1F;
  Tensor x(DType::kFloat32, {2, 1});
  x.values<float>()[0] = 2.5F;  // 0.1F * 2.5 is the threshold but for rounding
  x.values<float>()[1] = 2.6F;
  const Tensor bound = network.PredictBounded(x).value().bound;
  EXPECT_EQ(bound.values<double>()[0], std::numeric_limits<double>::infinity());
  EXPECT_LT(bound.values<double>()[1], 1e-6);
}

TEST(Network, BoundIsInfiniteWhereAValueIsNoNumber) {
  Network network = Make({2}, {Layer("Dense", {{"units", 2}})});
  network.variables()[0].values<float>()[0] = std::numeric_limits<float>::quiet_NaN();
  const Tensor bound = network.PredictBounded(Ramp({1, 2})).value().bound;
  EXPECT_TRUE(std::isinf(bound.values<double>()[0]));
  EXPECT_FALSE(std::isinf(bound.values<double>()[1]));
}

TEST(Network, KeepsTheTwoHardSigmoidsApart) {
  Tensor x(DType::kFloat32, {1, 1});
  x.values<float>()[0] = 1;
  const LayerSpec layer = Layer("Activation", {{"activation", "hard_sigmoid"}});
  const auto at_one = [&](Dialect dialect) {
    return Make({1}, {layer}, dialect).Predict(x).value().values<float>()[0];
  };
  EXPECT_FLOAT_EQ(at_one(Dialect::kTfKeras), 0.7F);
  EXPECT_FLOAT_EQ(at_one(Dialect::kKeras3), 4.0F / 6);
}

TEST(Network, CallsLayersInTheOrderOfCallsNotOfAttributes) {
  ArchitectureSpec architecture;
  architecture.input_shape = {2};
  architecture.layers = {Layer("Dense", {{"units", 2}}),
                         Layer("Activation", {{"activation", "relu"}}),
                         Layer("Dense", {{"units", 2}})};
  const ModelPlan plan = PlanSequential(architecture).value();
  Network straight = Network::Create(plan).value();
  ModelPlan turned = plan;
  std::swap(turned.model.layers[0], turned.model.layers[2]);
  std::swap(turned.model.call_order[0], turned.model.call_order[2]);
  Network other = Network::Create(turned).value();
  FillVariables(straight);
  for (std::size_t i = 0; i < 4; ++i) other.variables()[i] = straight.variables()[(i + 2) % 4];
  EXPECT_EQ(straight.Predict(Ramp({3, 2})).value(), other.Predict(Ramp({3, 2})).value());
}

}  // namespace
}  // namespace weightproof
