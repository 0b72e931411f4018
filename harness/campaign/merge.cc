#include "harness/campaign/merge.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>
#include <utility>

#include "harness/campaign/text_file.h"
#include "harness/case/case.h"
#include "harness/case/json.h"
#include "harness/case/json_fields.h"

namespace weightproof {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

constexpr std::size_t kFeaturesMax = 100;
constexpr std::size_t kFindingsMax = 100'000;
constexpr std::array<std::string_view, 4> kFiles = {"case.json", "finding.json", "report.md",
                                                    "reproduce.py"};

struct Told {
  MergedFinding finding;
  bool reproduced = true;
  bool shrunk = false;
  std::size_t case_bytes = 0;

  auto Rank() const { return std::tuple(!reproduced, !shrunk, case_bytes, finding.folder); }
};

using Key = std::tuple<std::string, std::string, std::string, bool, std::string, std::string,
                       std::string, Signature>;

// Bugs sort before hazards: false is less.
Key KeyOf(const MergedFinding& f) {
  const bool hazard = f.sentence.empty();
  return {f.testee, f.version, f.writer,   hazard,
          f.clause, f.cause,   f.sentence, hazard ? f.features : Signature()};
}

Result<Told> ReadTold(const fs::path& folder) {
  const std::string place = (folder / "finding.json").string();
  const Result<std::string> text = ReadTextFile((folder / "finding.json").string());
  if (!text) return std::unexpected(text.error());
  const Result<Json> value = ParseJson(*text, place);
  if (!value) return std::unexpected(value.error());
  const JsonPlace at{nullptr, place};
  JsonFields fields(*value, at);
  Told told;
  MergedFinding& f = told.finding;
  f.folder = folder.string();
  fields.Text("testee", f.testee, true);
  fields.Text("version", f.version, true);
  fields.Text("writer", f.writer, true);
  fields.Text("clause", f.clause, true);
  fields.Text("cause", f.cause, true);
  fields.Bool("shrunk", told.shrunk);
  fields.Bool("reproduced", told.reproduced);
  std::vector<std::string> features;
  fields.Texts("features", kFeaturesMax, features);
  f.features = {features.begin(), features.end()};
  if (const Json* sentence = fields.Find("sentence")) {
    const auto id = sentence->is_object() ? sentence->find("id") : sentence->end();
    const auto* words = !sentence->is_object() || id == sentence->end()
                            ? nullptr
                            : id->get_ptr<const std::string*>();
    if (words == nullptr) {
      fields.Wrong("sentence", "an object with an id is due here");
    } else {
      f.sentence = *words;
    }
  }
  if (!fields.ok()) return std::unexpected(std::move(fields).error());

  const Result<std::string> the_case = ReadTextFile((folder / "case.json").string());
  if (!the_case) return std::unexpected(the_case.error());
  const Result<Case> read = CaseFromJson(*the_case, (folder / "case.json").string());
  if (!read) return std::unexpected(read.error());
  told.case_bytes = the_case->size();
  return told;
}

Status ReadRun(const std::string& run, std::size_t index, std::map<Key, Told>& found) {
  std::error_code error;
  std::vector<fs::path> folders;
  for (fs::directory_iterator it(run, error), end; !error && it != end; it.increment(error)) {
    if (fs::is_regular_file(it->path() / "finding.json", error)) folders.push_back(it->path());
  }
  if (error || folders.empty()) {
    return Fail(ErrorKind::kPathUnreadable, run,
                error ? error.message() : std::string("no finding lies in it"),
                "name a folder that `check --corpus` was given");
  }
  std::ranges::sort(folders);
  for (const fs::path& folder : folders) {
    Result<Told> told = ReadTold(folder);
    if (!told) return std::unexpected(told.error());
    const auto [at, is_new] = found.try_emplace(KeyOf(told->finding), *told);
    if (!is_new && told->Rank() < at->second.Rank()) {
      told->finding.runs = std::move(at->second.finding.runs);
      at->second = *std::move(told);
    }
    std::vector<std::size_t>& runs = at->second.finding.runs;
    if (runs.empty() || runs.back() != index) runs.push_back(index);
    if (found.size() > kFindingsMax) {
      return Fail(ErrorKind::kLimitExceeded, run, "too many findings", "merge fewer folders");
    }
  }
  return {};
}

Json ToJson(const MergedFinding& f, const std::string& folder,
            const std::vector<std::string>& folders) {
  Json runs = Json::array();
  for (const std::size_t run : f.runs) runs.push_back(folders[run]);
  return {{"testee", f.testee},     {"version", f.version}, {"writer", f.writer},
          {"clause", f.clause},     {"cause", f.cause},     {"sentence", f.sentence},
          {"features", f.features}, {"folder", folder},     {"found_in", std::move(runs)}};
}

}  // namespace

Result<std::vector<MergedFinding>> MergeFindings(const std::vector<std::string>& folders) {
  std::map<Key, Told> found;
  for (std::size_t i = 0; i < folders.size(); ++i) {
    if (Status read = ReadRun(folders[i], i, found); !read) return std::unexpected(read.error());
  }
  std::vector<MergedFinding> merged;
  merged.reserve(found.size());
  for (auto& [key, told] : found) merged.push_back(std::move(told.finding));
  return merged;
}

Status WriteMerged(const std::vector<MergedFinding>& findings,
                   const std::vector<std::string>& folders, const std::string& output) {
  Json all = Json::array();
  std::set<std::string> taken;
  for (const MergedFinding& f : findings) {
    const fs::path from(f.folder);
    // Two testees may have a case in common.
    const std::string base = from.filename().string();
    std::string name = base;
    for (int i = 2; !taken.insert(name).second; ++i) name = base + "-" + std::to_string(i);
    const fs::path to = fs::path(output) / name;
    std::error_code error;
    fs::create_directories(to, error);
    if (error) {
      return Fail(ErrorKind::kPathUnwritable, to.string(), error.message(),
                  "name a folder that can be written to with -o");
    }
    for (const std::string_view file : kFiles) {
      if (!fs::is_regular_file(from / file, error)) continue;
      const Result<std::string> text = ReadTextFile((from / file).string());
      if (!text) return std::unexpected(text.error());
      if (Status put = WriteTextFile((to / file).string(), *text); !put) return put;
    }
    all.push_back(ToJson(f, name, folders));
  }
  return WriteTextFile((fs::path(output) / "merged.json").string(), DumpJson(all, 2) + "\n");
}

}  // namespace weightproof
