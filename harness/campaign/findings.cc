#include "harness/campaign/findings.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <tuple>

#include "harness/campaign/forked.h"
#include "harness/campaign/heard.h"
#include "harness/campaign/known_play.h"
#include "harness/campaign/python_script.h"
#include "harness/campaign/reproduce.h"
#include "harness/campaign/shrink.h"
#include "harness/case/json.h"

namespace weightproof {
namespace {

// Every case that no plain script can show comes last.
bool NeverShown(const Finding& finding) { return !AimOf(finding.clause, finding.verdict); }

}  // namespace

Findings::Key Findings::KeyOf(const std::string& clause, const std::string& cause,
                              const std::string& breaks) {
  return breaks.empty() ? Key(clause, cause, "") : Key(clause, "", breaks);
}

Findings::Group& Findings::GroupOf(const Key& key) {
  Group& group = groups_[key];
  group.one_cause = !engine_.foreign || IsOneCause(std::get<0>(key), std::get<2>(key));
  return group;
}

void Findings::Write(Finding& finding) {
  Status written = WriteFinding(options_.corpus, engine_, finding);
  if (!written && write_errors_.size() < 3) write_errors_.push_back(written.error().Text());
}

void Findings::Seed(const KnownFinding& known) {
  Group& group = GroupOf(KeyOf(known.clause, known.cause, known.breaks));
  group.causes.push_back({known.signature, FindingOf(engine_, known), 0});
}

void Findings::Take(WorkerLine line) {
  if (line.verdict.kind == VerdictKind::kHarnessError) {
    harness_.emplace(line.index, line.clause + ": " + line.verdict.evidence);
    return;
  }
  const Key key = KeyOf(line.clause, line.verdict.cause, line.verdict.breaks);
  if (!groups_.contains(key) && groups_.size() >= kFindingsMax) return;
  Group& group = GroupOf(key);
  if (group.settled) return;
  std::vector<Waiting>& waiting = group.waiting;
  const auto rank = [](const Waiting& one) {
    return std::pair(one.finding.verdict.severity, one.finding.index);
  };
  const auto place =
      std::ranges::upper_bound(waiting, std::pair(line.verdict.severity, line.index), {}, rank);
  const bool first = place == waiting.begin() && group.causes.empty();
  if (place != waiting.begin() && !engine_.foreign) return;

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
  if (first && !waiting.empty() && waiting.front().finding.id != finding.id) {
    RemoveFinding(options_.corpus, waiting.front().finding);
  }
  if (first) Write(finding);
  Signature signature = SignatureOf(finding.the_case);
  waiting.insert(place, {std::move(finding), std::move(signature), false});
  if (!engine_.foreign) waiting.resize(1);
}

// By number of cases everything has been heard when the first one is settled; by the clock, what
// has been heard depends on time anyway.
void Findings::Trim() {
  if (trimmed_ || options_.seconds) return;
  trimmed_ = true;
  for (auto& [key, group] : groups_) {
    std::ranges::sort(group.waiting, {}, [](const Waiting& w) { return w.finding.index; });
    Heard heard;
    std::erase_if(group.waiting,
                  [&](const Waiting& w) { return !heard.Take(w.signature, engine_); });
    std::ranges::sort(group.waiting, {}, [](const Waiting& w) {
      return std::pair(w.finding.verdict.severity, w.finding.index);
    });
  }
}

void Findings::Repeat(Cause& cause, const Case& c) {
  ++cause.finding.seen_again;
  cause.finding.formats.insert(std::string(RouteFormatName(c.route.format)));
}

Findings::Cause* Findings::CauseOf(Group& group, const Signature& signature, bool exact) {
  const auto found = std::ranges::find_if(group.causes, [&](const Cause& cause) {
    return group.one_cause || cause.signature == signature ||
           (!exact && MayRepeat(cause.signature, signature));
  });
  return found == group.causes.end() ? nullptr : &*found;
}

void Findings::Sweep(Group& group) {
  std::erase_if(group.waiting, [&](Waiting& one) {
    if (one.look) return false;
    Cause* cause = CauseOf(group, one.signature, false);
    if (cause == nullptr) return false;
    Repeat(*cause, one.finding.the_case);
    one.look = !group.one_cause && cause->looks < kLooksMax &&
               std::has_single_bit(cause->finding.seen_again);
    cause->looks += one.look;
    if (!one.look && !one.finding.case_path.empty()) RemoveFinding(options_.corpus, one.finding);
    return !one.look;
  });
}

std::pair<Findings::Group*, std::size_t> Findings::Next() {
  // New groups first, then what is plainly wrong, then what only lacks a word; repeats after all
  // that no known cause explains.
  using Rank = std::tuple<int, Severity, bool, std::size_t, std::uint64_t>;
  Group* next = nullptr;
  std::size_t place = 0;
  Rank best{std::numeric_limits<int>::max(), {}, false, 0, 0};
  for (auto& [key, group] : groups_) {
    if (group.settled || group.scripts >= kScriptsPerGroupMax) continue;
    Sweep(group);
    for (std::size_t i = 0; i < group.waiting.size(); ++i) {
      const Waiting& one = group.waiting[i];
      const bool tried = std::ranges::any_of(group.not_shown, [&](const NotShown& other) {
        return other.scripts >= kScriptsPerCauseMax && MayRepeat(other.signature, one.signature);
      });
      const bool never = verifies() && NeverShown(one.finding);
      if (tried || (never && (!group.not_shown.empty() || one.look))) continue;
      const int tier = never ? 3 : one.look ? 2 : group.causes.empty() ? 0 : 1;
      const bool accepted = AimOf(one.finding.clause, one.finding.verdict) != ScriptAim::kWrong;
      const Rank rank{tier, one.finding.verdict.severity, accepted, group.causes.size(),
                      one.finding.index};
      if (next != nullptr && rank >= best) continue;
      next = &group;
      place = i;
      best = rank;
    }
  }
  return {next, place};
}

bool Findings::SettleOne(double shrink_seconds, const Say& say) {
  Trim();
  const auto [group, place] = Next();
  if (group == nullptr || Interrupted()) return false;
  std::size_t waiting = 0;
  for (const auto& [key, other] : groups_) waiting += other.settled ? 0 : other.waiting.size();
  say(fmt::format("shrinking, {} to go", waiting));
  // Kept while it is at work: an interrupt must not lose it.
  Waiting one = group->waiting[place];
  std::vector<Signature> known;
  if (one.look) {
    for (const Cause& cause : group->causes) known.push_back(cause.signature);
  }
  if (shrink_seconds > 0 || one.look) {
    const bool told = Shrink(one.finding, std::max(shrink_seconds, 1.0), known);
    if (Interrupted()) return false;
    if (!told) {
      group->waiting.erase(group->waiting.begin() + static_cast<std::ptrdiff_t>(place));
      return true;
    }
  }
  if (engine_.foreign) {
    // Where time ran out, more is left of a case than its cause needs.
    Cause* cause = CauseOf(*group, SignatureOf(one.finding.the_case), one.finding.shrunk);
    if (cause != nullptr) {
      Repeat(*cause, one.finding.the_case);
      group->waiting.erase(group->waiting.begin() + static_cast<std::ptrdiff_t>(place));
      if (!one.finding.case_path.empty()) RemoveFinding(options_.corpus, one.finding);
      return true;
    }
  }
  if (verifies()) {
    Reproduce(engine_, one.finding);
    if (Interrupted()) return false;
  }
  group->waiting.erase(group->waiting.begin() + static_cast<std::ptrdiff_t>(place));
  Settle(*group, std::move(one.finding));
  return true;
}

void Findings::Settle(Group& group, Finding finding) {
  Signature signature = SignatureOf(finding.the_case);
  if (engine_.explain) {
    const Scratch scratch;
    finding.explanation = engine_.explain(finding.the_case, scratch.path(), finding.clause);
  }
  finding.features = {signature.begin(), signature.end()};
  finding.formats.insert(std::string(RouteFormatName(finding.the_case.route.format)));
  Write(finding);
  if (finding.reproduced) {
    if (options_.on_finding) options_.on_finding(finding);
    group.settled = !engine_.foreign;
    group.causes.push_back({std::move(signature), std::move(finding), 0});
    return;
  }
  ++group.scripts;
  const auto other = std::ranges::find(group.not_shown, signature, &NotShown::signature);
  if (other != group.not_shown.end()) {
    ++other->scripts;
    RemoveFinding(options_.corpus, finding);
    return;
  }
  group.not_shown.push_back({std::move(signature), std::move(finding), 1});
}

bool Findings::Shrink(Finding& finding, double seconds, const std::vector<Signature>& known) {
  if (engine_.foreign) {
    // A real loader's processes die without harm here; its script is the fresh process.
    ShrinkResult shrunk =
        ShrinkHere(engine_, finding.the_case, finding.clause, finding.verdict, seconds, known);
    if (Interrupted()) return false;
    if (!known.empty() && shrunk.taken == 0) return false;
    finding.the_case = std::move(shrunk.best);
    finding.verdict = std::move(shrunk.verdict);
    finding.shrunk = shrunk.finished;
    return true;
  }
  // A hang is waited for once here, and for less while shrinking.
  const bool hang = finding.verdict.severity == Severity::kHang;
  const double patience = hang ? std::min(options_.hang_seconds, 5.0) : options_.hang_seconds;
  const Verdict again = AskForked(engine_, finding.the_case, finding.clause, options_.hang_seconds);
  if (Interrupted()) return false;
  finding.repeats = SameReason(again, finding.verdict);
  if (!finding.repeats) return true;
  ShrinkResult shrunk = weightproof::Shrink(engine_, finding.the_case, finding.clause,
                                            finding.verdict, seconds, patience);
  if (Interrupted()) return false;
  const Verdict last = AskForked(engine_, shrunk.best, finding.clause, options_.hang_seconds);
  if (!SameReason(last, finding.verdict)) return true;
  finding.the_case = std::move(shrunk.best);
  finding.verdict = last;
  finding.shrunk = shrunk.finished;
  return true;
}

std::size_t Findings::size() const {
  std::size_t count = 0;
  for (const auto& [key, group] : groups_) {
    count += static_cast<std::size_t>(
        std::ranges::count_if(group.causes, [](const Cause& one) { return !one.finding.known; }));
    count += !verifies() && group.causes.empty() && !group.waiting.empty();
  }
  return count;
}

void Findings::MoveTo(CampaignResult& result) {
  for (auto& [key, group] : groups_) {
    Sweep(group);
    for (NotShown& one : group.not_shown) {
      if (CauseOf(group, one.signature, true) == nullptr) {
        result.unreproduced.push_back(std::move(one.finding));
      } else {
        RemoveFinding(options_.corpus, one.finding);  // another case of this cause showed it
      }
    }
    const bool alone = group.causes.empty() && group.not_shown.empty();
    for (Cause& cause : group.causes) {
      (cause.finding.known ? result.known : result.findings).push_back(std::move(cause.finding));
    }
    if (group.waiting.empty()) continue;
    result.not_looked_into += group.waiting.size() - (alone ? 1 : 0);
    if (!alone) continue;
    if (group.waiting.front().finding.case_path.empty()) Write(group.waiting.front().finding);
    (verifies() ? result.unreproduced : result.findings)
        .push_back(std::move(group.waiting.front().finding));
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
