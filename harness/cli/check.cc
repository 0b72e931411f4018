#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "harness/campaign/campaign.h"
#include "harness/campaign/known.h"
#include "harness/campaign/report.h"
#include "harness/cli/commands.h"
#include "harness/cli/progress.h"

namespace weightproof {
namespace {

constexpr double kSecondsDefault = 60;
constexpr std::size_t kFindingsShown = 10;

// Where the known findings of this testee are kept; "": nowhere.
std::string KnownPath(const CheckOptions& o, const Engine& engine) {
  const bool one_testee = engine.writer.empty() || engine.writer == engine.testee;
  if (o.known == "none" || (o.known.empty() && !one_testee)) return "";
  if (!o.known.empty()) return o.known;
  return DefaultKnownPath(engine);
}

// A file that is named must be there, unless this run is to write it.
Result<std::vector<KnownFinding>> KnownFindings(const CheckOptions& o, const Engine& engine,
                                                const std::string& path) {
  std::error_code error;
  const bool may_lack = o.known.empty() || o.update_known;
  if (path.empty() || (may_lack && !std::filesystem::exists(path, error))) {
    return std::vector<KnownFinding>{};
  }
  return ReadKnown(path, engine.testee, engine.testee_version);
}

// What is still there, with the case and the words of the file, and what is new.
Status UpdateKnown(const std::string& path, const CampaignOptions& options,
                   const CampaignResult& result) {
  std::vector<KnownFinding> now;
  for (const KnownFinding& one : options.known) {
    const bool healed = std::ranges::any_of(result.healed, [&](const KnownFinding& gone) {
      return gone.clause == one.clause && gone.cause == one.cause && gone.breaks == one.breaks &&
             gone.signature == one.signature;
    });
    if (!healed) now.push_back(one);
  }
  for (const Finding& finding : result.findings) now.push_back(KnownOf(finding));
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  Status written = WriteTextFile(path, KnownToJson(now, result.testee, result.testee_version));
  if (written) {
    fmt::print("{}: {} known findings, {} new, {} gone\n", path, now.size(), result.findings.size(),
               result.healed.size());
  }
  return written;
}

Draws DrawsOf(const CheckOptions& o) {
  if (o.hostile) return Draws::kHostile;
  return o.same_build ? Draws::kSameBuild : Draws::kEverything;
}

}  // namespace

int Check(const CheckOptions& o) {
  for (const std::string* path : {&o.json, &o.junit}) {
    if (Status ok = Writable(*path); !ok) return Refuse(ok.error());
  }
  CampaignOptions options;
  options.cases = o.cases;
  options.seconds = o.seconds;
  if (!o.cases && !o.seconds && !o.exhaustive) options.seconds = kSecondsDefault;
  options.seed = o.seed;
  options.jobs = o.jobs;
  options.shard = o.shard;
  options.shards = o.shards;
  options.exhaustive = o.exhaustive;
  if (o.shrink_seconds) options.shrink_seconds = *o.shrink_seconds;
  options.corpus = o.corpus.empty() ? DefaultCorpus() : o.corpus;
  if (Status ok = WritableFolder(options.corpus); !ok) return Refuse(ok.error());

  Result<Engine> engine = EngineFor(o.testees, DrawsOf(o));
  if (!engine) return Refuse(engine.error());
  const std::string known_path = KnownPath(o, *engine);
  if (o.update_known && known_path.empty()) {
    return Refuse({ErrorKind::kBadConfig, "--update-known", "there is no file to write",
                   "name one with --known"});
  }
  Result<std::vector<KnownFinding>> known = KnownFindings(o, *engine, known_path);
  if (!known) return Refuse(known.error());
  options.known = *std::move(known);
  const std::string testees = TesteeArguments(engine->writer, engine->testee);
  ProgressPrinter printer;
  options.progress = [&printer](const Progress& p) { printer.Show(p); };
  bool any = false;
  options.on_finding = [&](const Finding& finding) {
    if (any || !engine->run_script) return;
    any = true;
    printer.End();
    fmt::print("first verified finding: {}\n", FindingText(finding, testees, ProgramName()));
    std::fflush(stdout);
  };
  const CampaignResult result = RunCampaign(*engine, options);
  printer.End();

  for (std::size_t i = 0; i < result.findings.size(); ++i) {
    if (i == kFindingsShown) {
      fmt::print("... and {} more in {}\n\n", result.findings.size() - i, options.corpus);
      break;
    }
    fmt::print("finding {}: {}\n", i + 1, FindingText(result.findings[i], testees, ProgramName()));
  }
  fmt::print("{}", TextReport(result));
  int code = result.ExitCode();
  if (o.update_known && code != kExitHarness && !result.interrupted) {
    const Status updated = UpdateKnown(known_path, options, result);
    code = updated ? kExitOk : Refuse(updated.error());
  }
  if (!o.json.empty()) {
    if (Status s = WriteTextFile(o.json, JsonReport(result, o.json)); !s) code = Refuse(s.error());
  }
  if (!o.junit.empty()) {
    if (Status s = WriteTextFile(o.junit, JUnitReport(result)); !s) code = Refuse(s.error());
  }
  return code;
}

}  // namespace weightproof
