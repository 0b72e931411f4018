#include "harness/properties/architecture_json.h"

#include <gtest/gtest.h>

namespace weightproof {
namespace {

constexpr std::string_view kModel = R"({"class_name": "Sequential", "config": {"layers": [
  {"class_name": "InputLayer", "config": {"batch_shape": [null, 5]}},
  {"class_name": "Dense", "config": {"units": 3, "activation": "relu"}},
  {"class_name": "Sequential", "config": {"name": "inner", "layers": [
    {"class_name": "Dense", "config": {"name": "given", "units": 2, "trainable": false}}]}}]}})";

TEST(ArchitectureJson, HoldsForAModelWithAndWithoutNames) {
  const ArchitectureJsonResult result = CheckArchitectureJson(kModel);
  EXPECT_TRUE(result.accepted);
  EXPECT_EQ(result.verdict.kind, VerdictKind::kHeld) << result.verdict.evidence;
}

TEST(ArchitectureJson, HoldsForRefusals) {
  for (const char* text :
       {"", "{", "[]", R"({"class_name": "Sequential", "config": {"layers": [{}]}})",
        R"({"class_name": "Sequential", "config": {"layers": [
            {"class_name": "Dense", "config": {"units": -1}}]}})"}) {
    const ArchitectureJsonResult result = CheckArchitectureJson(text);
    EXPECT_FALSE(result.accepted) << text;
    EXPECT_EQ(result.verdict.kind, VerdictKind::kHeld) << text << result.verdict.evidence;
  }
}

std::string CauseWith(const ArchitectureCodec& codec) {
  const ArchitectureJsonResult result = CheckArchitectureJson(kModel, codec);
  EXPECT_EQ(result.verdict.kind, VerdictKind::kFalsified);
  EXPECT_FALSE(result.verdict.evidence.empty());
  return result.verdict.cause;
}

TEST(ArchitectureJson, IsFalsifiedByAWriterThatLosesALayer) {
  ArchitectureCodec codec;
  codec.write = [](const ArchitectureSpec& architecture) {
    ArchitectureSpec less = architecture;
    less.layers.pop_back();
    return ArchitectureToKerasJson(less);
  };
  EXPECT_EQ(CauseWith(codec), "reads-back-different");
}

TEST(ArchitectureJson, IsFalsifiedByAWriterThatLosesAFlag) {
  ArchitectureCodec codec;
  codec.write = [](const ArchitectureSpec& architecture) {
    ArchitectureSpec thawed = architecture;
    for (LayerSpec& layer : thawed.layers) {
      for (LayerSpec& inner : layer.layers) inner.trainable = true;
    }
    return ArchitectureToKerasJson(thawed);
  };
  EXPECT_EQ(CauseWith(codec), "reads-back-different");
}

TEST(ArchitectureJson, IsFalsifiedByTextThatCannotBeReadBack) {
  ArchitectureCodec codec;
  codec.write = [](const ArchitectureSpec&) { return std::string("{}"); };
  EXPECT_EQ(CauseWith(codec), "written-is-refused");
}

TEST(ArchitectureJson, IsFalsifiedByTextThatIsNotCanonical) {
  ArchitectureCodec codec;
  codec.write = [](const ArchitectureSpec& architecture) {
    static int spaces = 0;
    return std::string(static_cast<std::size_t>(++spaces), ' ') +
           ArchitectureToKerasJson(architecture);
  };
  EXPECT_EQ(CauseWith(codec), "not-canonical");
}

TEST(ArchitectureJson, IsFalsifiedByValidationThatAnswersTwoWays) {
  ArchitectureCodec codec;
  codec.validate = [](const ArchitectureSpec& architecture) -> Result<ArchitectureSpec> {
    if (architecture.layers.front().name.empty()) return Validate(architecture);
    return Fail(ErrorKind::kBadConfig, "layers/0", "has a name", "take it away");
  };
  EXPECT_EQ(CauseWith(codec), "validity-changes");
}

TEST(ArchitectureJson, IsFalsifiedByARefusalThatSaysNoPlaceOrRemedy) {
  ArchitectureCodec codec;
  codec.read = [](std::string_view) -> Result<ArchitectureSpec> {
    return Fail(ErrorKind::kBadConfig, "", "bad", "change it");
  };
  EXPECT_EQ(CauseWith(codec), "error-without-place");
  codec.read = [](std::string_view) -> Result<ArchitectureSpec> {
    return Fail(ErrorKind::kBadConfig, "layers/0", "bad", "");
  };
  EXPECT_EQ(CauseWith(codec), "error-without-remedy");
}

}  // namespace
}  // namespace weightproof
