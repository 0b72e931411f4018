#include "harness/properties/checkpoint_paths.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace weightproof {
namespace {

const std::string kWholeModel =
    std::string(WEIGHTPROOF_SOURCE_DIR) + "/corpus/golden/keras-005/model.h5";

class CheckpointPaths : public testing::Test {
 protected:
  CheckpointPaths() {
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
    std::filesystem::copy_file(kWholeModel, folder_ + "/m.h5");
  }
  ~CheckpointPaths() override { std::filesystem::remove_all(folder_); }

  Verdict Check(const CheckpointFunctions& functions = {}) {
    LoadedModel loaded = LoadModel(kWholeModel).value();
    return CheckPaths(loaded.network, folder_, folder_ + "/m.h5", functions);
  }

  std::string folder_ = testing::TempDir() + "/weightproof-XXXXXX";
};

TEST_F(CheckpointPaths, HoldTwiceInOneFolder) {
  for (int i = 0; i < 2; ++i) {
    const Verdict verdict = Check();
    EXPECT_EQ(verdict.kind, VerdictKind::kHeld) << verdict.cause << verdict.evidence;
  }
}

TEST_F(CheckpointPaths, NoticeALoadFromWhereThereIsNoFile) {
  EXPECT_EQ(Check({.load =
                       [](Network& network, const std::string&, const LoadOptions& options) {
                         return LoadWeights(network, kWholeModel, options);
                       }})
                .cause,
            "loads-from-no-file");
  EXPECT_EQ(Check({.load =
                       [](Network& network, const std::string& path, const LoadOptions& options) {
                         network.variables().front().bytes().front() ^= std::byte{1};
                         return LoadWeights(network, path, options);
                       }})
                .cause,
            "no-file-changes-a-variable");
}

TEST_F(CheckpointPaths, NoticeASaveThatMakesAFileAllTheSame) {
  EXPECT_EQ(Check({.save = [](const Network&, const std::string& path, Format) -> Status {
              std::filesystem::create_directories(path.substr(0, path.rfind('/')));
              return Fail(ErrorKind::kPathUnwritable, path, "no such place", "make it first");
            }}).cause,
            "refused-save-leaves-something");
  EXPECT_EQ(
      Check({.save = [](const Network&, const std::string&, Format) { return Status(); }}).cause,
      "saves-to-no-file");
}

TEST_F(CheckpointPaths, NoticeARefusalThatNamesNoPathOrNoRemedy) {
  EXPECT_EQ(Check({.save = [](const Network&, const std::string& path, Format) -> Status {
              return Fail(ErrorKind::kPathUnwritable, path, "no such place", "");
            }}).cause,
            "unhelpful-refusal-of-a-path");
  EXPECT_EQ(
      Check({.load = [](Network&, const std::string&, const LoadOptions&) -> Result<LoadReport> {
        return Fail(ErrorKind::kPathUnreadable, "there", "no such place", "make it first");
      }}).cause,
      "unhelpful-refusal-of-a-path");
}

}  // namespace
}  // namespace weightproof
