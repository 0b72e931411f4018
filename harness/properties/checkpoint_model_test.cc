#include "harness/properties/checkpoint_model.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <utility>

#include "model/checkpoint/hdf5.h"

namespace weightproof {
namespace {

std::string GoldenFile(const std::string& name) {
  return std::string(WEIGHTPROOF_SOURCE_DIR) + "/corpus/golden/" + name;
}

const std::string kTrained = GoldenFile("keras-015/model.h5");

class ModelLoading : public testing::Test {
 protected:
  ModelLoading() { EXPECT_NE(mkdtemp(folder_.data()), nullptr); }
  ~ModelLoading() override { std::filesystem::remove_all(folder_); }

  Verdict Check(const std::string& path, const CheckpointFunctions& functions = {}) {
    const Group tree = ReadTreeOfCopy(path).value();
    return CheckModelLoading({tree, path, folder_ + "/again.h5", functions});
  }
  std::string CauseOf(decltype(CheckpointFunctions::load_model) load_model,
                      const std::string& path = kTrained) {
    return Check(path, {.load_model = load_model}).cause;
  }

  std::string folder_ = testing::TempDir() + "/weightproof-XXXXXX";
};

void TurnABit(Network& network) { network.variables().back().bytes().front() ^= std::byte{1}; }

TEST_F(ModelLoading, HoldsForRealModelsAndForWeightsAlone) {
  for (const char* name : {"keras-005/model.h5", "keras-015/model.h5", "tf_keras-023/model.h5",
                           "tf_keras-023/legacy.h5", "keras-015/new.weights.h5"}) {
    const Verdict verdict = Check(GoldenFile(name));
    EXPECT_EQ(verdict.kind, VerdictKind::kHeld) << name << ": " << verdict.evidence;
  }
}

TEST_F(ModelLoading, NoticesAModelWhoseVariablesAreOthers) {
  EXPECT_EQ(CauseOf([](const std::string& path, const LoadOptions& options) {
              Result<LoadedModel> loaded = LoadModel(path, options);
              TurnABit(loaded->network);
              return loaded;
            }),
            "digest-differs");
  EXPECT_EQ(CauseOf([](const std::string& path, const LoadOptions& options) {
              Result<LoadedModel> loaded = LoadModel(path, options);
              TurnABit(loaded->network);
              loaded->report.variables.back().digest =
                  TensorDigest(loaded->network.variables().back());
              return loaded;
            }),
            "variable-differs");
}

TEST_F(ModelLoading, NoticesARefusalThatDoesNotHelp) {
  EXPECT_EQ(CauseOf([](const std::string& path, const LoadOptions&) -> Result<LoadedModel> {
              return Fail(ErrorKind::kBadConfig, path, "an odd config", "mend it");
            }),
            "unhelpful-refusal-of-a-model");
  EXPECT_EQ(CauseOf([](const std::string& path, const LoadOptions&) -> Result<LoadedModel> {
              return Fail(ErrorKind::kBadConfig, path + ": @model_config", "an odd config", "");
            }),
            "unhelpful-refusal-of-a-model");
  EXPECT_EQ(CauseOf(
                [](const std::string& path, const LoadOptions&) -> Result<LoadedModel> {
                  return Fail(ErrorKind::kMissingTensor, path + ": x", "no config", "save again");
                },
                GoldenFile("tf_keras-023/legacy.h5")),
            "unhelpful-refusal-of-a-model");
}

TEST_F(ModelLoading, NoticesAModelMadeFromNothing) {
  EXPECT_EQ(CauseOf([](const std::string&,
                       const LoadOptions& options) { return LoadModel(kTrained, options); },
                    GoldenFile("tf_keras-023/legacy.h5")),
            "model-from-nothing");
}

TEST_F(ModelLoading, NoticesALoadOfWeightsThatGivesOthers) {
  const CheckpointFunctions functions{
      .load = [](Network& network, const std::string& path, const LoadOptions& options) {
        Result<LoadReport> report = LoadWeights(network, path, options);
        TurnABit(network);
        return report;
      }};
  EXPECT_EQ(Check(kTrained, functions).cause, "differs-from-load-of-weights");
}

TEST_F(ModelLoading, NoticesASaverThatChangesTheModel) {
  const CheckpointFunctions other_value{
      .save = [](const Network& network, const std::string& path, Format format) {
        Network copy = Network::Create(network.plan()).value();
        copy.variables() = network.variables();
        TurnABit(copy);
        return SaveWeights(copy, path, format, {.sync = false});
      }};
  EXPECT_EQ(Check(kTrained, other_value).cause, "model-differs-when-saved-again");
  const CheckpointFunctions other_model{
      .save = [](const Network&, const std::string& path, Format format) {
        const Result<LoadedModel> other = LoadModel(GoldenFile("keras-005/model.h5"));
        return SaveWeights(other->network, path, format, {.sync = false});
      }};
  EXPECT_EQ(Check(kTrained, other_model).cause, "another-model-when-saved-again");
  const CheckpointFunctions no_model{
      .save = [](const Network& network, const std::string& path, Format) {
        return SaveWeights(network, path, Format::kLegacyH5, {.sync = false});
      }};
  EXPECT_EQ(Check(kTrained, no_model).cause, "cannot-load-model-again");
}

}  // namespace
}  // namespace weightproof
