// Every file that real Keras 3 and tf-keras wrote into corpus/golden, loaded and predicted with.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "model/checkpoint/checkpoint.h"
#include "model/network/network.h"
#include "model/npy.h"
#include "model/spec/architecture.h"
#include "model/spec/plan.h"

namespace weightproof {
namespace {

constexpr std::size_t kModelsMin = 80;

const std::string& Folder() {
  static const std::string folder = std::string(WEIGHTPROOF_SOURCE_DIR) + "/corpus/golden/";
  return folder;
}

struct GoldenFile {
  std::string model;   // folder
  std::string path;    // whole
  std::string format;  // name of a Format
  bool functional = false;
};

std::string ReadText(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  EXPECT_TRUE(stream.good()) << path;
  return text.str();
}

Tensor ReadTensor(const std::string& path) {
  const Result<FileBytes> bytes = ReadWholeFile(path);
  if (!bytes) {
    ADD_FAILURE() << bytes.error().Text();
    return {};
  }
  Result<Tensor> tensor = TensorFromNpy(*bytes, path);
  if (!tensor) {
    ADD_FAILURE() << tensor.error().Text();
    return {};
  }
  EXPECT_TRUE(std::ranges::equal(TensorToNpy(*tensor).value(), *bytes)) << path;
  return *std::move(tensor);
}

nlohmann::json Index() {
  const nlohmann::json index =
      nlohmann::json::parse(ReadText(Folder() + "index.json"), nullptr, false);
  if (index.is_discarded() || !index.contains("models")) {
    ADD_FAILURE() << Folder() + "index.json is no index";
    return nlohmann::json::array();
  }
  return index["models"];
}

std::vector<GoldenFile> Files() {
  std::vector<GoldenFile> files;
  for (const nlohmann::json& model : Index()) {
    const std::string folder = model.at("folder");
    for (const auto& [file, format] : model.at("files").items())
      files.push_back(
          {folder, Folder() + folder + "/" + file, format, model.at("assembly") == "functional"});
  }
  return files;
}

struct Expected {
  Tensor inputs, predictions;
};

Expected Probe(const GoldenFile& file) {
  return {ReadTensor(Folder() + file.model + "/inputs.npy"),
          ReadTensor(Folder() + file.model + "/predictions.npy")};
}

// A bound that lets everything through would prove nothing.
struct Tightness {
  std::size_t elements = 0;
  std::size_t tight = 0;  // bound below 1e-4 of 1 + |value|
};

void ExpectPredictions(const Network& network, const Expected& expected, Tightness& tightness) {
  const Result<BoundedPrediction> bounded = network.PredictBounded(expected.inputs);
  ASSERT_TRUE(bounded.has_value()) << bounded.error().Text();
  const Result<Tensor> plain = network.Predict(expected.inputs);
  ASSERT_TRUE(plain.has_value()) << plain.error().Text();
  ASSERT_EQ(ShapeText(bounded->value.shape()), ShapeText(expected.predictions.shape()));
  ASSERT_EQ(ShapeText(plain->shape()), ShapeText(expected.predictions.shape()));
  const auto keras = expected.predictions.values<float>();
  const auto exact = bounded->value.values<double>();
  const auto bound = bounded->bound.values<double>();
  const auto ours = plain->values<float>();
  for (std::size_t i = 0; i < keras.size(); ++i) {
    ASSERT_TRUE(std::isfinite(bound[i])) << "element " << i << " straddles a discontinuity";
    ASSERT_LE(std::abs(keras[i] - exact[i]), bound[i]) << "Keras's element " << i;
    ASSERT_LE(std::abs(ours[i] - exact[i]), bound[i]) << "our element " << i;
    ASSERT_LT(bound[i], 2e-2 * (1 + std::abs(exact[i]))) << "element " << i;
    ++tightness.elements;
    tightness.tight += bound[i] < 1e-4 * (1 + std::abs(exact[i]));
  }
}

// What a load must account for, however it went about it.
void ExpectComplete(const LoadReport& report, const GoldenFile& file) {
  EXPECT_EQ(FormatName(report.format), file.format);
  for (const LoadedVariable& variable : report.variables)
    EXPECT_NE(variable.source, "") << variable.id << " was not set";
  for (const UnusedTensor& tensor : report.unused)
    EXPECT_TRUE(tensor.role == TensorRole::kOptimizer || tensor.role == TensorRole::kMetric)
        << tensor.path << ": " << TensorRoleName(tensor.role);
}

void ExpectLoads(Result<ModelPlan> plan, const GoldenFile& file, const Expected& expected,
                 Tightness& tightness) {
  ASSERT_TRUE(plan.has_value()) << plan.error().Text();
  Result<Network> network = Network::Create(*std::move(plan));
  ASSERT_TRUE(network.has_value()) << network.error().Text();
  const Result<LoadReport> report = LoadWeights(*network, file.path);
  ASSERT_TRUE(report.has_value()) << report.error().Text();
  ExpectComplete(*report, file);
  ExpectPredictions(*network, expected, tightness);
}

TEST(Golden, HasTheModelsThatTheIndexPromises) {
  const nlohmann::json models = Index();
  std::size_t trained = 0, files = 0;
  for (const nlohmann::json& model : models) {
    trained += model.at("trained").get<bool>();
    files += model.at("files").size();
  }
  std::printf("%zu golden models, %zu trained, %zu files\n", models.size(), trained, files);
  EXPECT_GE(models.size(), kModelsMin);
  EXPECT_GE(4 * trained, models.size());
  EXPECT_GE(files, 2 * models.size());
}

TEST(Golden, LoadsIntoTheModelOfItsArchitectureAndPredictsAsKerasDid) {
  std::size_t count = 0;
  Tightness tightness;
  for (const GoldenFile& file : Files()) {
    SCOPED_TRACE(file.path);
    const Expected expected = Probe(file);
    const Result<ArchitectureSpec> architecture =
        ArchitectureFromKerasJson(ReadText(Folder() + file.model + "/architecture.json"));
    if (!architecture) {
      ADD_FAILURE() << architecture.error().Text();
      continue;
    }
    ExpectLoads(PlanSequential(*architecture), file, expected, tightness);
    if (file.functional) {
      Step assemble;
      assemble.how = AssembleHow::kFunctional;
      ExpectLoads(Interpret(*architecture, {assemble}), file, expected, tightness);
    }
    ++count;
  }
  std::printf("%zu files; %zu of %zu bounds below 1e-4\n", count, tightness.tight,
              tightness.elements);
  EXPECT_GE(count, 2 * kModelsMin);
  EXPECT_GT(10 * tightness.tight, 9 * tightness.elements);
}

TEST(Golden, WholeModelFilesBringTheirOwnArchitecture) {
  std::size_t count = 0;
  Tightness tightness;
  for (const GoldenFile& file : Files()) {
    if (file.format != FormatName(Format::kLegacyH5Model)) continue;
    SCOPED_TRACE(file.path);
    const Expected expected = Probe(file);
    const Result<LoadedModel> loaded = LoadModel(file.path);
    if (!loaded) {
      ADD_FAILURE() << loaded.error().Text();
      continue;
    }
    ExpectComplete(loaded->report, file);
    ExpectPredictions(loaded->network, expected, tightness);
    ++count;
  }
  EXPECT_GE(count, kModelsMin);
}

}  // namespace
}  // namespace weightproof
