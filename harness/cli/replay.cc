#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "harness/campaign/forked.h"
#include "harness/cli/commands.h"

namespace weightproof {
namespace {

constexpr double kSecondsPerCaseMax = 60;

// A folder stands for the case files below it: every *.json but finding.json.
Status Collect(const std::string& path, std::vector<std::string>& files) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) {
    files.push_back(path);
    return {};
  }
  const std::size_t before = files.size();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path, error)) {
    const std::filesystem::path& file = entry.path();
    if (file.extension() == ".json" && file.filename() != "finding.json") {
      files.push_back(file.string());
    }
  }
  std::sort(files.begin() + static_cast<std::ptrdiff_t>(before), files.end());
  if (files.size() == before) {
    return Fail(ErrorKind::kPathUnreadable, path, "no case file (*.json) in this folder",
                "name a case file, or a folder that holds some");
  }
  return {};
}

}  // namespace

int Replay(const ReplayOptions& o) {
  std::vector<std::string> files;
  for (const std::string& path : o.files) {
    if (Status s = Collect(path, files); !s) return Refuse(s.error());
  }
  std::vector<Case> cases;
  for (const std::string& file : files) {
    Result<Case> c = ReadCase(file);
    if (!c) return Refuse(c.error());
    cases.push_back(*std::move(c));
  }
  std::string given;
  if (!o.file.empty()) {
    Result<std::string> bytes = ReadTextFile(o.file);
    if (!bytes) return Refuse(bytes.error());
    given = *std::move(bytes);
  }
  Result<Engine> engine = EngineFor(o.testees);
  if (!engine) return Refuse(engine.error());

  const InterruptGuard guard;
  std::size_t falsified = 0;
  std::size_t broken = 0;
  std::size_t unsupported = 0;
  for (std::size_t i = 0; i < cases.size() && !Interrupted(); ++i) {
    const CaseResult result = o.file.empty()
                                  ? RunCaseForked(*engine, cases[i], kSecondsPerCaseMax)
                                  : RunFileForked(*engine, cases[i], given, kSecondsPerCaseMax);
    fmt::print("{}: {}{}\n", files[i], VerdictKindName(result.overall),
               result.unsupported_by_name.empty() ? "" : " (" + result.unsupported_by_name + ")");
    for (const ClauseVerdict& one : result.clauses) {
      if (one.verdict.kind == VerdictKind::kNotAsked) continue;
      fmt::print("  {:<26}{:<14}{}{}{}\n", one.clause, VerdictKindName(one.verdict.kind),
                 one.verdict.cause, one.verdict.evidence.empty() ? "" : ": ", one.verdict.evidence);
      const DocumentedSentence* sentence = engine->documentation != nullptr
                                               ? engine->documentation->Find(one.verdict.breaks)
                                               : nullptr;
      if (sentence != nullptr) {
        fmt::print("    {}: \"{}\"\n", sentence->object, sentence->quote);
      }
    }
    falsified += result.overall == VerdictKind::kFalsified;
    broken += result.overall == VerdictKind::kHarnessError;
    unsupported += result.overall == VerdictKind::kUnsupported;
  }
  fmt::print("{} case{} on {} {}{}{}: {} falsified, {} unsupported, {} harness errors\n",
             cases.size(), cases.size() == 1 ? "" : "s", TesteeWords(o.testees),
             engine->testee_version, engine->foreign ? " on " : "",
             engine->foreign ? engine->testee_backend : "", falsified, unsupported, broken);
  if (broken > 0) return kExitHarness;
  return falsified > 0 ? kExitFinding : kExitOk;
}

}  // namespace weightproof
