#include "harness/campaign/shrink.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <set>
#include <vector>

#include "harness/campaign/clock.h"
#include "harness/campaign/forked.h"
#include "harness/campaign/result_json.h"
#include "harness/case/json.h"

namespace weightproof {
namespace {

std::size_t Number(std::string_view text) {
  std::size_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

bool SameReason(const Verdict& a, const Verdict& b) {
  return a.kind == b.kind && a.severity == b.severity && a.cause == b.cause && a.breaks == b.breaks;
}

// A child says "t K" before it tries candidate K of the best case so far, "b K VERDICT" when that
// one is the new best, "d" when none is left; so the parent knows where a child died.
ShrinkResult Shrink(const Engine& engine, const Case& c, std::string_view clause,
                    const Verdict& wanted, double seconds_max, double hang_seconds) {
  ShrinkResult result;
  result.best = c;
  result.verdict = wanted;
  const double deadline = Now() + seconds_max;
  const Scratch scratch;
  std::vector<Case> candidates = engine.shrinks(result.best);
  std::size_t skip = 0;  // candidates of `best` that are known not to do
  bool started = false;
  bool jumping = false;  // the candidates are those of `jumps`

  const auto take = [&](std::size_t k) {
    if (k >= candidates.size()) return;
    result.best = candidates[k];
    candidates = engine.shrinks(result.best);
    skip = 0;
    jumping = false;
    ++result.taken;
  };
  const auto child = [&](int fd) {
    if (!engine.start()) return;
    Case best = result.best;
    std::vector<Case> here = candidates;
    for (std::size_t k = skip; k < here.size(); ++k) {
      if (!WriteAll(fd, fmt::format("t{}\n", k))) return;
      const Verdict verdict = engine.ask(here[k], scratch.path(), clause);
      if (!SameReason(verdict, wanted)) continue;
      if (!WriteAll(fd, fmt::format("b{} {}\n", k, VerdictToJson(verdict)))) return;
      best = here[k];
      here = engine.shrinks(best);
      k = static_cast<std::size_t>(-1);
    }
    WriteAll(fd, "d\n");
  };

  while (!result.finished && !Interrupted()) {
    const double left = deadline - Now();
    if (left <= 0) break;
    started = false;
    std::size_t trying = skip;
    const ForkedEnd end = RunForked(
        child,
        [&](std::string_view line) {
          if (line.starts_with('t')) {
            trying = Number(line.substr(1));
            started = true;
            ++result.tried;
          } else if (line.starts_with('b')) {
            take(Number(line.substr(1)));
            result.verdict = VerdictFromJson(line.substr(line.find(' ') + 1));
            trying = 0;
            started = false;
          } else {
            result.finished = true;
          }
          return true;
        },
        left, hang_seconds);
    if (result.finished && !jumping && engine.jumps) {
      candidates = engine.jumps(c, result.best);
      jumping = true;
      skip = 0;
      result.finished = candidates.empty();
      if (!result.finished) continue;
    }
    if (result.finished || end.interrupted || !end.started || Now() >= deadline || !started) break;
    const Verdict died =
        end.timed_out ? HangVerdict(hang_seconds) : CrashVerdict(end.exit_code, end.signal);
    if (SameReason(died, wanted)) {
      take(trying);
      result.verdict = died;
    } else {
      skip = trying + 1;
    }
  }
  return result;
}

namespace {

using Ask = std::function<Verdict(const Case&, const std::string&, std::string_view)>;

ShrinkResult ShrinkBy(const Ask& ask, const Engine& engine, const Case& c, std::string_view clause,
                      const Verdict& wanted, double deadline, const std::vector<Signature>& known) {
  ShrinkResult result;
  result.best = c;
  result.verdict = wanted;
  const Scratch scratch;
  std::set<std::string> did_not;  // candidates as text: one case is often the child of several
  const auto worth = [&](const Case& candidate) {
    if (did_not.contains(CaseToJson(candidate, -1))) return false;
    if (engine.may_falsify && !engine.may_falsify(candidate, clause, wanted)) return false;
    if (known.empty()) return true;
    const Signature signature = SignatureOf(candidate);
    return std::ranges::none_of(known,
                                [&](const Signature& one) { return MayRepeat(one, signature); });
  };
  std::vector<Case> candidates = engine.shrinks(result.best);
  std::size_t next = 0;
  std::size_t failed = 0;  // in a row
  while (failed < candidates.size() && Now() < deadline && !Interrupted()) {
    next %= candidates.size();
    const Case& candidate = candidates[next];
    if (worth(candidate)) {
      ++result.tried;
      const Verdict verdict = ask(candidate, scratch.path(), clause);
      if (SameReason(verdict, wanted)) {
        ++result.taken;
        result.best = Case(candidate);
        result.verdict = verdict;
        candidates = engine.shrinks(result.best);
        failed = 0;
        continue;
      }
      did_not.insert(CaseToJson(candidate, -1));
    }
    ++failed;
    ++next;
  }
  result.finished = failed >= candidates.size();
  return result;
}

}  // namespace

ShrinkResult ShrinkHere(const Engine& engine, const Case& c, std::string_view clause,
                        const Verdict& wanted, double seconds_max,
                        const std::vector<Signature>& known) {
  const double begin = Now();
  if (!engine.sift) {
    return ShrinkBy(engine.ask, engine, c, clause, wanted, begin + seconds_max, known);
  }
  ShrinkResult sifted =
      ShrinkBy(engine.sift, engine, c, clause, wanted, begin + seconds_max, known);
  if (sifted.taken == 0 || Interrupted()) return sifted;
  const Scratch scratch;
  Verdict alone = engine.ask(sifted.best, scratch.path(), clause);
  if (SameReason(alone, wanted)) {
    sifted.verdict = std::move(alone);
    return sifted;
  }
  // What was shared has led astray: the rest of the time goes to cases played whole.
  const double left = std::max(seconds_max - (Now() - begin), seconds_max / 2);
  ShrinkResult whole = ShrinkBy(engine.ask, engine, c, clause, wanted, Now() + left, known);
  whole.tried += sifted.tried;
  return whole;
}

}  // namespace weightproof
