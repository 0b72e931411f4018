#include "harness/campaign/campaign.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <map>
#include <thread>
#include <utility>

#include "harness/campaign/forked.h"
#include "harness/campaign/shrink.h"
#include "harness/campaign/worker.h"
#include "harness/campaign/workforce.h"

namespace weightproof {
namespace {

double Now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// The lowest case index of each clause and cause, so that the number of workers changes nothing.
class Findings {
 public:
  Findings(const Engine& engine, const CampaignOptions& options)
      : engine_(engine), options_(options) {}

  void Take(WorkerLine line) {
    if (line.verdict.kind == VerdictKind::kHarnessError) {
      harness_.emplace(line.index, line.clause + ": " + line.verdict.evidence);
      return;
    }
    const std::pair key(line.clause, line.verdict.cause);
    const auto old = kept_.find(key);
    if (old != kept_.end() && old->second.index <= line.index) return;
    if (old == kept_.end() && kept_.size() >= kFindingsMax) return;
    Finding finding;
    finding.id = FindingId(line.clause, line.verdict.cause, line.the_case);
    finding.clause = line.clause;
    finding.verdict = std::move(line.verdict);
    finding.index = line.index;
    finding.the_case = std::move(line.the_case);
    if (old != kept_.end() && old->second.id != finding.id) {
      RemoveFinding(options_.corpus, old->second);
    }
    Write(finding);
    kept_.insert_or_assign(key, std::move(finding));
  }

  void ShrinkAll(const std::function<void(const std::string& stage)>& say) {
    std::size_t number = 0;
    for (auto& [key, finding] : kept_) {
      ++number;
      if (Interrupted()) return;
      say(fmt::format("shrinking {} of {}", number, kept_.size()));
      ShrinkOne(finding);
    }
  }

  std::size_t size() const { return kept_.size(); }

  void MoveTo(CampaignResult& result) {
    for (auto& [key, finding] : kept_) result.findings.push_back(std::move(finding));
    std::size_t shown = 0;
    for (const auto& [index, text] : harness_) {
      if (++shown > 5) break;
      result.harness_errors.push_back(fmt::format("case {}: {}", index, text));
    }
    for (std::string& error : write_errors_) result.harness_errors.push_back(std::move(error));
  }

 private:
  void Write(Finding& finding) {
    Status written = WriteFinding(options_.corpus, engine_.testee, engine_.foreign, finding);
    if (!written && write_errors_.size() < 3) write_errors_.push_back(written.error().Text());
  }

  void ShrinkOne(Finding& finding) {
    if (options_.shrink_seconds <= 0) return;
    // A hang is waited for once here, and for less while shrinking.
    const bool hang = finding.verdict.severity == Severity::kHang;
    const double patience = hang ? std::min(options_.hang_seconds, 5.0) : options_.hang_seconds;
    const Verdict again =
        AskForked(engine_, finding.the_case, finding.clause, options_.hang_seconds);
    if (Interrupted()) return;
    finding.repeats = SameReason(again, finding.verdict);
    if (!finding.repeats) {
      Write(finding);
      return;
    }
    const ShrinkResult shrunk = Shrink(engine_, finding.the_case, finding.clause, finding.verdict,
                                       options_.shrink_seconds, patience);
    const Verdict last = AskForked(engine_, shrunk.best, finding.clause, options_.hang_seconds);
    if (!SameReason(last, finding.verdict)) return;
    finding.the_case = shrunk.best;
    finding.verdict = last;
    finding.shrunk = shrunk.finished;
    Write(finding);
  }

  const Engine& engine_;
  const CampaignOptions& options_;
  std::map<std::pair<std::string, std::string>, Finding> kept_;
  std::map<std::uint64_t, std::string> harness_;
  std::vector<std::string> write_errors_;
};

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
  if (s.cases >= kCoverageCasesMin && !exhaustive) {
    for (const std::string& feature : engine.features_due) {
      const auto it = s.features.find(feature);
      if (it == s.features.end() || it->second == 0) {
        errors.push_back(fmt::format("{} was never drawn in {} cases", feature, s.cases));
      }
    }
  }
  return errors;
}

CampaignResult RunCampaign(const Engine& engine, const CampaignOptions& options) {
  CampaignResult result;
  result.testee = engine.testee;
  result.testee_version = engine.testee_version;
  result.seed = options.seed;
  const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  result.jobs = options.jobs > 0 ? options.jobs : cores;

  const InterruptGuard guard;
  const Scratch scratch;
  SharedState shared(result.jobs);
  if (scratch.path().empty() || !shared.valid()) {
    result.harness_errors.push_back("no scratch folder or no shared memory could be made");
    return result;
  }
  result.scratch_in_memory = scratch.in_memory();

  const double begin = Now();
  Findings findings(engine, options);
  Workforce workforce(engine, options, shared, scratch.path());
  double shown = 0;
  workforce.Run([&](WorkerLine line) { findings.Take(std::move(line)); },
                [&] {
                  if (!options.progress || Now() - shown < 0.2) return;
                  shown = Now();
                  options.progress(Look(shared, options, begin, findings.size()));
                });
  result.seconds = Now() - begin;
  result.interrupted = Interrupted();
  findings.ShrinkAll([&](const std::string& stage) {
    if (!options.progress) return;
    Progress p = Look(shared, options, begin, findings.size());
    p.stage = stage;
    options.progress(p);
  });
  result.interrupted = result.interrupted || Interrupted();
  findings.MoveTo(result);
  for (const std::string& error : workforce.errors()) result.harness_errors.push_back(error);
  result.statistics = Sum(shared, engine);
  for (std::string& error : HarnessErrors(result.statistics, engine, options.exhaustive)) {
    result.harness_errors.push_back(std::move(error));
  }
  return result;
}

}  // namespace weightproof
