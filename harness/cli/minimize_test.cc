// `weightproof minimize` with the real program: cases, checkpoints, and targets of a few lines.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "harness/campaign/forked.h"
#include "harness/case/json.h"
#include "harness/testee/command_for_test.h"
#include "model/checkpoint/hdf5.h"

namespace weightproof {
namespace {

namespace fs = std::filesystem;

constexpr const char* kWholeModel = WEIGHTPROOF_SOURCE_DIR "/corpus/golden/keras-008/model.h5";
constexpr const char* kWeights = WEIGHTPROOF_SOURCE_DIR "/corpus/golden/keras-008/new.weights.h5";
constexpr const char* kConfig = WEIGHTPROOF_SOURCE_DIR "/corpus/golden/keras-008/architecture.json";
// A worker of the protocol with `trouble`, around one that COMMAND starts.
std::string Troubled(const std::string& trouble, const std::string& command) {
  return "'worker:python3 " WEIGHTPROOF_SOURCE_DIR
         "/harness/minimize/testdata/troubled_worker.py " +
         trouble + " " WEIGHTPROOF_PROGRAM " " + command + "'";
}

class MinimizeCommand : public testing::Test {
 protected:
  CommandRun Run(const std::string& arguments, const std::string& before = "") const {
    return RunCommand("cd '" + folder_.path() + "' && " + before + " '" WEIGHTPROOF_PROGRAM "' " +
                      arguments + " 2>&1");
  }
  std::string Read(const std::string& name) const {
    std::ifstream in(folder_.path() + "/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_.path() + "/" + name, std::ios::binary) << text;
  }
  // A target of a few lines of shell, whose input is $1.
  void Target(const std::string& name, const std::string& lines) const {
    Write(name, "#!/bin/sh\n" + lines + "\n");
    chmod((folder_.path() + "/" + name).c_str(), 0755);
  }
  Case CaseIn(const std::string& name) const {
    const Result<Case> c = CaseFromJson(Read(name), name);
    EXPECT_TRUE(c.has_value()) << name;
    return c.value_or(Case{});
  }
  // Nothing beside what was there: no output, and nothing half-written.
  bool LeftNothing() const {
    for (const auto& entry : fs::directory_iterator(folder_.path())) {
      if (entry.path().filename().string().starts_with("small")) return false;
    }
    return true;
  }

  Scratch folder_;
};

TEST_F(MinimizeCommand, ShrinksACheckpointAndItsModelTogether) {
  const CommandRun ran = Run("minimize " + std::string(kWholeModel) +
                             " -o small.h5 --time 120s --testee fault:gamma-beta-swapped");
  ASSERT_EQ(ran.code, 0) << ran.text;
  EXPECT_NE(ran.text.find("loud-or-right (silently-wrong, variable-differs)"), std::string::npos)
      << ran.text;
  const Case small = CaseIn("small.h5.case.json");
  ASSERT_EQ(small.architecture.layers.size(), 1U);
  EXPECT_EQ(small.architecture.layers[0].class_name, "BatchNormalization");
  const std::string file = Read("small.h5");
  EXPECT_LT(file.size(), fs::file_size(kWholeModel));
  const CommandRun again =
      Run("replay small.h5.case.json --file small.h5 --testee fault:gamma-beta-swapped");
  EXPECT_EQ(again.code, 1) << again.text;
  EXPECT_NE(again.text.find("variable-differs"), std::string::npos) << again.text;
  EXPECT_EQ(Run("replay small.h5.case.json --file small.h5").code, 0);
}

TEST_F(MinimizeCommand, ShrinksWhatACrashingWorkerDiesOf) {
  const std::string worker = Troubled("dies-of-gamma", "worker");
  const CommandRun ran = Run("minimize " + std::string(kWeights) + " --case " + kConfig +
                             " -o small.weights.h5 --time 120s --testee " + worker);
  ASSERT_EQ(ran.code, 2) << ran.text;  // no gamma in this file: numbers are its names
  EXPECT_NE(ran.text.find("nothing to minimize"), std::string::npos) << ran.text;
  EXPECT_TRUE(LeftNothing());
  const CommandRun found =
      Run("minimize " + std::string(kWholeModel) + " -o small.h5 --time 120s --testee " + worker);
  ASSERT_EQ(found.code, 0) << found.text;
  EXPECT_NE(found.text.find("loud-or-right (crash, crash)"), std::string::npos) << found.text;
  EXPECT_NE(found.text.find("SIGSEGV"), std::string::npos) << found.text;
  EXPECT_EQ(CaseIn("small.h5.case.json").architecture.layers.size(), 1U);
  EXPECT_LT(Read("small.h5").size(), fs::file_size(kWholeModel) / 2);
  EXPECT_EQ(Run("replay small.h5.case.json --file small.h5 --testee " + worker).code, 1);
}

TEST_F(MinimizeCommand, ShrinksByBytesWhatTheStrictReaderRefuses) {
  std::ifstream in(kWeights, std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(in), {}};
  Write("cut.weights.h5", whole.substr(0, whole.size() / 2));
  const std::string arguments =
      std::string("minimize cut.weights.h5 -o small.h5 --case ") + kConfig;
  EXPECT_EQ(Run(arguments).code, 2) << "refused, as it should be";
  const CommandRun ran = Run(arguments + " --testee fault:damage-swallowed");
  ASSERT_EQ(ran.code, 0) << ran.text;
  EXPECT_NE(ran.text.find("accepts-what-cannot-be-read"), std::string::npos) << ran.text;
  EXPECT_EQ(Read("small.h5"), "") << "that fault takes an empty file too";
}

TEST_F(MinimizeCommand, KeepsTheBestSoFarWhenInterrupted) {
  Target("slow", "sleep 0.1; grep -q bad $1 && kill -SEGV $$; exit 0");
  std::string text = "{\"list\": [";
  for (int i = 0; i < 300; ++i) text += std::to_string(i * 1000 + 7) + ", ";
  Write("big.json", text + "\"bad\"]}");
  const CommandRun ran = Run("minimize big.json --target ./slow -o small.json --time 10m",
                             "timeout --preserve-status -s INT 3");
  EXPECT_EQ(ran.code, 0) << ran.text;
  EXPECT_NE(ran.text.find("interrupted: this is the best so far"), std::string::npos) << ran.text;
  const std::string small = Read("small.json");
  EXPECT_NE(small.find("bad"), std::string::npos) << small;
  EXPECT_LT(small.size(), text.size());
}

TEST_F(MinimizeCommand, KeepsTheBestSoFarOfACaseWhenInterrupted) {
  const CommandRun ran = Run("minimize " WEIGHTPROOF_SOURCE_DIR
                             "/corpus/minimize/layers-16-i.json -o small.json "
                             "--time 10m --testee " +
                                 Troubled("slow", "worker --testee fault:siblings-swapped"),
                             "timeout --preserve-status -s INT 6");
  EXPECT_EQ(ran.code, 0) << ran.text;
  EXPECT_NE(ran.text.find("interrupted: this is the best so far"), std::string::npos) << ran.text;
  EXPECT_LT(CaseIn("small.json").architecture.layers.size(), 16U);
}

TEST_F(MinimizeCommand, TakesTheSecondFaultForNoneOfTheFirst) {
  // Shorter inputs die otherwise: they are not taken.
  Target("two",
         "test $(wc -c <$1) -lt 40 && kill -ABRT $$; grep -q bad $1 && kill -SEGV $$; exit 0");
  Write("in.bin", std::string(100, 'x') + "bad" + std::string(100, 'x'));
  const CommandRun ran = Run("minimize in.bin --target ./two -o small.bin --time 60s");
  ASSERT_EQ(ran.code, 0) << ran.text;
  EXPECT_EQ(Read("small.bin").size(), 40U) << ran.text;
}

TEST_F(MinimizeCommand, RefusesWhatDoesNotRepeat) {
  Target("flaky", "test -e once || { touch once; kill -SEGV $$; }; exit 0");
  Write("in.bin", "x");
  const CommandRun ran = Run("minimize in.bin --target ./flaky -o small.bin");
  EXPECT_EQ(ran.code, 2) << ran.text;
  EXPECT_NE(ran.text.find("otherwise the next time"), std::string::npos) << ran.text;
  EXPECT_TRUE(LeftNothing());
}

TEST_F(MinimizeCommand, RefusesBadInputWithThePlaceAndAWayOut) {
  Write("broken.json", "{\"schema\": 1, \"colour\": 2}");
  Write("config.json",
        R"({"class_name": "Sequential", "config": {"layers": [{"class_name": 3}]}})");
  Target("well", "exit 0");
  const std::string file = kWeights;
  const std::pair<std::string, const char*> kBad[] = {
      {"minimize absent -o small", "absent"},
      {"minimize broken.json -o absent/small", "absent/small"},
      {"minimize broken.json -o broken.json", "this is the file"},
      {"minimize broken.json --target ./well -o small", "./well ends well on it"},
      {"minimize broken.json --target ./absent -o small", "no such fuzz target"},
      {"minimize " + file + " -o small --testee canary", "name a case, or the model's config"},
      {"minimize " + file + " -o small --case absent.json", "absent.json"},
      {"minimize " + file + " -o small --case broken.json", "architecture"},
      {"minimize " + file + " -o small --case config.json", "config.json: "},
      {"minimize " + file + " -o small --case " + kConfig, "builtin answers held"},
      {"minimize " + file + " -o small --testee nobody --case " + kConfig, "nobody"},
      {"replay broken.json --file absent.h5", "broken.json"},
  };
  for (const auto& [arguments, word] : kBad) {
    const CommandRun ran = Run(arguments);
    EXPECT_EQ(ran.code, 2) << arguments << "\n" << ran.text;
    EXPECT_NE(ran.text.find(word), std::string::npos) << arguments << "\n" << ran.text;
    EXPECT_TRUE(LeftNothing()) << arguments;
  }
}

}  // namespace
}  // namespace weightproof
