// `weightproof minimize` on what a real target fails on, with faults planted in the load.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "harness/testee/command_for_test.h"
#include "model/checkpoint/hdf5.h"

namespace weightproof::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPlanted = WEIGHTPROOF_BINARY_DIR "/weightproof_planted_target";

class MinimizeTarget : public testing::Test {
 protected:
  MinimizeTarget() : folder_(testing::TempDir() + "/weightproof-XXXXXX") {
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
  }
  ~MinimizeTarget() override { fs::remove_all(folder_); }

  CommandRun Minimize(const std::string& file, const std::string& more) const {
    return RunCommand("cd '" + folder_ +
                      "' && '" WEIGHTPROOF_BINARY_DIR "/weightproof' minimize '" + file +
                      "' -o small " + more + " 2>&1");
  }
  std::string Small() const {
    std::ifstream in(folder_ + "/small", std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static std::string Seed(const std::string& name) {
    return WEIGHTPROOF_SOURCE_DIR "/corpus/fuzz/fuzz_load_legacy_h5/" + name;
  }

  std::string folder_;
};

TEST_F(MinimizeTarget, ShrinksACrashToTheOneDatasetThatCausesIt) {
  const CommandRun ran = Minimize(Seed("siblings-keras-float64.h5"),
                                  std::string("--target ") + kPlanted + " --time 60s");
  ASSERT_EQ(ran.code, 0) << ran.text;
  // Under a sanitizer the program says more of it, and exits.
  const bool told =
      ran.text.contains("ends with SIGSEGV") ||
      ran.text.contains("AddressSanitizer: SEGV in weightproof::fuzz::LoadWithFaults");
  EXPECT_TRUE(told) << ran.text;
  EXPECT_NE(ran.text.find("\nto   0 groups, 1 dataset, 0 attributes, "), std::string::npos)
      << ran.text;
  const std::string small = Small();
  const Result<Group> tree = ReadHdf5(std::as_bytes(std::span(small)), "small");
  ASSERT_TRUE(tree.has_value()) << tree.error().Text();
  ASSERT_EQ(tree->children.size(), 1U);
  EXPECT_EQ(tree->children[0].name.size(), 1U);
  ASSERT_NE(tree->children[0].dataset(), nullptr);
  EXPECT_EQ(ElementCount(tree->children[0].dataset()->value.shape), 1);
}

TEST_F(MinimizeTarget, KeepsThePropertyThatIsFalsifiedAndNotAnyFailure) {
  const CommandRun ran = Minimize(Seed("keras-001-every-storage.h5"),
                                  std::string("--target ") + kPlanted + " --time 60s");
  ASSERT_EQ(ran.code, 0) << ran.text;
  const std::size_t said = ran.text.find("SIGABRT: falsified: checkpoint-loading (");
  ASSERT_NE(said, std::string::npos) << ran.text;
  const std::string reason = ran.text.substr(said + 9, ran.text.find('\n', said) - said - 9);
  const CommandRun again =
      RunCommand(std::string("'") + kPlanted + "' '" + folder_ + "/small' 2>&1");
  EXPECT_EQ(again.text.substr(0, reason.size()), reason) << again.text;
  EXPECT_LT(Small().size(), fs::file_size(Seed("keras-001-every-storage.h5")));
}

TEST_F(MinimizeTarget, FindsTheTargetByTheFoldersName) {
  const std::string found = folder_ + "/fuzz_hdf5_reader";
  fs::create_directory(found);
  fs::copy(Seed("siblings-keras-plain.h5"), found + "/crash-1");
  const CommandRun ran = Minimize(found + "/crash-1", "");
  EXPECT_EQ(ran.code, 2) << ran.text;
  EXPECT_NE(ran.text.find("nothing to minimize, fuzz_hdf5_reader ends well on it"),
            std::string::npos)
      << ran.text;
  EXPECT_FALSE(fs::exists(folder_ + "/small"));
}

TEST_F(MinimizeTarget, NamesTheTargetsThereAre) {
  const CommandRun ran = Minimize(Seed("siblings-keras-plain.h5"), "--target fuzz_nothing");
  EXPECT_EQ(ran.code, 2) << ran.text;
  EXPECT_NE(ran.text.find("fuzz_nothing"), std::string::npos) << ran.text;
  EXPECT_NE(ran.text.find("fuzz_load_any, "), std::string::npos) << ran.text;
}

}  // namespace
}  // namespace weightproof::fuzz
