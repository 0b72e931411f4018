// Every file of corpus/cases, played again, and the manifest that says why it is there.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "harness/campaign/forked.h"
#include "harness/properties/run_case.h"

namespace weightproof {
namespace {

namespace fs = std::filesystem;

fs::path Corpus() { return fs::path(WEIGHTPROOF_SOURCE_DIR) / "corpus"; }

std::string TextOf(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

nlohmann::json Manifest() {
  return nlohmann::json::parse(TextOf(Corpus() / "manifest.json"), nullptr, false);
}

std::vector<std::string> CaseFiles() {
  std::vector<std::string> files;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(Corpus() / "cases", error)) {
    files.push_back("cases/" + entry.path().filename().string());
  }
  std::ranges::sort(files);
  return files;
}

TEST(Corpus, HoldsTheReportThatBeganTheProjectAndAtLeastTenOtherCases) {
  const std::vector<std::string> files = CaseFiles();
  const auto reports = std::ranges::count_if(
      files, [](const std::string& file) { return file.starts_with("cases/report-"); });
  EXPECT_GE(reports, 10);
  EXPECT_GE(std::ssize(files) - reports, 10);
}

TEST(Corpus, ManifestListsEachCaseOnceWithAReasonAndNothingThatIsNotThere) {
  const nlohmann::json manifest = Manifest();
  ASSERT_TRUE(manifest.is_object());
  const std::vector<std::string> files = CaseFiles();
  ASSERT_FALSE(files.empty());
  for (const std::string& file : files) {
    EXPECT_TRUE(manifest["files"].contains(file)) << file << " is not in corpus/manifest.json";
  }
  for (const char* part : {"files", "folders", "tables"}) {
    for (const auto& [name, entry] : manifest[part].items()) {
      EXPECT_TRUE(fs::exists(Corpus() / name)) << name << " is in the manifest but not there";
      const auto& reason = entry.is_object() ? entry["reason"] : entry;
      EXPECT_GE(reason.get<std::string>().size(), 20u) << name << " has no reason to be there";
    }
  }
}

TEST(Corpus, ManifestCoversEverythingInTheFolder) {
  const nlohmann::json manifest = Manifest();
  std::set<std::string> known{"manifest.json", "cases"};
  for (const char* part : {"folders", "tables"}) {
    for (const auto& [name, entry] : manifest[part].items()) known.insert(name);
  }
  for (const fs::directory_entry& entry : fs::directory_iterator(Corpus())) {
    const std::string name = entry.path().filename().string();
    EXPECT_TRUE(known.contains(name)) << "corpus/" << name << " is not in the manifest";
  }
}

class StoredCase : public testing::TestWithParam<std::string> {};

TEST_P(StoredCase, IsJudgedAsTheManifestSays) {
  const nlohmann::json manifest = Manifest();
  ASSERT_TRUE(manifest["files"].contains(GetParam()));
  const nlohmann::json& entry = manifest["files"][GetParam()];
  const Result<Case> c = CaseFromJson(TextOf(Corpus() / GetParam()), GetParam());
  ASSERT_TRUE(c) << c.error().Text();

  const Scratch scratch;
  const Result<std::unique_ptr<Testee>> builtin = MakeTestee("builtin");
  ASSERT_TRUE(builtin);
  const CaseResult result = RunCase(*c, **builtin, **builtin, scratch.path());
  EXPECT_EQ(VerdictKindName(result.overall), entry["expect"].get<std::string>())
      << result.unsupported_by_name;
  EXPECT_FALSE(entry["clauses"].empty()) << "a case that no clause asks about is no test";
  for (const auto& [name, expected] : entry["clauses"].items()) {
    const auto told = std::ranges::find(result.clauses, name, &ClauseVerdict::clause);
    ASSERT_NE(told, result.clauses.end()) << name;
    EXPECT_EQ(VerdictKindName(told->verdict.kind), expected.get<std::string>())
        << name << ": " << told->verdict.evidence;
  }
}

TEST_P(StoredCase, ReadsBackFromItsCanonicalForm) {
  const Result<Case> c = CaseFromJson(TextOf(Corpus() / GetParam()), GetParam());
  ASSERT_TRUE(c) << c.error().Text();
  const Result<Case> again = CaseFromJson(CaseToJson(*c), GetParam());
  ASSERT_TRUE(again) << again.error().Text();
  EXPECT_EQ(*again, *c);
}

std::string NameOf(const testing::TestParamInfo<std::string>& file) {
  std::string name = fs::path(file.param).stem().string();
  std::ranges::replace(name, '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Corpus, StoredCase, testing::ValuesIn(CaseFiles()), NameOf);

}  // namespace
}  // namespace weightproof
