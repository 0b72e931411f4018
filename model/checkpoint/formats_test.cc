// Files that real Keras 3 and tf-keras wrote (scripts/make_format_fixtures.py): what we would write
// for the same model is the same tree, and what we load is what they saved.
#include <gtest/gtest.h>
#include <zlib.h>

#include <string>
#include <vector>

#include "model/checkpoint/checkpoint.h"
#include "model/checkpoint/formats_test_models.h"
#include "model/checkpoint/hdf5.h"

namespace weightproof {
namespace {

Group ReadFixture(const std::string& name) {
  const std::string path =
      std::string(WEIGHTPROOF_SOURCE_DIR) + "/model/checkpoint/testdata/formats/" + name + ".h5.gz";
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) {
    ADD_FAILURE() << "cannot read " << path;
    return {};
  }
  std::vector<std::byte> bytes(std::size_t{1} << 20);
  const int size = gzread(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(file);
  bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  Result<Group> root = ReadHdf5(bytes, name);
  if (!root) {
    ADD_FAILURE() << root.error().Text();
    return {};
  }
  return std::move(*root);
}

// The text of model_config holds initializers and more that predictions do not need.
void DropConfigText(Group& root) {
  std::erase_if(root.attributes, [](const Attribute& a) { return a.name == "model_config"; });
}

struct Fixture {
  const char* model;
  const char* kind;  // legacy, model, weights
};

void PrintTo(const Fixture& fixture, std::ostream* out) {
  *out << fixture.model << "." << fixture.kind;
}

class RealFile : public testing::TestWithParam<std::tuple<Dialect, Fixture>> {
 protected:
  void SetUp() override {
    const auto& [dialect, fixture] = GetParam();
    name_ = std::string(DialectName(dialect)) + "_" + fixture.model + "." + fixture.kind;
    root_ = ReadFixture(name_);
    plan_ = PlanOf(dialect, fixture.model);
    format_ = std::string(fixture.kind) == "weights" ? Format::kWeightsH5
              : std::string(fixture.kind) == "model" ? Format::kLegacyH5Model
                                                     : Format::kLegacyH5;
  }

  std::string name_;
  Group root_;
  ModelPlan plan_;
  Format format_ = Format::kLegacyH5;
};

TEST_P(RealFile, IsTheTreeThatWeWriteForTheSameModel) {
  Result<Group> ours = Encode(format_, plan_, NumberedTensors(plan_));
  ASSERT_TRUE(ours) << ours.error().Text();
  DropConfigText(*ours);
  DropConfigText(root_);
  // Only compiled models have these.
  std::erase_if(root_.attributes, [](const Attribute& a) { return a.name == "training_config"; });
  std::erase_if(root_.children, [](const Child& child) {
    return child.name.starts_with("optimizer") || child.name == "metrics";
  });
  EXPECT_EQ(FirstDifference(root_, *ours), "");
}

TEST_P(RealFile, LoadsEveryVariableFromWhereItWasSaved) {
  Result<Format> found = DetectFormat(root_, name_);
  ASSERT_TRUE(found) << found.error().Text();
  EXPECT_EQ(*found, format_);
  Result<Assignment> assignment = *found == Format::kWeightsH5
                                      ? MatchWeightsH5(plan_, root_, {}, name_)
                                      : MatchLegacyH5(plan_, root_, {}, name_);
  ASSERT_TRUE(assignment) << assignment.error().Text();
  const std::vector<Tensor> due = NumberedTensors(plan_);
  ASSERT_EQ(assignment->values.size(), due.size());
  for (std::size_t i = 0; i < due.size(); ++i) {
    ASSERT_TRUE(assignment->values[i]) << i;
    EXPECT_EQ(*assignment->values[i], due[i]) << i;
    EXPECT_EQ(assignment->report.variables[i].digest, TensorDigest(due[i]));
    EXPECT_FALSE(assignment->report.variables[i].source.empty());
  }
  EXPECT_TRUE(assignment->report.notes.empty());
  for (const UnusedTensor& unused : assignment->report.unused) {
    EXPECT_TRUE(unused.role == TensorRole::kOptimizer || unused.role == TensorRole::kMetric)
        << unused.path;
  }
}

INSTANTIATE_TEST_SUITE_P(
    BothLibraries, RealFile,
    testing::Combine(
        testing::Values(Dialect::kKeras3, Dialect::kTfKeras),
        testing::Values(Fixture{"sequential", "legacy"}, Fixture{"sequential", "model"},
                        Fixture{"sequential", "weights"}, Fixture{"functional", "legacy"},
                        Fixture{"functional", "weights"}, Fixture{"subclass", "legacy"},
                        Fixture{"subclass", "weights"}, Fixture{"nested", "legacy"},
                        Fixture{"nested", "weights"}, Fixture{"frozen", "legacy"},
                        Fixture{"frozen", "weights"}, Fixture{"compiled", "model"},
                        Fixture{"compiled", "weights"})));
INSTANTIATE_TEST_SUITE_P(NamesOverTheLimitOfAnAttribute, RealFile,
                         testing::Combine(testing::Values(Dialect::kTfKeras),
                                          testing::Values(Fixture{"long_names", "legacy"})));

TEST(RealFiles, OfACompiledModelAccountForOptimizerAndMetricsByTheirRole) {
  const Group root = ReadFixture("tf_keras_compiled.weights");
  const Result<Assignment> assignment =
      MatchWeightsH5(PlanOf(Dialect::kTfKeras, "compiled"), root, {}, "f");
  ASSERT_TRUE(assignment) << assignment.error().Text();
  int optimizer = 0;
  int metric = 0;
  for (const UnusedTensor& unused : assignment->report.unused) {
    optimizer += unused.role == TensorRole::kOptimizer ? 1 : 0;
    metric += unused.role == TensorRole::kMetric ? 1 : 0;
  }
  EXPECT_EQ(optimizer, 9);
  EXPECT_EQ(metric, 4);
}

TEST(RealFiles, OfASequentialModelLoadIntoASubclassModelThroughLayers) {
  for (const Dialect dialect : {Dialect::kKeras3, Dialect::kTfKeras}) {
    const ModelPlan subclass = PlanOf(dialect, "compiled_as_subclass");
    const std::string name = std::string(DialectName(dialect)) + "_compiled.weights";
    const Result<Assignment> loaded = MatchWeightsH5(subclass, ReadFixture(name), {}, name);
    ASSERT_TRUE(loaded) << loaded.error().Text();
    EXPECT_EQ(*loaded->values[2], NumberedTensors(subclass)[2]);
  }
}

TEST(RealFiles, OfASubclassModelDoNotLoadIntoASequentialOne) {
  for (const Dialect dialect : {Dialect::kKeras3, Dialect::kTfKeras}) {
    const std::string name = std::string(DialectName(dialect)) + "_subclass.weights";
    const Result<Assignment> loaded =
        MatchWeightsH5(PlanOf(dialect, "subclass_as_list"), ReadFixture(name), {}, name);
    ASSERT_FALSE(loaded);
    EXPECT_TRUE(loaded.error().kind == ErrorKind::kMissingTensor ||
                loaded.error().kind == ErrorKind::kShapeMismatch)
        << loaded.error().Text();
  }
}

TEST(RealFiles, FrozenInsideANestedLayerAreRefusedByAReaderThatDidNotFreeze) {
  for (const Dialect dialect : {Dialect::kKeras3, Dialect::kTfKeras}) {
    const std::string name = std::string(DialectName(dialect)) + "_frozen.legacy";
    const Result<Assignment> loaded =
        MatchLegacyH5(PlanOf(dialect, "nested"), ReadFixture(name), {}, name);
    ASSERT_FALSE(loaded);
    EXPECT_NE(loaded.error().remedy.find("trainable"), std::string::npos) << loaded.error().Text();
  }
}

TEST(RealFiles, OfOneLibraryLoadIntoAModelOfTheOther) {
  for (const char* model : {"sequential", "functional", "nested", "compiled"}) {
    const std::string name = std::string("keras3_") + model + ".weights";
    const ModelPlan plan = PlanOf(Dialect::kTfKeras, model);
    const Result<Assignment> loaded = MatchWeightsH5(plan, ReadFixture(name), {}, name);
    ASSERT_TRUE(loaded) << loaded.error().Text();
    EXPECT_EQ(*loaded->values.back(), NumberedTensors(plan).back());
  }
}

}  // namespace
}  // namespace weightproof
