#include "harness/properties/checkpoint_loading.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <bit>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "harness/properties/paths.h"
#include "model/checkpoint/hdf5.h"
#include "model/spec/architecture.h"

namespace weightproof {
namespace {

// Nested with a frozen layer; trained, so that an optimizer's tensors are there; recurrent.
constexpr const char* kModels[] = {"keras-005", "keras-015", "tf_keras-023"};

std::string Golden(const std::string& model, const std::string& file) {
  return std::string(WEIGHTPROOF_SOURCE_DIR) + "/corpus/golden/" + model + "/" + file;
}

std::string Text(const std::string& path) {
  std::string bytes;
  EXPECT_TRUE(ReadFile(path, &bytes)) << path;
  return bytes;
}

std::vector<std::byte> Bytes(const std::string& path) {
  const std::string text = Text(path);
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  return {begin, begin + text.size()};
}

class CheckpointLoading : public testing::Test {
 protected:
  CheckpointLoading() {
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
    for (const char* model : kModels) {
      AddModel(Golden(model, "architecture.json"));
    }
    AddModel(std::string(WEIGHTPROOF_SOURCE_DIR) + "/fuzz/models/siblings-keras.json");
  }
  ~CheckpointLoading() override { std::filesystem::remove_all(folder_); }

  void AddModel(const std::string& path) {
    const auto architecture = ArchitectureFromKerasJson(Text(path));
    models_.push_back(Network::Create(PlanSequential(architecture.value()).value()).value());
  }

  // A file of the last model, in which layers of equal shapes stand side by side.
  std::vector<std::byte> Siblings(Format format) {
    std::vector<Tensor> numbers = models_.back().variables();
    float next = 1;
    for (Tensor& tensor : numbers) {
      for (float& number : tensor.values<float>()) number = next++;
    }
    return WriteHdf5(Encode(format, models_.back().plan(), numbers).value()).value();
  }

  CheckpointLoadingResult Check(std::span<const std::byte> file, CheckpointFamily family,
                                const CheckpointFunctions& functions = {}) {
    return CheckCheckpointLoading(file, family, models_, folder_, functions);
  }
  std::string CauseOf(std::span<const std::byte> file, decltype(CheckpointFunctions::load) load,
                      CheckpointFamily family = CheckpointFamily::kLegacyH5) {
    const Verdict verdict = Check(file, family, {.load = load}).verdict;
    EXPECT_EQ(verdict.kind, VerdictKind::kFalsified);
    return verdict.cause;
  }

  std::vector<Network> models_;
  std::string folder_ = testing::TempDir() + "/weightproof-XXXXXX";
};

std::vector<std::byte> Trained() { return Bytes(Golden("keras-015", "model.h5")); }
std::vector<std::byte> Weights() { return Bytes(Golden("keras-005", "new.weights.h5")); }

// As the loader does, if it loads at all, with `fault` at the end.
template <class Fault>
Result<LoadReport> LoadThen(Network& network, const std::string& path, const LoadOptions& options,
                            Fault fault) {
  Result<LoadReport> report = LoadWeights(network, path, options);
  if (report) fault(*report);
  return report;
}

void TellDigests(const Network& network, LoadReport& report) {
  for (std::size_t i = 0; i < report.variables.size(); ++i) {
    report.variables[i].digest = TensorDigest(network.variables()[i]);
  }
}

std::pair<std::size_t, std::size_t> Exchanged(Network& network, std::string_view role) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < network.variables().size() && found.size() < 2; ++i) {
    if (network.variable_plans()[i]->role == role) found.push_back(i);
  }
  std::swap(network.variables()[found[0]], network.variables()[found[1]]);
  return {found[0], found[1]};
}

TEST_F(CheckpointLoading, HoldsForRealFilesAndForDamagedOnes) {
  for (const char* model : kModels) {
    for (const char* name : {"legacy.h5", "model.h5", "new.weights.h5"}) {
      if (!std::filesystem::exists(Golden(model, name))) continue;
      const CheckpointFamily family =
          name[0] == 'n' ? CheckpointFamily::kWeightsH5 : CheckpointFamily::kLegacyH5;
      std::vector<std::byte> file = Bytes(Golden(model, name));
      const CheckpointLoadingResult sound = Check(file, family);
      EXPECT_TRUE(sound.accepted) << model << name;
      EXPECT_EQ(sound.verdict.kind, VerdictKind::kHeld) << model << name << sound.verdict.evidence;
      for (std::size_t i = 96; i < file.size(); i += 1024) {
        file[i] ^= std::byte{1};
        const CheckpointLoadingResult damaged = Check(file, family);
        EXPECT_NE(damaged.verdict.kind, VerdictKind::kFalsified) << damaged.verdict.evidence;
      }
      file.resize(file.size() / 2);
      const CheckpointLoadingResult cut = Check(file, family);
      EXPECT_FALSE(cut.readable);
      EXPECT_FALSE(cut.accepted);
      EXPECT_EQ(cut.verdict.kind, VerdictKind::kHeld) << cut.verdict.evidence;
    }
  }
}

TEST_F(CheckpointLoading, DoesNotAskAboutFilesOfTheOtherFamily) {
  EXPECT_EQ(Check(Trained(), CheckpointFamily::kWeightsH5).verdict.kind, VerdictKind::kNotAsked);
  EXPECT_EQ(Check(Weights(), CheckpointFamily::kLegacyH5).verdict.kind, VerdictKind::kNotAsked);
}

TEST_F(CheckpointLoading, NoticesALoaderThatChangesAVariableBeforeItRefuses) {
  std::vector<std::byte> file = Trained();
  file.resize(file.size() / 2);
  EXPECT_EQ(CauseOf(file,
                    [](Network& network, const std::string& path, const LoadOptions& options) {
                      network.variables().back().bytes().front() ^= std::byte{1};
                      return LoadWeights(network, path, options);
                    }),
            "refusal-changes-a-variable");
}

TEST_F(CheckpointLoading, NoticesALoaderWhoseRefusalDoesNotHelp) {
  const auto cause = [this](decltype(CheckpointFunctions::load) load) {
    return CauseOf(Trained(), load);
  };
  EXPECT_EQ(cause([](Network&, const std::string& path, const LoadOptions&) -> Result<LoadReport> {
              return Fail(ErrorKind::kMissingTensor, path, "a tensor is missing", "save again");
            }),
            "unhelpful-refusal");
  EXPECT_EQ(cause([](Network&, const std::string& path, const LoadOptions&) -> Result<LoadReport> {
              return Fail(ErrorKind::kMissingTensor, path + ": dense", "a tensor is missing", "");
            }),
            "unhelpful-refusal");
  EXPECT_EQ(cause([](Network&, const std::string& path, const LoadOptions&) -> Result<LoadReport> {
              return Fail(ErrorKind::kBadJson, path + ": dense", "not JSON", "save again");
            }),
            "unhelpful-refusal");
}

TEST_F(CheckpointLoading, NoticesALoaderThatSwapsTwoVariablesOfOneShape) {
  EXPECT_EQ(CauseOf(Siblings(Format::kLegacyH5),
                    [](Network& network, const std::string& path, const LoadOptions& options) {
                      return LoadThen(network, path, options, [&](LoadReport& report) {
                        Exchanged(network, "kernel");
                        TellDigests(network, report);
                      });
                    }),
            "variable-differs");
}

Result<LoadReport> LoadExchanged(Network& network, const std::string& path,
                                 const LoadOptions& options) {
  return LoadThen(network, path, options, [&](LoadReport& report) {
    for (const char* role : {"kernel", "bias"}) {
      const auto [i, j] = Exchanged(network, role);
      std::swap(report.variables[i].source, report.variables[j].source);
    }
    TellDigests(network, report);
  });
}

// The report tells the exchange of two layers as if it were right: only a second trip shows it.
TEST_F(CheckpointLoading, NoticesALoaderThatSwapsTwoLayersAndTheirSources) {
  EXPECT_EQ(CauseOf(Siblings(Format::kWeightsH5), LoadExchanged, CheckpointFamily::kWeightsH5),
            "differs-when-saved-again");
}

// Nor does a second trip show it when the writer is wrong in the same way: only the oracle does.
TEST_F(CheckpointLoading, NoticesALoaderAndAWriterThatAgreeOnTheWrongOrder) {
  const CheckpointFunctions functions{
      .load = LoadExchanged,
      .save = [](const Network& network, const std::string& path, Format format) {
        Network copy = Network::Create(network.plan()).value();
        copy.variables() = network.variables();
        for (const char* role : {"kernel", "bias"}) Exchanged(copy, role);
        return SaveWeights(copy, path, format, {.sync = false});
      }};
  EXPECT_EQ(
      Check(Siblings(Format::kWeightsH5), CheckpointFamily::kWeightsH5, functions).verdict.cause,
      "differs-from-oracle");
}

TEST_F(CheckpointLoading, NoticesALoaderThatMixesTwoLayers) {
  EXPECT_EQ(CauseOf(Siblings(Format::kLegacyH5),
                    [](Network& network, const std::string& path, const LoadOptions& options) {
                      return LoadThen(network, path, options, [&](LoadReport& report) {
                        const auto [i, j] = Exchanged(network, "bias");
                        std::swap(report.variables[i].source, report.variables[j].source);
                        TellDigests(network, report);
                      });
                    }),
            "layers-mixed");
}

TEST_F(CheckpointLoading, NoticesALoaderThatDropsAnUnusedTensorFromTheReport) {
  EXPECT_EQ(CauseOf(Trained(),
                    [](Network& network, const std::string& path, const LoadOptions& options) {
                      return LoadThen(network, path, options,
                                      [](LoadReport& report) { report.unused.pop_back(); });
                    }),
            "tensor-unaccounted");
}

TEST_F(CheckpointLoading, NoticesALoaderThatReportsAVariableTwiceOrNotAtAll) {
  EXPECT_EQ(CauseOf(
                Weights(),
                [](Network& network, const std::string& path, const LoadOptions& options) {
                  return LoadThen(network, path, options,
                                  [](LoadReport& report) { report.variables.pop_back(); });
                },
                CheckpointFamily::kWeightsH5),
            "variables-unaccounted");
  EXPECT_EQ(CauseOf(
                Weights(),
                [](Network& network, const std::string& path, const LoadOptions& options) {
                  return LoadThen(network, path, options, [](LoadReport& report) {
                    report.variables.back() = report.variables.front();
                  });
                },
                CheckpointFamily::kWeightsH5),
            "variables-unaccounted");
}

TEST_F(CheckpointLoading, NoticesALoaderThatRoundsValues) {
  EXPECT_EQ(CauseOf(
                Weights(),
                [](Network& network, const std::string& path, const LoadOptions& options) {
                  return LoadThen(network, path, options, [&](LoadReport& report) {
                    for (Tensor& variable : network.variables()) {
                      for (std::uint32_t& bits : variable.values<std::uint32_t>()) {
                        bits &= 0xffff0000U;
                      }
                    }
                    TellDigests(network, report);
                  });
                },
                CheckpointFamily::kWeightsH5),
            "variable-differs");
}

TEST_F(CheckpointLoading, NoticesALoaderThatLeavesAVariableOutWithoutAWord) {
  EXPECT_EQ(CauseOf(
                Weights(),
                [](Network& network, const std::string& path, const LoadOptions& options) {
                  const Tensor old = network.variables().front();
                  return LoadThen(network, path, options, [&](LoadReport& report) {
                    network.variables().front() = old;
                    report.variables.front().source.clear();
                    TellDigests(network, report);
                  });
                },
                CheckpointFamily::kWeightsH5),
            "unset-unsaid");
}

TEST_F(CheckpointLoading, NoticesALoaderThatReadsADamagedFileSomehow) {
  std::vector<std::byte> file = Trained();
  file[0] ^= std::byte{1};
  EXPECT_EQ(CauseOf(file,
                    [](Network&, const std::string&, const LoadOptions&) -> Result<LoadReport> {
                      return LoadReport{};
                    }),
            "accepts-what-cannot-be-read");
}

TEST_F(CheckpointLoading, NoticesASaverThatLosesABit) {
  const CheckpointFunctions functions{
      .save = [](const Network& network, const std::string& path, Format format) {
        std::vector<Tensor> variables = network.variables();
        variables.front().bytes().front() ^= std::byte{1};
        const Group root = Encode(format, network.plan(), variables).value();
        return WriteFileAtomically(path, WriteHdf5(root).value(), {.sync = false});
      }};
  EXPECT_EQ(Check(Weights(), CheckpointFamily::kWeightsH5, functions).verdict.cause,
            "differs-when-saved-again");
}

TEST_F(CheckpointLoading, ChoosesTheModelByTheNumberAndSizeOfTheWeights) {
  for (std::size_t i = 0; i < std::size(kModels); ++i) {
    const std::vector<std::byte> file = Bytes(Golden(kModels[i], "new.weights.h5"));
    const Group tree = ReadHdf5(file, "file").value();
    for (std::size_t choice = 0; choice < 4; ++choice) {
      EXPECT_EQ(ChooseModel(tree, models_, choice), i);
    }
  }
  EXPECT_EQ(ChooseModel(Group{}, models_, 5), 1U);
}

}  // namespace
}  // namespace weightproof
