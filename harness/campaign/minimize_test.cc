// Stored cases of twelve layers and more, on a planted fault: shrinking ends at the minimum.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "harness/campaign/forked.h"
#include "harness/campaign/shrink.h"
#include "harness/case/json.h"

namespace weightproof {
namespace {

constexpr double kSecondsMax = 30;
constexpr std::size_t kLayersMin = 12;

std::vector<std::string> StoredFiles() {
  std::vector<std::string> files;
  for (const auto& entry :
       std::filesystem::directory_iterator(WEIGHTPROOF_SOURCE_DIR "/corpus/minimize")) {
    files.push_back(entry.path().string());
  }
  std::ranges::sort(files);
  return files;
}

TEST(Minimize, HasTenStoredCases) { EXPECT_EQ(StoredFiles().size(), 10u); }

// The fault exchanges two variables of one shape. One layer with two such variables shows it, or
// two layers, each side with the plain list, a plain path, no edits.
TEST(Minimize, EndsAtTheMinimumOfEachStoredCaseWithinThirtySeconds) {
  const Result<Engine> engine = MakeEngine("fault:siblings-swapped");
  ASSERT_TRUE(engine);
  for (const std::string& file : StoredFiles()) {
    SCOPED_TRACE(file);
    std::ifstream in(file);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const Result<Case> c = CaseFromJson(text, file);
    ASSERT_TRUE(c);
    ASSERT_GE(c->architecture.layers.size(), kLayersMin);
    const Verdict wanted = AskForked(*engine, *c, "round-trips", kSecondsMax);
    ASSERT_EQ(wanted.kind, VerdictKind::kFalsified) << wanted.evidence;

    const auto begin = std::chrono::steady_clock::now();
    const ShrinkResult shrunk =
        Shrink(*engine, *c, "round-trips", wanted, kSecondsMax, kSecondsMax);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    EXPECT_LT(took.count(), kSecondsMax);
    EXPECT_TRUE(shrunk.finished) << "time ran out";
    const Case& least = shrunk.best;
    EXPECT_LE(least.architecture.layers.size(), 2u) << CaseToJson(least);
    for (const Side* side : {&least.writer, &least.reader}) {
      ASSERT_EQ(side->build.size(), 1u) << CaseToJson(least);
      EXPECT_EQ(side->build[0].how, AssembleHow::kList);
      EXPECT_EQ(side->session, SessionSpec{});
    }
    EXPECT_TRUE(least.damage.empty());
    EXPECT_EQ(least.route.path.setup, PathSetup::kNone);
    EXPECT_FALSE(least.route.load_path.has_value());
    EXPECT_EQ(AskForked(*engine, least, "round-trips", kSecondsMax).kind, VerdictKind::kFalsified);
  }
}

}  // namespace
}  // namespace weightproof
