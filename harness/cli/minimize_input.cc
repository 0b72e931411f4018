#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "harness/campaign/clock.h"
#include "harness/campaign/forked.h"
#include "harness/case/generate.h"
#include "harness/cli/commands.h"
#include "harness/cli/minimize.h"
#include "harness/minimize/target_run.h"

namespace weightproof {
namespace {

// A hang is asked about again and again, each time for as long as this.
constexpr double kHangSeconds = 5;

struct FailingTarget {
  std::string program;
  TargetEnd end;
};

std::vector<std::string> WantedTargets(const MinimizeOptions& o) {
  if (!o.target.empty()) return {o.target};
  std::error_code error;
  const std::string target = TargetInPath(std::filesystem::absolute(o.file, error).string());
  return target.empty() ? TargetsBuilt() : std::vector{target};
}

// The first that says why it fails; one that only dies where none says more.
Result<std::optional<FailingTarget>> FindFailing(const MinimizeOptions& o,
                                                 const std::vector<std::string>& targets) {
  std::optional<FailingTarget> found;
  for (const std::string& target : targets) {
    const std::vector<std::string> programs = TargetPrograms(target);
    if (programs.empty()) {
      return Fail(ErrorKind::kPathUnreadable, target, "no such fuzz target was built",
                  fmt::format("--target takes one of {}, or the path of a program",
                              fmt::join(TargetsBuilt(), ", ")));
    }
    for (const std::string& program : programs) {
      Result<TargetEnd> end = RunTarget(program, o.file, {});
      if (!end) return std::unexpected(end.error());
      if (!end->failed) continue;
      const bool says_why = !end->reason.empty();
      if (says_why || !found) found = {program, *std::move(end)};
      if (says_why) return found;
    }
  }
  return found;
}

// A case shrinks as a case before it shrinks as text.
void ShrinkCaseText(Reduction& reduction) {
  Result<Case> best = CaseFromJson(reduction.best());
  for (bool again = best.has_value(); again && !reduction.over();) {
    again = false;
    for (const Case& candidate : Shrinks(*best)) {
      if (!reduction.Try(CaseToJson(candidate, -1))) continue;
      best = candidate;
      again = true;
      break;
    }
  }
}

std::string WordsOf(const TargetEnd& end) {
  return end.reason.empty() ? end.how : end.how + ": " + end.reason;
}

}  // namespace

int MinimizeInput(const MinimizeOptions& o, const std::string& bytes, const std::string& aside) {
  const std::vector<std::string> targets = WantedTargets(o);
  const Result<std::optional<FailingTarget>> found = FindFailing(o, targets);
  if (!found) return Refuse(found.error());
  if (!*found) {
    const std::string tried = targets.empty()
                                  ? "no fuzz target was built beside this program"
                                  : fmt::format("{} end{} well on it", fmt::join(targets, ", "),
                                                targets.size() == 1 ? "s" : "");
    fmt::print(stderr,
               "weightproof: {}: nothing to minimize, {}{} (name the fuzz target that fails with "
               "--target; of a checkpoint, the model it is loaded into with --case and the loader "
               "with --testee)\n",
               o.file, tried, aside);
    return kExitUsage;
  }
  const auto& [program, end] = **found;
  TargetLimits limits;
  if (end.how == "timed out") limits.seconds = kHangSeconds;
  const auto same_end = [&](const std::string& input) {
    const Result<TargetEnd> again = RunTarget(program, input, limits);
    return again && again->failed && again->SameAs(end);
  };
  if (!same_end(o.file)) {
    fmt::print(stderr,
               "weightproof: {}: {} ended with {} once and otherwise the next time, so nothing can "
               "be told from a smaller file (run it several times by itself)\n",
               o.file, program, WordsOf(end));
    return kExitUsage;
  }
  fmt::print("{}: {} ends with {}\n", o.file, program, WordsOf(end));
  std::fflush(stdout);

  auto guard = std::make_unique<InterruptGuard>();
  const Scratch scratch;
  KeptOutput kept(o.output);
  const std::string input = scratch.path() + "/input";
  const auto fails = [&](const std::string& candidate) {
    return WriteTextFile(input, candidate).has_value() && same_end(input);
  };
  const double begin = Now();
  Reduction reduction(bytes, fails, o.seconds, [&](const std::string& best) { kept.Keep(best); });
  ShrinkCaseText(reduction);
  ShrinkFile(reduction);
  const double took = Now() - begin;
  const bool interrupted = Interrupted();
  guard.reset();  // what was pressed stops the search, not the proof of what it found

  if (Status s = kept.Finish(reduction.best()); !s) return Refuse(s.error());
  if (!same_end(o.output)) {
    fmt::print(stderr, "weightproof: {}: {} did not end so again in a fresh process\n", o.output,
               program);
    return kExitHarness;
  }
  fmt::print("from {}\nto   {}\n{}: {}\nagain: {} '{}'\n", SizeInWords(bytes),
             SizeInWords(reduction.best()), o.output, HowItEnded(reduction, took, interrupted),
             program, o.output);
  return kExitOk;
}

}  // namespace weightproof
