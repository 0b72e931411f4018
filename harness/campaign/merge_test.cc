#include "harness/campaign/merge.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "harness/campaign/forked.h"

namespace weightproof {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr const char* kOneDense = R"({"schema": 1,
  "architecture": {"dialect": "keras3", "input_shape": [5],
    "layers": [{"class": "Dense", "config": {"units": 3}}]},
  "writer": {"build": [{"op": "assemble", "how": "list", "input": "given"}]},
  "reader": {"build": [{"op": "assemble", "how": "list", "input": "given"}]},
  "route": {"format": "weights_h5", "path": {"text": "m.weights.h5"}}})";

class Merging : public ::testing::Test {
 protected:
  void Put(const std::string& path, const std::string& text) const {
    const fs::path whole = fs::path(folder_.path()) / path;
    fs::create_directories(whole.parent_path());
    std::ofstream(whole) << text;
  }
  // `blanks` make the case longer.
  void PutFinding(const std::string& folder, const Json& changes, int blanks = 0) const {
    Json about = {{"testee", "keras"},         {"version", "3.15.1"},     {"writer", "keras"},
                  {"clause", "loud-or-right"}, {"cause", "silent-class"}, {"bug", false},
                  {"features", {"one:nest"}},  {"reproduced", true},      {"shrunk", true}};
    about.update(changes);
    Put(folder + "/finding.json", about.dump());
    Put(folder + "/case.json", kOneDense + std::string(static_cast<std::size_t>(blanks), ' '));
    Put(folder + "/report.md", folder);
  }
  std::string Run(const std::string& name) const { return folder_.path() + "/" + name; }
  std::string Text(const std::string& name) const {
    std::ifstream in(Run(name));
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static Json Sentence(const char* id) { return {{"id", id}, {"quote", "It does."}}; }

  Scratch folder_;
};

TEST_F(Merging, KeepsTheShortestCaseOfACauseAndSaysWhereItWasFound) {
  PutFinding("a/one", Json::object(), 20);
  PutFinding("a/two", {{"features", {"one:lora"}}});
  PutFinding("b/three", Json::object(), 10);
  PutFinding("b/four", {{"shrunk", false}});
  PutFinding("c/five", {{"reproduced", false}});
  const std::vector<std::string> runs = {Run("a"), Run("b"), Run("c")};
  const Result<std::vector<MergedFinding>> merged = MergeFindings(runs);
  ASSERT_TRUE(merged) << merged.error().Text();
  ASSERT_EQ(merged->size(), 2U);
  EXPECT_EQ((*merged)[1].folder, Run("b/three"));
  EXPECT_EQ((*merged)[1].runs, (std::vector<std::size_t>{0, 1, 2}));
  EXPECT_EQ((*merged)[0].features, Signature{"one:lora"});

  ASSERT_TRUE(WriteMerged(*merged, runs, Run("out")));
  EXPECT_EQ(Text("out/three/report.md"), "b/three");
  EXPECT_EQ(Text("out/three/case.json"), Text("b/three/case.json"));
  EXPECT_FALSE(fs::exists(Run("out/one")));
  const Json all = Json::parse(Text("out/merged.json"));
  EXPECT_EQ(all.at(1).at("found_in").size(), 3U);
  EXPECT_EQ(all.at(0).at("found_in"), Json({Run("a")}));
}

TEST_F(Merging, KnowsABugByItsSentenceWhateverItNeeds) {
  PutFinding("a/one", {{"bug", true}, {"sentence", Sentence("s")}, {"features", {"one:a"}}});
  PutFinding("b/two", {{"bug", true}, {"sentence", Sentence("s")}, {"features", {"one:b"}}});
  PutFinding("b/three", {{"bug", true}, {"sentence", Sentence("t")}});
  PutFinding("b/four", Json::object());
  const auto merged = MergeFindings({Run("a"), Run("b")});
  ASSERT_TRUE(merged);
  ASSERT_EQ(merged->size(), 3U);
  EXPECT_EQ((*merged)[0].sentence, "s");
  EXPECT_EQ((*merged)[0].runs.size(), 2U);
  EXPECT_EQ((*merged)[2].sentence, "");
}

TEST_F(Merging, GivesFindingsOfOneNameFoldersOfTheirOwn) {
  PutFinding("a/same", Json::object());
  PutFinding("b/same", {{"version", "3.10.0"}});
  const std::vector<std::string> runs = {Run("a"), Run("b")};
  const auto merged = MergeFindings(runs);
  ASSERT_TRUE(merged && merged->size() == 2);
  ASSERT_TRUE(WriteMerged(*merged, runs, Run("out")));
  EXPECT_EQ(Text("out/same/report.md"), "b/same");
  EXPECT_EQ(Text("out/same-2/report.md"), "a/same");
}

TEST_F(Merging, RefusesWhatIsNoFolderOfFindingsAndNamesThePlace) {
  EXPECT_EQ(MergeFindings({Run("nowhere")}).error().kind, ErrorKind::kPathUnreadable);
  fs::create_directories(Run("empty"));
  EXPECT_EQ(MergeFindings({Run("empty")}).error().kind, ErrorKind::kPathUnreadable);
  PutFinding("a/one", {{"clause", 7}});
  const auto number = MergeFindings({Run("a")});
  EXPECT_EQ(number.error().kind, ErrorKind::kBadJson);
  EXPECT_EQ(number.error().place, Run("a/one/finding.json") + ":/clause");
  PutFinding("b/one", {{"sentence", "s"}});
  EXPECT_EQ(MergeFindings({Run("b")}).error().place, Run("b/one/finding.json") + ":/sentence");
  PutFinding("c/one", Json::object());
  Put("c/one/case.json", "{");
  EXPECT_EQ(MergeFindings({Run("c")}).error().kind, ErrorKind::kBadJson);
}

}  // namespace
}  // namespace weightproof
