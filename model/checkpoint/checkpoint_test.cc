// Saving and loading files end to end.
#include "model/checkpoint/checkpoint.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "model/checkpoint/checkpoint_config.h"
#include "model/checkpoint/formats_test_models.h"
#include "model/checkpoint/hdf5.h"

namespace weightproof {
namespace {

constexpr Format kFormats[] = {Format::kLegacyH5, Format::kLegacyH5Model, Format::kWeightsH5};
constexpr Dialect kDialects[] = {Dialect::kKeras3, Dialect::kTfKeras};
constexpr SaveOptions kNoSync = {.overwrite = true, .sync = false};

class Checkpoint : public testing::Test {
 protected:
  void SetUp() override {
    const std::string pattern =
        (std::filesystem::temp_directory_path() / "checkpoint_test_XXXXXX").string();
    std::vector<char> name(pattern.begin(), pattern.end());
    name.push_back('\0');
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name.data();
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string Path(const std::string& name) const { return directory_ + "/" + name; }

  std::string directory_;
};

Network Made(const ModelPlan& plan) {
  Result<Network> network = Network::Create(plan);
  EXPECT_TRUE(network);
  return std::move(*network);
}

Network Numbered(const ModelPlan& plan) {
  Network network = Made(plan);
  network.variables() = NumberedTensors(plan);
  return network;
}

TEST_F(Checkpoint, LoadsWhatItSavedInEveryFormatAndDialect) {
  for (const Dialect dialect : kDialects) {
    for (const Format format : kFormats) {
      for (const char* model : {"sequential", "functional", "nested", "frozen"}) {
        const ModelPlan plan = PlanOf(dialect, model);
        const std::string path = Path("m.h5");
        const Network writer = Numbered(plan);
        ASSERT_TRUE(SaveWeights(writer, path, format, kNoSync));
        Network reader = Made(plan);
        const Result<LoadReport> report = LoadWeights(reader, path);
        ASSERT_TRUE(report) << report.error().Text();
        EXPECT_EQ(report->format, format);
        EXPECT_EQ(reader.variables(), writer.variables());
      }
    }
  }
}

TEST_F(Checkpoint, MakesTheModelOfAWholeModelFile) {
  for (const Dialect dialect : kDialects) {
    for (const char* model : {"sequential", "functional", "nested", "frozen"}) {
      const ModelPlan plan = PlanOf(dialect, model);
      ASSERT_TRUE(SaveWeights(Numbered(plan), Path("m.h5"), Format::kLegacyH5Model, kNoSync));
      const Result<LoadedModel> loaded = LoadModel(Path("m.h5"));
      ASSERT_TRUE(loaded) << model << ": " << loaded.error().Text();
      EXPECT_EQ(NormalForm(loaded->network.plan()), NormalForm(plan));
      EXPECT_EQ(loaded->network.variables(), NumberedTensors(plan));
    }
  }
}

TEST_F(Checkpoint, OfWeightsAloneMakesNoModel) {
  ASSERT_TRUE(SaveWeights(Numbered(PlanOf(Dialect::kKeras3, "nested")), Path("m.h5"),
                          Format::kLegacyH5, kNoSync));
  const Result<LoadedModel> loaded = LoadModel(Path("m.h5"));
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().kind, ErrorKind::kWrongFormat);
}

TEST_F(Checkpoint, RefusedChangesNoVariable) {
  for (const Format format : kFormats) {
    ASSERT_TRUE(
        SaveWeights(Numbered(PlanOf(Dialect::kKeras3, "nested")), Path("m.h5"), format, kNoSync));
    Network reader = Made(PlanOf(Dialect::kKeras3, "compiled"));
    const std::vector<Tensor> before = reader.variables();
    EXPECT_FALSE(LoadWeights(reader, Path("m.h5")));
    EXPECT_EQ(reader.variables(), before);
  }
}

TEST_F(Checkpoint, ReportsASuffixThatSaysAnotherFormat) {
  const ModelPlan plan = PlanOf(Dialect::kTfKeras, "compiled");
  const auto suffix_notes = [&](const std::string& name, Format format) {
    EXPECT_TRUE(SaveWeights(Numbered(plan), Path(name), format, kNoSync));
    Network reader = Made(plan);
    const Result<LoadReport> report = LoadWeights(reader, Path(name));
    EXPECT_TRUE(report);
    return std::ranges::count(report->notes, NoteKind::kSuffixDiffers, &Note::kind);
  };
  EXPECT_EQ(suffix_notes("a.h5", Format::kLegacyH5), 0);
  EXPECT_EQ(suffix_notes("a.weights.h5", Format::kWeightsH5), 0);
  EXPECT_EQ(suffix_notes("a.weights.h5", Format::kLegacyH5), 1);
  EXPECT_EQ(suffix_notes("a.h5", Format::kWeightsH5), 1);
  EXPECT_EQ(suffix_notes("a.bin", Format::kWeightsH5), 0);
}

TEST_F(Checkpoint, SavedTwiceOrSavedAfterALoadIsTheSameFile) {
  for (const Format format : kFormats) {
    const ModelPlan plan = PlanOf(Dialect::kKeras3, "sequential");
    ASSERT_TRUE(SaveWeights(Numbered(plan), Path("one.h5"), format, kNoSync));
    Network reader = Made(plan);
    ASSERT_TRUE(LoadWeights(reader, Path("one.h5")));
    ASSERT_TRUE(SaveWeights(reader, Path("two.h5"), format, kNoSync));
    EXPECT_TRUE(std::ranges::equal(*ReadWholeFile(Path("one.h5")), *ReadWholeFile(Path("two.h5"))));
  }
}

TEST(CheckpointSuffix, SaysWhatEachLibraryWouldWrite) {
  EXPECT_EQ(FormatOfSuffix("x.weights.h5", Dialect::kKeras3), Format::kWeightsH5);
  EXPECT_EQ(FormatOfSuffix("x.weights.h5", Dialect::kTfKeras), Format::kWeightsH5);
  EXPECT_EQ(FormatOfSuffix("x.h5", Dialect::kTfKeras), Format::kLegacyH5);
  EXPECT_EQ(FormatOfSuffix("x.keras", Dialect::kTfKeras), Format::kLegacyH5);
  EXPECT_EQ(FormatOfSuffix("x.h5", Dialect::kKeras3), Format::kLegacyH5Model);
  EXPECT_EQ(FormatOfSuffix("x.keras", Dialect::kKeras3), std::nullopt);
  EXPECT_EQ(FormatOfSuffix("x.H5", Dialect::kTfKeras), std::nullopt);
}

TEST(CheckpointFormat, IsToldByContentAndRefusedWhenItIsNone) {
  Group root;
  AddChild(root, Child{"something", Group{}});
  const Result<Format> none = DetectFormat(root, "m.h5");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::kWrongFormat);
  for (const Format format : kFormats) {
    EXPECT_EQ(FormatFromName(FormatName(format)), format);
  }
}

TEST(CheckpointConfig, OfASubclassModelIsItsBareClassInKeras3AndNoneInTfKeras) {
  EXPECT_EQ(ModelConfigJson(PlanOf(Dialect::kKeras3, "subclass")).value(),
            R"({"class_name": "Net", "config": {"trainable": true, "dtype": {"module": "keras", )"
            R"("class_name": "DTypePolicy", "config": {"name": "float32"}, )"
            R"("registered_name": null}}})");
  EXPECT_EQ(ModelConfigJson(PlanOf(Dialect::kTfKeras, "subclass")).error().kind,
            ErrorKind::kWrongFormat);
}

}  // namespace
}  // namespace weightproof
