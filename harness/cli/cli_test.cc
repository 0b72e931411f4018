#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "harness/campaign/forked.h"
#include "harness/cli/parse.h"
#include "harness/cli/progress.h"
#include "harness/testee/command_for_test.h"

namespace weightproof {
namespace {

// Runs the real program through the shell, as a person would.
class CommandLine : public ::testing::Test {
 protected:
  CommandRun Run(const std::string& arguments, const std::string& variables = "") const {
    const std::string command = "cd '" + folder_.path() + "' && " + variables +
                                " '" WEIGHTPROOF_PROGRAM "' " + arguments + " 2>&1";
    return RunCommand(command);
  }

  std::string Read(const std::string& name) const {
    std::ifstream in(folder_.path() + "/" + name);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_.path() + "/" + name) << text;
  }

  Scratch folder_;
};

constexpr const char* kPlainCase = R"({"schema": 1,
  "architecture": {"dialect": "keras3", "input_shape": [5],
    "layers": [{"class": "Dense", "config": {"units": 3}}]},
  "writer": {"build": [{"op": "assemble", "how": "list", "input": "given"}]},
  "reader": {"build": [{"op": "assemble", "how": "functional", "input": "given"}]},
  "route": {"format": "weights_h5", "path": {"text": "m.weights.h5"}}})";

TEST(Duration, TakesSecondsMinutesAndHoursOnly) {
  EXPECT_EQ(ParseDuration("60"), 60);
  EXPECT_EQ(ParseDuration("60s"), 60);
  EXPECT_EQ(ParseDuration("10m"), 600);
  EXPECT_EQ(ParseDuration("0.5h"), 1800);
  for (const char* bad : {"", "s", "-1", "0", "10x", "1e", "nan", "inf", "10 m"}) {
    EXPECT_FALSE(ParseDuration(bad)) << bad;
  }
}

TEST(Shard, CountsFromZero) {
  EXPECT_EQ(ParseShard("0/4"), std::pair(std::uint64_t{0}, std::uint64_t{4}));
  for (const char* bad : {"4/4", "1", "/", "-1/2", "0/0", "a/b", "1/2/3"}) {
    EXPECT_FALSE(ParseShard(bad)) << bad;
  }
}

TEST(Policy, TakesFiltersRatioAndLinksOnly) {
  Hdf5Limits limits;
  EXPECT_EQ(ParsePolicy("filters=shuffle,ratio=7,links=soft+user", &limits), std::nullopt);
  EXPECT_FALSE(limits.deflate || limits.fletcher32 || limits.external_links);
  EXPECT_TRUE(limits.shuffle && limits.soft_links && limits.user_links);
  EXPECT_EQ(limits.inflate_ratio_max, 7U);
  EXPECT_EQ(ParsePolicy("filters=none,links=none", &limits), std::nullopt);
  EXPECT_FALSE(limits.shuffle || limits.soft_links);
  for (const char* bad : {"", "filters", "filters=", "filters=lzf", "ratio=0", "ratio=x",
                          "ratio=-1", "links=soft+", "sizes=3", "filters=none,"}) {
    EXPECT_NE(ParsePolicy(bad, &limits), std::nullopt) << bad;
  }
}

TEST(ProgressLine, SaysCasesRateFindingsAndTimeLeft) {
  Progress p;
  p.cases = 12345;
  p.seconds = 10;
  p.findings = 2;
  p.done = 0.25;
  p.seconds_left = 75;
  p.stage = "running";
  EXPECT_EQ(ProgressText(p), "cases 12,345  1234/s  findings 2  left 1:15");
}

TEST_F(CommandLine, BadUsageExitsTwoAndNamesTheThing) {
  const std::pair<const char*, const char*> kBad[] = {
      {"", "--help"},
      {"check --time soon", "soon"},
      {"check --shard 2/2", "2/2"},
      {"check --jobs 0", "jobs"},
      {"check --colour", "--colour"},
      {"check --testee nobody --cases 1 --corpus f", "weightproof testees"},
      {"check --cases 1 --json absent/out.json", "absent/out.json"},
      {"check --writer nobody --reader builtin --cases 1 --corpus f", "nobody"},
      {"matrix", "testees"},
      {"matrix --testees builtin,nobody", "nobody"},
      {"matrix --testees builtin --json absent/m.json", "absent/m.json"},
      {"testee-test", "command"},
      {"testee-test /nowhere/worker", "by hand"},
      {"worker --testee keras", "keras"},
      {"replay absent.json", "absent.json"},
      {"replay .", "no case file"},
      {"minimize absent.json", "output"},
      {"bisect absent.json --versions 3.0.5,3.1.1", "absent.json"},
      {"bisect absent.json", "--versions"},
      {"show absent.json", "absent.json"},
      {"inspect absent.h5", "absent.h5"},
      {"predict absent.json --input x.npy --output y.npy", "absent.json"},
  };
  for (const auto& [arguments, word] : kBad) {
    const CommandRun ran = Run(arguments);
    EXPECT_EQ(ran.code, 2) << arguments << "\n" << ran.text;
    EXPECT_NE(ran.text.find(word), std::string::npos) << arguments << "\n" << ran.text;
  }
}

TEST_F(CommandLine, HelpOfEachCommandHasAnExample) {
  for (const char* command :
       {"check", "replay", "minimize", "bisect", "show", "generate", "testees", "predict",
        "inspect", "vet", "matrix", "worker", "testee-test"}) {
    const CommandRun ran = Run(std::string(command) + " --help");
    EXPECT_EQ(ran.code, 0);
    EXPECT_NE(ran.text.find(std::string("weightproof ") + command + " "), std::string::npos)
        << ran.text;
    EXPECT_NE(ran.text.find("Example"), std::string::npos) << ran.text;
  }
}

TEST_F(CommandLine, BisectNamesWhatIsWrongWithItsVersions) {
  Write("plain.json", kPlainCase);
  const std::pair<const char*, const char*> kBad[] = {
      {"--versions 3.0.5", "one version"},
      {"--versions 3.9.2,3.0.5", "ascend"},
      {"--versions 3.0.5..3.15.1", "scripts/bisect"},
      {"--versions 3.0.5,3.9.2 --testee builtin", "no real loader"},
      {"--versions 3.0.5,3.9.2 --testee keras@3.1.0", "leave '@3.1.0' out"},
      {"--versions 3.0.5,3.9.2 --clause nonsense", "nonsense"},
  };
  for (const auto& [arguments, word] : kBad) {
    const CommandRun ran =
        Run("bisect plain.json " + std::string(arguments), "WEIGHTPROOF_VENVS=none");
    EXPECT_EQ(ran.code, 2) << arguments << "\n" << ran.text;
    EXPECT_NE(ran.text.find(word), std::string::npos) << arguments << "\n" << ran.text;
  }
}

TEST_F(CommandLine, BisectGoesOnWhenAVersionCannotBeHad) {
  Write("plain.json", kPlainCase);
  const CommandRun ran = Run("bisect plain.json --versions 3.0.5,3.9.2 --prepare 'test x ='",
                             "WEIGHTPROOF_VENVS=none");
  EXPECT_EQ(ran.code, 3) << ran.text;
  EXPECT_NE(ran.text.find("3.0.5     cannot be installed"), std::string::npos) << ran.text;
  EXPECT_NE(ran.text.find("3.9.2     cannot be installed"), std::string::npos) << ran.text;
  EXPECT_NE(ran.text.find("no version says anything"), std::string::npos) << ran.text;
}

TEST_F(CommandLine, ReplaysShowsAndRefusesToMinimizeAnInnocentCase) {
  Write("plain.json", kPlainCase);
  const CommandRun replayed = Run("replay plain.json");
  EXPECT_EQ(replayed.code, 0) << replayed.text;
  EXPECT_NE(replayed.text.find("plain.json: held"), std::string::npos) << replayed.text;
  const CommandRun shown = Run("show plain.json");
  EXPECT_EQ(shown.code, 0);
  EXPECT_NE(shown.text.find("Dense(units=3)"), std::string::npos) << shown.text;
  EXPECT_NE(shown.text.find("import keras"), std::string::npos) << shown.text;
  EXPECT_EQ(Run("minimize plain.json -o small.json").code, 2);
  Write("broken.json", "{\"schema\": 1, \"colour\": 2}");
  EXPECT_EQ(Run("replay broken.json").code, 2);
}

TEST_F(CommandLine, CheckFindsNothingOnTheBuiltinTesteeAndWritesItsReports) {
  const CommandRun ran =
      Run("check --cases 300 --jobs 2 --json out.json --junit out.xml --corpus found");
  EXPECT_EQ(ran.code, 0) << ran.text;
  const auto json = nlohmann::json::parse(Read("out.json"), nullptr, false);
  ASSERT_TRUE(json.is_object());
  EXPECT_EQ(json["cases"].get<int>() + json["discarded"].get<int>(), 300);
  EXPECT_EQ(json["testee"], "builtin");
  EXPECT_NE(Read("out.xml").find("<testsuite "), std::string::npos);
}

TEST_F(CommandLine, CheckFindsACanaryAndItsFindingReplaysAndMinimizes) {
  const CommandRun ran = Run("check --testee canary --cases 100 --json out.json --corpus found");
  ASSERT_EQ(ran.code, 1) << ran.text;
  const auto json = nlohmann::json::parse(Read("out.json"), nullptr, false);
  ASSERT_FALSE(json["findings"].empty());
  const std::string path = json["findings"][0]["case"];
  EXPECT_EQ(Run("replay '" + path + "' --testee canary").code, 1);
  EXPECT_EQ(Run("minimize '" + path + "' -o small.json --testee canary").code, 0);
  EXPECT_EQ(Run("replay small.json --testee canary").code, 1);
  EXPECT_EQ(Run("replay small.json").code, 0);
}

TEST_F(CommandLine, WhatIsKnownOfATesteeFailsNoRunUntilItIsGone) {
  const std::string check = "check --cases 60 --corpus found --known known.json";
  EXPECT_EQ(Run(check).code, 2) << "a file that is named must be there";
  EXPECT_EQ(Run(check + " --testee canary --update-known").code, 0);
  const auto known = nlohmann::json::parse(Read("known.json"), nullptr, false);
  ASSERT_TRUE(known.is_object());
  EXPECT_FALSE(known["findings"].empty());
  const CommandRun again = Run(check + " --testee canary");
  EXPECT_EQ(again.code, 0) << again.text;
  const CommandRun other = Run(check + " --testee fault:siblings-swapped");
  EXPECT_EQ(other.code, 2) << other.text;
  EXPECT_NE(other.text.find("--known"), std::string::npos) << other.text;
  // As if the canary had been mended: what is known of it holds now.
  std::string text = Read("known.json");
  text.replace(text.find("\"testee\": \"canary\"") + 11, 6, "builtin");
  Write("known.json", text);
  const CommandRun healed = Run(check);
  EXPECT_EQ(healed.code, 1) << healed.text;
  EXPECT_NE(healed.text.find("holds now"), std::string::npos) << healed.text;
  EXPECT_EQ(Run(check + " --update-known").code, 0);
  EXPECT_EQ(Run(check).code, 0);
}

TEST_F(CommandLine, RefusesALimitOnWorkersThatIsNoNumber) {
  setenv("WEIGHTPROOF_WORKER_SECONDS", "soon", 1);
  const CommandRun ran = Run("testees");
  unsetenv("WEIGHTPROOF_WORKER_SECONDS");
  EXPECT_EQ(ran.code, 2);
  EXPECT_NE(ran.text.find("WEIGHTPROOF_WORKER_SECONDS"), std::string::npos) << ran.text;
}

TEST_F(CommandLine, OneTesteeReadsWhatAnotherOneWrites) {
  Write("plain.json", kPlainCase);
  const CommandRun same = Run("replay plain.json --writer builtin --reader builtin-worker");
  EXPECT_EQ(same.code, 0) << same.text;
  EXPECT_NE(same.text.find("builtin-worker reading what builtin wrote"), std::string::npos)
      << same.text;
  const CommandRun wrong = Run("check --reader canary --cases 60 --json out.json --corpus found");
  EXPECT_EQ(wrong.code, 1) << wrong.text;
  EXPECT_NE(wrong.text.find("--writer builtin --reader canary"), std::string::npos) << wrong.text;
  const auto json = nlohmann::json::parse(Read("out.json"), nullptr, false);
  EXPECT_EQ(json["writer"], "builtin");
  EXPECT_EQ(json["testee"], "canary");
}

TEST_F(CommandLine, CampaignsOverTheWorkerProtocolFindNothingOnTheBuiltinLibrary) {
  const CommandRun ran =
      Run("check --testee builtin-worker --cases 200 --json out.json --corpus found");
  EXPECT_EQ(ran.code, 0) << ran.text;
}

TEST_F(CommandLine, TheMatrixCountsEveryOrderedPair) {
  const CommandRun ran =
      Run("matrix --testees builtin,canary --cases 60 --seed 4 --json out.json --corpus found");
  EXPECT_EQ(ran.code, 1) << ran.text;
  const auto json = nlohmann::json::parse(Read("out.json"), nullptr, false);
  ASSERT_TRUE(json.is_object()) << ran.text;
  ASSERT_EQ(json["pairs"].size(), 4u);
  for (const auto& pair : json["pairs"]) {
    EXPECT_EQ(pair["cases"], 60);
    const bool canary = pair["reader"] == "canary";
    EXPECT_EQ(pair["falsified"].get<int>() > 0, canary) << pair;
    EXPECT_EQ(pair["clauses"]["round-trips"]["silently_wrong"].get<int>() > 0, canary) << pair;
    EXPECT_GT(pair["clauses"]["loud-or-right"]["refused"].get<int>(), canary ? -1 : 0) << pair;
  }
  EXPECT_NE(ran.text.find("canary reads what builtin writes"), std::string::npos) << ran.text;
}

TEST_F(CommandLine, ZeroCasesIsAHarnessError) {
  EXPECT_EQ(Run("check --cases 0 --corpus found").code, 3);
}

TEST_F(CommandLine, GeneratesTheSameCasesForTheSameSeed) {
  EXPECT_EQ(Run("generate --count 5 -o a --seed 3").code, 0);
  EXPECT_EQ(Run("generate --count 5 -o b --seed 3").code, 0);
  EXPECT_FALSE(Read("a/000004.json").empty());
  EXPECT_EQ(Read("a/000004.json"), Read("b/000004.json"));
  EXPECT_EQ(Run("replay a").code, 0);
}

TEST_F(CommandLine, MergesTheFindingsOfShards) {
  for (const char* shard : {"0", "1"}) {
    const CommandRun run = Run(std::string("check --testee canary --cases 60 --shard ") + shard +
                               "/2 --corpus part-" + shard);
    EXPECT_EQ(run.code, 1) << run.text;
  }
  const CommandRun merged = Run("merge part-0 part-1 -o all");
  EXPECT_EQ(merged.code, 0) << merged.text;
  EXPECT_NE(merged.text.find("2/2  canary"), std::string::npos) << merged.text;
  EXPECT_GE(nlohmann::json::parse(Read("all/merged.json")).size(), 2U);
  EXPECT_EQ(Run("merge part-0 nowhere -o all").code, 2);
}

TEST_F(CommandLine, ListsTesteesWithThirtyPlantedFaults) {
  const auto list = nlohmann::json::parse(Run("testees --json").text, nullptr, false);
  ASSERT_TRUE(list.is_array());
  int faults = 0;
  for (const auto& row : list) faults += row["name"].get<std::string>().starts_with("fault:");
  EXPECT_GE(faults, 30);
}

TEST_F(CommandLine, VetsFilesAndSaysWhereTheyAreUnsound) {
  const std::string folder = std::string(WEIGHTPROOF_SOURCE_DIR) + "/model/checkpoint/testdata/";
  const std::string sound = folder + "storage.h5";
  EXPECT_EQ(Run("vet " + sound + " " + folder + "texts.h5").code, 0);
  const CommandRun refused = Run("vet " + sound + " " + folder + "refused_external_link.h5");
  EXPECT_EQ(refused.code, 1);
  EXPECT_NE(refused.text.find("sound      " + sound), std::string::npos) << refused.text;
  EXPECT_NE(refused.text.find("/e: escape (ForbiddenFeature)"), std::string::npos) << refused.text;
  EXPECT_NE(refused.text.find("(byte "), std::string::npos) << refused.text;
  EXPECT_EQ(Run("vet " + sound + " missing.h5").code, 2);
  EXPECT_EQ(Run("vet --policy filters=none " + sound).code, 1);
  EXPECT_EQ(Run("vet --policy links=external " + folder + "refused_external_link.h5").code, 0);
  EXPECT_EQ(Run("vet --policy colour=red " + sound).code, 2);
  const auto json = nlohmann::json::parse(
      Run("vet --json " + sound + " " + folder + "refused_bomb.h5").text, nullptr, false);
  ASSERT_TRUE(json.is_object());
  EXPECT_TRUE(json["files"][0]["sound"].get<bool>());
  EXPECT_EQ(json["files"][1]["severity"], "unbounded");
  EXPECT_EQ(Run("vet --map " + sound + " " + folder + "texts.h5").code, 0);
}

TEST_F(CommandLine, ReadsARareFileWithTheLibraryWhenAsked) {
  const std::string file =
      std::string(WEIGHTPROOF_SOURCE_DIR) + "/model/checkpoint/testdata/library_only.weights.h5";
  const CommandRun refused = Run("inspect " + file);
  EXPECT_EQ(refused.code, 2);
  EXPECT_NE(refused.text.find("ForbiddenFeature"), std::string::npos) << refused.text;
  const CommandRun read = Run("inspect --hdf5=library " + file);
  EXPECT_EQ(read.code, 0);
  EXPECT_NE(read.text.find("1 layers, 2 tensors"), std::string::npos) << read.text;
  EXPECT_EQ(Run("inspect --hdf5=other " + file).code, 2);
  EXPECT_EQ(Run("inspect --hdf5=library --map " + file).code, 2);
  EXPECT_EQ(Run("inspect --hdf5=library missing.h5").code, 2);
}

}  // namespace
}  // namespace weightproof
