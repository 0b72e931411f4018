#include "harness/campaign/findings.h"

#include <fmt/core.h>

#include <algorithm>
#include <tuple>

#include "harness/campaign/forked.h"
#include "harness/campaign/python_script.h"
#include "harness/campaign/reproduce.h"
#include "harness/campaign/shrink.h"

namespace weightproof {

Findings::Key Findings::KeyOf(const std::string& clause, const Verdict& verdict) {
  return verdict.breaks.empty() ? Key(clause, verdict.cause, "") : Key(clause, "", verdict.breaks);
}

void Findings::Write(Finding& finding) {
  Status written = WriteFinding(options_.corpus, engine_, finding);
  if (!written && write_errors_.size() < 3) write_errors_.push_back(written.error().Text());
}

void Findings::Take(WorkerLine line) {
  if (line.verdict.kind == VerdictKind::kHarnessError) {
    harness_.emplace(line.index, line.clause + ": " + line.verdict.evidence);
    return;
  }
  const Key key = KeyOf(line.clause, line.verdict);
  if (!kept_.contains(key) && kept_.size() >= kFindingsMax) return;
  Entry& entry = kept_[key];
  if (entry.settled || entry.failed.size() >= kCandidatesMax) return;
  std::vector<Finding>& candidates = entry.candidates;
  const auto rank = [](const Finding& one) { return std::pair(one.verdict.severity, one.index); };
  const auto place =
      std::ranges::upper_bound(candidates, std::pair(line.verdict.severity, line.index), {}, rank);
  const bool first = place == candidates.begin();
  const std::size_t room = verifies() ? kCandidatesMax : 1;
  if (place == candidates.end() && candidates.size() >= room) return;

  Finding finding;
  finding.id = FindingId(line.clause, line.verdict.cause, line.the_case);
  finding.clause = line.clause;
  finding.verdict = std::move(line.verdict);
  if (engine_.documentation != nullptr) {
    const DocumentedSentence* broken = engine_.documentation->Find(finding.verdict.breaks);
    if (broken != nullptr) finding.sentence = *broken;
  }
  finding.index = line.index;
  finding.the_case = std::move(line.the_case);
  finding.reproduced = !verifies();
  if (verifies()) finding.reproduction = "the script was not run";
  if (first && !candidates.empty() && candidates.front().id != finding.id) {
    RemoveFinding(options_.corpus, candidates.front());
  }
  if (first) Write(finding);
  candidates.insert(place, std::move(finding));
  if (candidates.size() > room) candidates.pop_back();
}

Findings::Entry* Findings::Next() {
  // What is plainly wrong first, then what only lacks a word.
  const auto rank = [](const Finding& finding) {
    const bool accepted = AimOf(finding.clause, finding.verdict) != ScriptAim::kWrong;
    return std::tuple(finding.verdict.severity, accepted, finding.index);
  };
  Entry* next = nullptr;
  for (auto& [key, entry] : kept_) {
    if (entry.settled || entry.candidates.empty()) continue;
    if (next == nullptr || rank(entry.candidates.front()) < rank(next->candidates.front())) {
      next = &entry;
    }
  }
  return next;
}

bool Findings::SettleOne(double shrink_seconds, const Say& say) {
  Entry* entry = Next();
  if (entry == nullptr || Interrupted()) return false;
  const auto settled = std::ranges::count_if(
      kept_, [](const auto& one) { return one.second.settled || one.second.candidates.empty(); });
  say(fmt::format("shrinking {} of {}", settled + 1, kept_.size()));
  Finding& finding = entry->candidates.front();
  if (shrink_seconds > 0 && !Shrink(finding, shrink_seconds)) return false;
  if (verifies()) {
    Reproduce(engine_, finding);
    if (Interrupted()) return false;
  }
  if (engine_.explain) {
    const Scratch scratch;
    finding.explanation = engine_.explain(finding.the_case, scratch.path(), finding.clause);
  }
  Write(finding);
  if (finding.reproduced) {
    entry->settled = true;
    if (options_.on_finding) options_.on_finding(finding);
    return true;
  }
  entry->failed.push_back(std::move(finding));
  entry->candidates.erase(entry->candidates.begin());
  if (!entry->candidates.empty()) Write(entry->candidates.front());
  return true;
}

bool Findings::Shrink(Finding& finding, double seconds) {
  // A hang is waited for once here, and for less while shrinking.
  const bool hang = finding.verdict.severity == Severity::kHang;
  const double patience = hang ? std::min(options_.hang_seconds, 5.0) : options_.hang_seconds;
  // A real loader takes seconds to start; there the script is the fresh process.
  if (!verifies()) {
    const Verdict again =
        AskForked(engine_, finding.the_case, finding.clause, options_.hang_seconds);
    if (Interrupted()) return false;
    finding.repeats = SameReason(again, finding.verdict);
    if (!finding.repeats) return true;
  }
  ShrinkResult shrunk =
      verifies() ? ShrinkHere(engine_, finding.the_case, finding.clause, finding.verdict, seconds)
                 : weightproof::Shrink(engine_, finding.the_case, finding.clause, finding.verdict,
                                       seconds, patience);
  if (Interrupted()) return false;
  if (!verifies()) {
    const Verdict last = AskForked(engine_, shrunk.best, finding.clause, options_.hang_seconds);
    if (!SameReason(last, finding.verdict)) return true;
    shrunk.verdict = last;
  }
  finding.the_case = std::move(shrunk.best);
  finding.verdict = std::move(shrunk.verdict);
  finding.shrunk = shrunk.finished;
  return true;
}

std::size_t Findings::size() const {
  if (!verifies()) return kept_.size();
  return static_cast<std::size_t>(
      std::ranges::count_if(kept_, [](const auto& one) { return one.second.settled; }));
}

void Findings::MoveTo(CampaignResult& result) {
  for (auto& [key, entry] : kept_) {
    if (entry.settled || !verifies()) {
      result.findings.push_back(std::move(entry.candidates.front()));
    } else if (!entry.failed.empty()) {
      result.unreproduced.push_back(std::move(entry.failed.front()));
    } else {
      result.unreproduced.push_back(std::move(entry.candidates.front()));
    }
  }
  // Bugs first, in the order they have.
  auto hazard = result.findings.begin();
  for (auto it = hazard; it != result.findings.end(); ++it) {
    if (it->bug()) std::rotate(hazard++, it, it + 1);
  }
  std::size_t shown = 0;
  for (const auto& [index, text] : harness_) {
    if (++shown > 5) break;
    result.harness_errors.push_back(fmt::format("case {}: {}", index, text));
  }
  for (std::string& error : write_errors_) result.harness_errors.push_back(std::move(error));
}

}  // namespace weightproof
