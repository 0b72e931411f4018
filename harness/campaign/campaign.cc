#include "harness/campaign/campaign.h"

#include <fmt/core.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "harness/campaign/clock.h"
#include "harness/campaign/findings.h"
#include "harness/campaign/forked.h"
#include "harness/campaign/known_play.h"
#include "harness/campaign/workforce.h"
#include "harness/case/json.h"

namespace weightproof {
namespace {

Progress Look(const SharedState& shared, const CampaignOptions& options, double begin,
              std::size_t findings) {
  Progress p;
  p.stage = "running";
  p.seconds = Now() - begin;
  p.findings = findings;
  for (int w = 0; w < shared.jobs(); ++w) {
    p.cases += shared.slot(w).tally.cases;
    p.round_trips += shared.slot(w).tally.round_trips;
  }
  double by_time = 0;
  double by_cases = 0;
  if (options.seconds && *options.seconds > 0) by_time = p.seconds / *options.seconds;
  if (options.cases && *options.cases > 0) {
    by_cases = static_cast<double>(p.cases * options.shards) / static_cast<double>(*options.cases);
  }
  p.done = std::min(1.0, std::max(by_time, by_cases));
  if (p.done > 0) p.seconds_left = p.seconds * (1 - p.done) / p.done;
  return p;
}

// The highest index that any worker has come to.
std::uint64_t LastIndex(const SharedState& shared, const CampaignOptions& options,
                        const Engine& engine) {
  std::uint64_t last = 0;
  for (int w = 0; w < shared.jobs(); ++w) {
    const std::uint64_t cases = shared.slot(w).resume;
    if (cases == 0) continue;
    last = std::max(last, CaseIndex(options, w, shared.jobs(), cases - 1, engine.family));
  }
  return last;
}

// Of our own loader much more must be known than that it was silent.
void AddShareErrors(const Statistics& s, std::vector<std::string>& errors) {
  for (std::size_t i = 0; i < s.formats.size(); ++i) {
    std::uint64_t cases = 0;
    for (const std::uint64_t n : s.formats[i]) cases += n;
    const std::uint64_t silent = s.formats[i][static_cast<std::size_t>(VerdictKind::kUndetectable)];
    if (cases < kShareCasesMin) continue;
    if (static_cast<double>(silent) > kUndetectableShareMax * static_cast<double>(cases)) {
      errors.push_back(fmt::format(
          "{} of {} cases of {} are undetectable, over the limit of {:.0f} %", silent, cases,
          RouteFormatName(static_cast<RouteFormat>(i)), 100 * kUndetectableShareMax));
    }
  }
  const std::uint64_t open = s.Of(VerdictKind::kUndecided);
  if (s.cases >= kShareCasesMin &&
      static_cast<double>(open) > kUndecidedShareMax * static_cast<double>(s.cases)) {
    errors.push_back(fmt::format("{} of {} cases are undecided, over the limit of {:.0f} %", open,
                                 s.cases, 100 * kUndecidedShareMax));
  }
}

}  // namespace

std::vector<std::string> HarnessErrors(const Statistics& s, const Engine& engine, bool exhaustive) {
  std::vector<std::string> errors;
  if (s.cases == 0) errors.push_back("no case was run: nothing is shown by that");
  const std::uint64_t drawn = s.cases + s.discarded;
  if (static_cast<double>(s.discarded) > kDiscardShareMax * static_cast<double>(drawn)) {
    errors.push_back(fmt::format("{} of {} drawn cases were discarded, over the limit of {:.0f} %",
                                 s.discarded, drawn, 100 * kDiscardShareMax));
  }
  if (const std::uint64_t n = s.Of(VerdictKind::kHarnessError); n > 0) {
    errors.push_back(fmt::format("in {} cases the harness itself failed", n));
  }
  const std::uint64_t judged =
      s.Of(VerdictKind::kHeld) + s.Of(VerdictKind::kFalsified) + s.Of(VerdictKind::kEquivalent);
  if (s.cases > 0 && judged == 0) {
    errors.push_back(fmt::format("{} never loaded anything", engine.testee));
  }
  if (!engine.foreign) AddShareErrors(s, errors);
  if (s.cases >= kCoverageCasesMin * engine.family && !exhaustive) {
    for (const std::string& feature : engine.features_due) {
      const auto it = s.features.find(feature);
      if (it == s.features.end() || it->second == 0) {
        errors.push_back(fmt::format("{} was never drawn in {} cases", feature, s.cases));
      }
    }
  }
  return errors;
}

CampaignResult RunCampaign(const Engine& engine, const CampaignOptions& given) {
  CampaignResult result;
  result.testee = engine.testee;
  result.testee_version = engine.testee_version;
  if (engine.foreign) result.testee_backend = engine.testee_backend;
  result.writer = engine.writer.empty() ? engine.testee : engine.writer;
  result.writer_version = engine.writer_version;
  result.foreign = engine.foreign;
  result.documented = engine.documentation != nullptr;
  result.seed = given.seed;
  const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  result.jobs = given.jobs > 0 ? given.jobs : cores;

  const InterruptGuard guard;
  const Scratch scratch;
  SharedState shared(result.jobs);
  if (scratch.path().empty() || !shared.valid()) {
    result.harness_errors.push_back("no scratch folder or no shared memory could be made");
    return result;
  }
  result.scratch_in_memory = scratch.in_memory();

  double begin = Now();
  CampaignOptions options = given;
  if (engine.foreign) {
    options.hang_seconds = std::max(given.hang_seconds, kForeignHangSecondsMin);
    options.on_finding = [&](const Finding& finding) {
      if (!result.first_finding_seconds) result.first_finding_seconds = Now() - begin;
      if (given.on_finding) given.on_finding(finding);
    };
  }
  Findings findings(engine, options);
  result.known_given = !given.known.empty();
  options.known.clear();
  for (std::size_t i = 0; i < given.known.size() && !Interrupted(); ++i) {
    const KnownFinding& known = given.known[i];
    if (options.progress) {
      Progress p;
      p.stage = fmt::format("known findings, {} of {}", i + 1, given.known.size());
      options.progress(p);
    }
    const std::optional<Verdict> now =
        ReplayKnown(engine, known, options.corpus, options.hang_seconds);
    // A replay that failed says nothing of the finding, and is no reason to strike it off.
    const bool failed = now && now->kind == VerdictKind::kHarnessError;
    if (failed) {
      result.harness_errors.push_back(
          fmt::format("the known finding {}, {}: {}", known.clause, known.cause, now->evidence));
    }
    if (!now || failed || IsStillThere(*now, known)) {
      findings.Seed(known);
      options.known.push_back(known);  // whose repeats workers need not ask about
    } else {
      result.healed.push_back(known);
    }
  }
  begin = Now();  // replaying what is known is no part of the run
  const auto say = [&](const std::string& stage) {
    if (!options.progress) return;
    Progress p = Look(shared, options, begin, findings.size());
    p.stage = stage;
    options.progress(p);
  };
  Workforce workforce(engine, options, shared, scratch.path());
  // As they were drawn means without a script too, which would take as long as shrinking.
  const bool settles = options.shrink_seconds > 0 || !engine.run_script;
  double shown = 0;
  workforce.Run(
      [&](WorkerLine line) { findings.Take(std::move(line)); },
      [&] {
        // By the clock a real loader's findings are shrunk and shown while its workers
        // go on; by number of cases afterwards, so that nothing hangs on time.
        if (engine.run_script && settles && options.seconds && Now() - begin < *options.seconds) {
          findings.SettleOne(options.shrink_seconds, say);
        }
        if (!options.progress || Now() - shown < 0.2) return;
        shown = Now();
        options.progress(Look(shared, options, begin, findings.size()));
      });
  result.seconds = Now() - begin;
  result.interrupted = Interrupted();
  const double finish =
      Now() + (engine.foreign && options.seconds ? kForeignFinishSecondsMax : 1e9);
  while (settles && Now() < finish && findings.SettleOne(options.shrink_seconds, say)) {
  }
  result.interrupted = result.interrupted || Interrupted();
  findings.MoveTo(result);
  for (const std::string& error : workforce.errors()) result.harness_errors.push_back(error);
  const std::uint64_t drawn = LastIndex(shared, options, engine);
  result.statistics =
      Sum(shared, engine,
          engine.offered && !options.exhaustive ? &engine.offered(options.seed, drawn) : nullptr);
  for (std::string& error : HarnessErrors(result.statistics, engine, options.exhaustive)) {
    result.harness_errors.push_back(std::move(error));
  }
  return result;
}

}  // namespace weightproof
