#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "fuzz/case_input.h"
#include "fuzz/damage_input.h"
#include "fuzz/driver.h"
#include "fuzz/json_mutator.h"
#include "harness/case/generate.h"
#include "model/spec/layer_schema.h"

namespace weightproof::fuzz {
namespace {

const std::string kSource = WEIGHTPROOF_SOURCE_DIR;
constexpr const char* kTargets[] = {"fuzz_round_trip", "fuzz_architecture_json", "fuzz_case_json",
                                    "fuzz_damage", "fuzz_worker_answer"};
constexpr std::size_t kBytesMax = 65536;

std::string Read(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  EXPECT_TRUE(stream.is_open()) << path;
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<std::string> Seeds() {
  std::vector<std::string> seeds;
  for (const auto& file :
       std::filesystem::directory_iterator(kSource + "/corpus/fuzz/fuzz_round_trip")) {
    seeds.push_back(Read(file.path()));
  }
  return seeds;
}

class Folder {
 public:
  Folder() {
    path_ = testing::TempDir() + "/weightproof-XXXXXX";
    EXPECT_NE(mkdtemp(path_.data()), nullptr);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  void Put(const std::string& name, const std::string& text) const {
    std::ofstream(path_ + "/" + name, std::ios::binary) << text;
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

int ExitCode(const std::string& target, const std::string& argument) {
  const std::string command = std::string(WEIGHTPROOF_BINARY_DIR) + "/" + target + " '" + argument +
                              "' >/dev/null 2>/dev/null";
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(ReplayOfATarget, FailsOnAnEmptyFolderAndOnAMissingFile) {
  const Folder folder;
  for (const char* target : kTargets) {
    EXPECT_EQ(ExitCode(target, folder.path()), 1) << target;
    EXPECT_EQ(ExitCode(target, folder.path() + "/missing"), 1) << target;
  }
}

TEST(ReplayOfATarget, FailsWhenAllInputsAreRefused) {
  const Folder folder;
  folder.Put("a", "");
  folder.Put("b", "{");
  folder.Put("c", R"({"schema": 1})");
  for (const char* target : kTargets) EXPECT_EQ(ExitCode(target, folder.path()), 1) << target;
}

TEST(ReplayOfATarget, PassesWhenOneInputIsAccepted) {
  for (const char* target : kTargets) {
    const Folder folder;
    folder.Put("refused", "{");
    for (const auto& file :
         std::filesystem::directory_iterator(kSource + "/corpus/fuzz/" + target)) {
      std::filesystem::copy(file.path(), folder.path());
      if (std::distance(std::filesystem::directory_iterator(folder.path()), {}) > 12) break;
    }
    EXPECT_EQ(ExitCode(target, folder.path()), 0) << target;
  }
}

TEST(RoundTripInput, AcceptsEverySeed) {
  const std::vector<std::string> seeds = Seeds();
  EXPECT_GE(seeds.size(), 20U);
  for (const std::string& seed : seeds) EXPECT_TRUE(DecodeCase(seed)) << seed;
}

Case Plain() {
  SeededChoices choices(1, 1);
  return Generate(choices);
}

TEST(RoundTripInput, RefusesCasesThatAreTooLargeOrLeaveTheirFolder) {
  const Case plain = Plain();
  ASSERT_TRUE(DecodeCase(CaseToJson(plain)));
  Case wide = plain;
  LayerSpec dense;
  dense.class_name = "Dense";
  dense.config["units"] = std::int64_t{1'000'000'000};
  wide.architecture.layers.insert(wide.architecture.layers.begin(), dense);
  EXPECT_FALSE(DecodeCase(CaseToJson(wide)));
  for (const char* path : {"../m", "a/../../m", "..", "./../m/../n"}) {
    Case escaping = plain;
    escaping.route.path.text = path;
    EXPECT_FALSE(DecodeCase(CaseToJson(escaping))) << path;
    escaping = plain;
    escaping.reader.session.working_directory = path;
    EXPECT_FALSE(DecodeCase(CaseToJson(escaping))) << path;
  }
}

TEST(RoundTripMutator, GivesValidCasesThatDifferAndRepeat) {
  const std::string seed = CaseToJson(Plain(), -1);
  for (unsigned i = 0; i < 200; ++i) {
    const std::optional<std::string> text = MutateCase(seed, i, kBytesMax);
    ASSERT_TRUE(text);
    EXPECT_NE(*text, seed);
    EXPECT_TRUE(DecodeCase(*text)) << *text;
    EXPECT_EQ(text, MutateCase(seed, i, kBytesMax));
  }
}

TEST(RoundTripMutator, KeepsToTheSizeAndLeavesOtherTextToTheEngine) {
  const std::string seed = CaseToJson(Plain(), -1);
  EXPECT_FALSE(MutateCase(seed, 1, 10));
  EXPECT_FALSE(MutateCase("{\"schema\":", 1, kBytesMax));
  EXPECT_FALSE(CrossCases(seed, "{", 1, kBytesMax));
}

TEST(JsonMutator, ChangesAndRepeatsAndLeavesOtherTextToTheEngine) {
  const std::string text = R"({"a":[1,2,{"b":true}],"c":"word"})";
  int changed = 0;
  for (unsigned i = 0; i < 100; ++i) {
    const std::optional<std::string> next = MutateJson(text, i, kBytesMax);
    ASSERT_TRUE(next);
    EXPECT_EQ(next, MutateJson(text, i, kBytesMax));
    changed += *next != text ? 1 : 0;
  }
  EXPECT_GE(changed, 90);
  EXPECT_FALSE(MutateJson("{", 1, kBytesMax));
  EXPECT_FALSE(MutateJson(text, 1, 0));
}

TEST(RoundTripCrossOver, GivesCasesWithPartsOfBoth) {
  const std::vector<std::string> seeds = Seeds();
  int crossed = 0;
  for (std::size_t i = 1; i < seeds.size(); ++i) {
    const std::optional<std::string> text = CrossCases(seeds[i - 1], seeds[i], i, kBytesMax);
    if (!text) continue;
    ++crossed;
    EXPECT_TRUE(DecodeCase(*text)) << *text;
    EXPECT_NE(*text, CaseToJson(*CaseFromJson(seeds[i - 1]), -1));
  }
  EXPECT_GE(crossed, 10);
}

TEST(DamageInput, MakesAFileOfEverySeed) {
  int files = 0;
  for (const auto& file :
       std::filesystem::directory_iterator(kSource + "/corpus/fuzz/fuzz_damage")) {
    EXPECT_TRUE(DecodeDamage(Read(file.path()))) << file.path();
    ++files;
  }
  EXPECT_GE(files, 25);
}

TEST(DamageInput, RefusesWhatIsNoneAndWhatAppliesNowhere) {
  const auto with = [](const char* damage) {
    return std::string(R"({"model": 0, "format": "weights_h5", "damage": )") + damage + "}";
  };
  EXPECT_TRUE(DecodeDamage(with("[]")));
  EXPECT_FALSE(DecodeDamage("{"));
  EXPECT_FALSE(DecodeDamage(R"({"model": 0, "format": "keras_archive", "damage": []})"));
  EXPECT_FALSE(DecodeDamage(with(R"([{"op": "drop", "path": "nowhere"}])")));
  EXPECT_FALSE(DecodeDamage(with(R"([{"op": "soft_link", "path": "layers", "how": "loop"}])")));
}

TEST(DamageMutator, GivesOtherFilesAndRepeats) {
  const std::string seed = R"({"model": 0, "format": "weights_h5", "damage": []})";
  int files = 0;
  for (unsigned i = 0; i < 200; ++i) {
    const std::optional<std::string> text = MutateDamage(seed, i, kBytesMax);
    ASSERT_TRUE(text);
    EXPECT_EQ(text, MutateDamage(seed, i, kBytesMax));
    files += *text != seed && DecodeDamage(*text) ? 1 : 0;
  }
  EXPECT_GE(files, 150);
  EXPECT_FALSE(MutateDamage("{", 1, kBytesMax));
  EXPECT_FALSE(MutateDamage(seed, 1, 10));
}

TEST(FuzzCorpus, SaysOfEveryFileWhyItIsThere) {
  const std::filesystem::path corpus = kSource + "/corpus/fuzz";
  const std::string manifest = Read(corpus / "manifest.json");
  std::ptrdiff_t files = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(corpus)) {
    const std::string name = std::filesystem::relative(file.path(), corpus).string();
    if (!file.is_regular_file() || name == "manifest.json") continue;
    const std::size_t row = manifest.find("\n \"" + name + "\": \"");
    ASSERT_NE(row, std::string::npos) << name << " has no row in corpus/fuzz/manifest.json";
    ++files;
  }
  EXPECT_EQ(manifest.find("\": \"\""), std::string::npos) << "a row that says nothing";
  EXPECT_GE(files, 500);
  EXPECT_EQ(std::ranges::count(manifest, '\n'), files + 2) << "rows of files that are not there";
}

// A target that cannot fail tests nothing: the canary loads nothing and says all is well.
TEST(RoundTripTargetDeathTest, AbortsOnTheCanaryWithTheCaseOnStderr) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto play_all = [] {
    for (const std::string& seed : Seeds()) PlayRoundTrip(seed, "canary");
  };
  EXPECT_DEATH(play_all(), "falsified: .*\n.*\ninput:\n.*");
}

TEST(Dictionary, KnowsEveryLayerClassConfigKeyAndActivation) {
  for (const char* target : {"fuzz_round_trip", "fuzz_architecture_json"}) {
    const std::string words = Read(kSource + "/fuzz/" + target + ".dict");
    const auto expect = [&](std::string_view word) {
      const std::string line = "\"\\\"" + std::string(word) + "\\\"\"\n";
      EXPECT_NE(words.find(line), std::string::npos) << target << ": " << word;
    };
    for (const LayerSchema& schema : LayerSchemas()) {
      expect(schema.class_name);
      for (const KeySchema& key : schema.keys) expect(key.key);
    }
    for (const Dialect dialect : {Dialect::kKeras3, Dialect::kTfKeras}) {
      for (const std::string_view name : ActivationNames(dialect)) expect(name);
    }
  }
}

}  // namespace
}  // namespace weightproof::fuzz
