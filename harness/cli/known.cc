#include "harness/campaign/known.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iterator>

#include "harness/campaign/forked.h"
#include "harness/campaign/known_play.h"
#include "harness/campaign/reproduce.h"
#include "harness/case/json.h"
#include "harness/cli/commands.h"

namespace weightproof {
namespace {

constexpr double kSecondsPerKnownMax = 60;

// Sets `reproduced`; without an interpreter nothing is to be shown by a script.
void LookCloser(const Engine& engine, Finding& finding) {
  const Scratch scratch;
  if (engine.explain) {
    finding.explanation = engine.explain(finding.the_case, scratch.path(), finding.clause);
  }
  if (engine.run_script) Reproduce(engine, finding);
}

std::string Words(const KnownFinding& known) {
  return known.breaks.empty() ? fmt::format("hazard  {}, {} ({})", known.clause, known.cause,
                                            SignatureText(known.signature))
                              : fmt::format("bug     {}, {}", known.clause, known.breaks);
}

// Whoever adds a case by hand may tell two ways apart in which one sentence is broken.
bool SameKnown(const KnownFinding& a, const KnownFinding& b) {
  return a.clause == b.clause && a.breaks == b.breaks && a.signature == b.signature &&
         (!a.breaks.empty() || a.cause == b.cause);
}

struct KnownCount {
  std::size_t bugs = 0;
  std::size_t hazards = 0;
  std::size_t not_played = 0;
  std::size_t gone = 0;
  std::size_t not_shown = 0;
  std::size_t failed = 0;
};

// One known finding: played, its script run, and written to a folder below `output`, if named.
Status PlayOne(const Engine& engine, const KnownFinding& known, const std::string& output,
               KnownCount& count) {
  ++(known.breaks.empty() ? count.hazards : count.bugs);
  const std::optional<Verdict> now =
      ReplayKnown(engine, known, DefaultCorpus(), kSecondsPerKnownMax);
  if (!now) {
    ++count.not_played;
    fmt::print("{}: its case is kept elsewhere\n", Words(known));
    return {};
  }
  if (now->kind == VerdictKind::kHarnessError || now->kind == VerdictKind::kUnsupported) {
    ++count.failed;
    fmt::print("{}: {}: {}\n", Words(known), VerdictKindName(now->kind), now->evidence);
    return {};
  }
  if (!IsStillThere(*now, known)) {
    ++count.gone;
    fmt::print("{}: GONE, now {} {}\n", Words(known), VerdictKindName(now->kind), now->cause);
    return {};
  }
  Finding finding = FindingOf(engine, known);
  finding.verdict = *now;
  LookCloser(engine, finding);
  count.not_shown += !finding.reproduced;
  fmt::print("{}: there{}\n", Words(known),
             !engine.run_script   ? ""
             : finding.reproduced ? ", and its script shows it"
                                  : ", but NOT SHOWN: " + finding.reproduction);
  std::fflush(stdout);
  if (output.empty() || IsSecurity(known.severity)) return {};
  finding.id =
      FindingId(known.clause, known.breaks.empty() ? known.cause : known.breaks, finding.the_case);
  return WriteFinding(output, engine, finding);
}

// Plays a case from elsewhere; what it falsifies, and no known finding says, goes in.
Result<std::size_t> AddFrom(const Engine& engine, const std::string& file,
                            const std::string& clause, std::vector<KnownFinding>& known) {
  Result<Case> c = ReadCase(file);
  if (!c) return std::unexpected(c.error());
  const CaseResult result = RunCaseForked(engine, *c, kSecondsPerKnownMax);
  std::size_t added = 0;
  for (const ClauseVerdict& one : result.clauses) {
    if (one.verdict.kind != VerdictKind::kFalsified) continue;
    if (!clause.empty() && one.clause != clause) continue;
    Finding finding;
    finding.clause = std::string(one.clause);
    finding.verdict = one.verdict;
    finding.the_case = *c;
    finding.id = FindingId(finding.clause, one.verdict.cause, *c);
    const Signature signature = SignatureOf(*c);
    finding.features = {signature.begin(), signature.end()};
    finding.formats = {std::string(RouteFormatName(c->route.format))};
    KnownFinding candidate = KnownOf(finding);
    const auto have = std::ranges::find_if(
        known, [&](const KnownFinding& other) { return SameKnown(candidate, other); });
    LookCloser(engine, finding);
    fmt::print("{}: {}{}\n", file, Words(candidate),
               have != known.end()   ? ": known already"
               : !finding.reproduced ? ": NOT SHOWN, left out: " + finding.reproduction
                                     : ": added");
    if (have != known.end() || !finding.reproduced) continue;
    known.push_back(std::move(candidate));
    ++added;
  }
  if (added == 0) fmt::print("{}: nothing to add ({})\n", file, VerdictKindName(result.overall));
  return added;
}

}  // namespace

std::string DefaultKnownPath(const Engine& engine) {
  const std::string name = KnownFileName(engine.testee, engine.testee_version);
  return name.empty() ? "" : WEIGHTPROOF_SOURCE_DIR "/corpus/known/" + name;
}

int Known(const KnownOptions& o) {
  TesteeOptions testees;
  testees.testee = o.testee;
  Result<Engine> engine = EngineFor(testees);
  if (!engine) return Refuse(engine.error());
  const std::string path = o.known.empty() ? DefaultKnownPath(*engine) : o.known;
  if (path.empty()) {
    return Refuse({ErrorKind::kBadConfig, o.testee, "has no file of known findings by its name",
                   "name one with --known"});
  }
  std::error_code error;
  std::vector<KnownFinding> known;
  if (o.add.empty() || std::filesystem::exists(path, error)) {
    Result<std::vector<KnownFinding>> read =
        ReadKnown(path, engine->testee, engine->testee_version);
    if (!read) return Refuse(read.error());
    known = *std::move(read);
  }
  const InterruptGuard guard;
  if (!o.add.empty()) {
    for (const std::string& file : o.add) {
      const Result<std::size_t> added = AddFrom(*engine, file, o.clause, known);
      if (!added) return Refuse(added.error());
    }
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
    const Status written =
        WriteTextFile(path, KnownToJson(known, engine->testee, engine->testee_version));
    return written ? kExitOk : Refuse(written.error());
  }
  if (!o.output.empty()) {
    if (Status ok = WritableFolder(o.output); !ok) return Refuse(ok.error());
  }
  KnownCount count;
  for (const KnownFinding& one : known) {
    if (Interrupted()) return kExitHarness;
    if (Status s = PlayOne(*engine, one, o.output, count); !s) return Refuse(s.error());
  }
  fmt::print(
      "{} {}{}{}: {} bugs and {} hazards known; {} gone, {} not shown, {} not played, {} "
      "that the harness failed on\n",
      engine->testee, engine->testee_version, engine->foreign ? " on " : "",
      engine->foreign ? engine->testee_backend : "", count.bugs, count.hazards, count.gone,
      count.not_shown, count.not_played, count.failed);
  if (count.failed > 0) return kExitHarness;
  return count.gone + count.not_shown > 0 ? kExitFinding : kExitOk;
}

}  // namespace weightproof
