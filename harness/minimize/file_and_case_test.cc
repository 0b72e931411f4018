#include "harness/minimize/file_and_case.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <span>

#include "harness/campaign/engine.h"
#include "harness/campaign/forked.h"
#include "harness/case/generate.h"
#include "harness/case/json.h"
#include "model/checkpoint/hdf5.h"

namespace weightproof {
namespace {

std::string GoldenFile(const std::string& name) {
  std::ifstream in(WEIGHTPROOF_SOURCE_DIR "/corpus/golden/" + name, std::ios::binary);
  EXPECT_TRUE(in.is_open()) << name;
  return {std::istreambuf_iterator<char>(in), {}};
}

Case GoldenCase(const std::string& model) {
  const Result<Case> c = CaseOfConfig(GoldenFile(model + "/architecture.json"));
  EXPECT_TRUE(c.has_value()) << c.error().Text();
  return c.value_or(Case{});
}

Group TreeIn(const std::string& bytes) {
  auto tree = ReadHdf5(std::as_bytes(std::span(bytes)), "file");
  EXPECT_TRUE(tree.has_value()) << tree.error().Text();
  return tree ? *std::move(tree) : Group{};
}

TEST(CaseOfAConfig, LoadsTheFilesOfThatModel) {
  const Result<Engine> engine = MakeEngine("builtin");
  ASSERT_TRUE(engine.has_value());
  // The last two hold models inside models.
  for (const char* model : {"keras-008", "keras-022", "tf_keras-009", "keras-002", "keras-004"}) {
    const Case c = GoldenCase(model);
    for (const char* file : {"/model.h5", "/new.weights.h5"}) {
      SCOPED_TRACE(std::string(model) + file);
      const std::string bytes = GoldenFile(model + std::string(file));
      const Group tree = TreeIn(bytes);
      const Scratch scratch;
      const CaseResult result =
          engine->run_file(ReaderAlone(c, file, &tree), bytes, scratch.path());
      EXPECT_FALSE(result.refused);
      EXPECT_NE(result.overall, VerdictKind::kFalsified);
      EXPECT_EQ(result.round_trips, 1) << result.unsupported_by_name;
    }
  }
}

TEST(CaseOfAConfig, RefusesOtherText) {
  EXPECT_FALSE(CaseOfConfig("{").has_value());
  EXPECT_FALSE(CaseOfConfig(R"({"class_name": "Sequential", "config": {}})").has_value());
}

// Whatever candidate drops a layer or shrinks a size: where the sizes fit, the file still loads.
TEST(AFileThatFollowsItsCase, LoadsIntoTheSmallerModel) {
  const Result<Engine> engine = MakeEngine("builtin");
  ASSERT_TRUE(engine.has_value());
  const Case c = GoldenCase("keras-008");
  for (const char* file : {"/model.h5", "/new.weights.h5"}) {
    SCOPED_TRACE(file);
    const Group tree = TreeIn(GoldenFile(std::string("keras-008") + file));
    const Case alone = ReaderAlone(c, file, &tree);
    int fewer = 0, smaller = 0;
    for (const Case& candidate : Shrinks(alone)) {
      if (candidate.architecture == alone.architecture || candidate.route != alone.route) continue;
      const auto bytes = WriteHdf5(FollowCase(tree, alone, candidate));
      ASSERT_TRUE(bytes.has_value());
      const Scratch scratch;
      const std::string text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
      const CaseResult result = engine->run_file(candidate, text, scratch.path());
      if (result.refused || result.round_trips == 0) continue;
      EXPECT_NE(result.overall, VerdictKind::kFalsified) << CaseToJson(candidate);
      const bool layer = candidate.architecture.layers.size() < alone.architecture.layers.size();
      ++(layer ? fewer : smaller);
    }
    EXPECT_GE(fewer, 1);
    EXPECT_GE(smaller, 1);
  }
}

}  // namespace
}  // namespace weightproof
