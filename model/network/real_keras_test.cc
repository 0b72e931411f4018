// Predictions of real Keras 3.15.1 (numpy backend) and tf_keras 2.21, in
// testdata/predictions.jsonl: one model a line. `keras` is its to_json(), `layers` the same without
// nesting in the words of LayerSpec, `weights` in walk order; numbers are base64 of little-endian
// float32.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "model/network/network.h"
#include "model/spec/architecture.h"

namespace weightproof {
namespace {

using Json = nlohmann::json;

std::vector<Json> Fixture() {
  std::ifstream file(std::string(WEIGHTPROOF_SOURCE_DIR) +
                     "/model/network/testdata/predictions.jsonl");
  std::vector<Json> models;
  for (std::string line; std::getline(file, line);) models.push_back(Json::parse(line));
  return models;
}

Tensor FromBase64(const Shape& shape, const std::string& text) {
  static const std::string kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::vector<std::byte> bytes;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    const std::size_t digit = kDigits.find(c);
    if (digit == std::string::npos) break;
    bits = (bits << 6) | static_cast<unsigned>(digit);
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes.push_back(static_cast<std::byte>((bits >> count) & 0xFF));
    }
  }
  Tensor tensor(DType::kFloat32, shape);
  EXPECT_EQ(tensor.bytes().size(), bytes.size());
  std::copy_n(bytes.begin(), std::min(bytes.size(), tensor.bytes().size()), tensor.bytes().begin());
  return tensor;
}

ConfigValue Value(const Json& json) {
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_integer()) return json.get<std::int64_t>();
  if (json.is_number()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  if (json.is_array()) return json.get<std::vector<std::int64_t>>();
  return {};
}

ArchitectureSpec FlatArchitecture(const Json& model) {
  ArchitectureSpec architecture;
  architecture.dialect = model.at("dialect") == "keras3" ? Dialect::kKeras3 : Dialect::kTfKeras;
  architecture.input_shape = model.at("input_shape").get<Shape>();
  for (const Json& layer : model.at("layers")) {
    LayerSpec& spec = architecture.layers.emplace_back();
    spec.class_name = layer.at(0).get<std::string>();
    for (const auto& [key, value] : layer.at(1).items()) spec.config[key] = Value(value);
  }
  return architecture;
}

// Largest |real - value| / bound over both our float prediction and that of the real library.
double WorstRatio(const Json& model, const ArchitectureSpec& architecture) {
  const auto plan = PlanSequential(architecture);
  EXPECT_TRUE(plan.has_value()) << plan.error().Text();
  if (!plan) return 0;
  Network network = Network::Create(*plan).value();
  const Json& weights = model.at("weights");
  EXPECT_EQ(weights.size(), network.variables().size());
  for (std::size_t i = 0; i < std::min(weights.size(), network.variables().size()); ++i) {
    network.variables()[i] =
        FromBase64(weights[i].at("shape").get<Shape>(), weights[i].at("data").get<std::string>());
  }
  Shape shape = model.at("input_shape").get<Shape>();
  shape.insert(shape.begin(), model.at("batch").get<std::int64_t>());
  const Tensor x = FromBase64(shape, model.at("x").get<std::string>());
  const Tensor real = FromBase64(model.at("yshape").get<Shape>(), model.at("y").get<std::string>());
  const Tensor ours = network.Predict(x).value();
  const BoundedPrediction bounded = network.PredictBounded(x).value();
  EXPECT_EQ(ours.shape(), real.shape());
  double worst = 0;
  for (std::size_t i = 0; i < real.values<float>().size(); ++i) {
    const double value = bounded.value.values<double>()[i];
    const double bound = bounded.bound.values<double>()[i];
    for (const float y : {real.values<float>()[i], ours.values<float>()[i]}) {
      const double distance = std::fabs(static_cast<double>(y) - value);
      if (!(distance <= bound)) return 1e300;
      if (distance > 0) worst = std::max(worst, distance / bound);
    }
    EXPECT_LT(bound, 0.05 * (std::fabs(value) + 0.1)) << "a bound that says nothing";
  }
  return worst;
}

TEST(RealKeras, PredictionsLieWithinTheBound) {
  const std::vector<Json> models = Fixture();
  ASSERT_GE(models.size(), 60U);
  std::set<std::string> classes;
  for (std::size_t i = 0; i < models.size(); ++i) {
    EXPECT_LE(WorstRatio(models[i], FlatArchitecture(models[i])), 1)
        << "line " << i + 1 << ": " << models[i].at("layers").dump();
    for (const Json& layer : models[i].at("layers")) classes.insert(layer.at(0));
  }
  EXPECT_GE(classes.size(), 27U) << "classes that the fixture covers";
}

TEST(RealKeras, PredictionsLieWithinTheBoundOfTheModelReadFromItsJson) {
  const std::vector<Json> models = Fixture();
  for (std::size_t i = 0; i < models.size(); ++i) {
    const auto architecture = ArchitectureFromKerasJson(models[i].at("keras").dump());
    ASSERT_TRUE(architecture.has_value())
        << "line " << i + 1 << ": " << architecture.error().Text();
    EXPECT_LE(WorstRatio(models[i], *architecture), 1) << "line " << i + 1;
  }
}

}  // namespace
}  // namespace weightproof
