#include "harness/cli/minimize.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <span>

#include "harness/campaign/forked.h"
#include "harness/campaign/shrink.h"
#include "harness/cli/commands.h"
#include "model/checkpoint/h5/superblock.h"

namespace weightproof {
namespace {

std::string Size(const Case& c) {
  return fmt::format("{} layer{}, {} + {} build steps, {} edit{}", c.architecture.layers.size(),
                     c.architecture.layers.size() == 1 ? "" : "s", c.writer.build.size(),
                     c.reader.build.size(), c.damage.size(), c.damage.size() == 1 ? "" : "s");
}

// The clause that was asked for, or the first that is falsified.
const ClauseVerdict* FalsifiedOf(const CaseResult& result, const std::string& clause) {
  for (const ClauseVerdict& one : result.clauses) {
    const bool asked = clause.empty() || one.clause == clause;
    if (asked && one.verdict.kind == VerdictKind::kFalsified) return &one;
  }
  return nullptr;
}

bool IsOneFile(const std::string& a, const std::string& b) {
  std::error_code error;
  return std::filesystem::equivalent(a, b, error);
}

bool LooksLikeHdf5(std::string_view bytes) {
  return h5::FindSignature(std::as_bytes(std::span(bytes))).has_value();
}

bool LooksLikeJson(std::string_view bytes) {
  const std::size_t first = bytes.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && bytes[first] == '{';
}

}  // namespace

void KeptOutput::Keep(const std::string& bytes) { status_ = WriteTextFile(path_, bytes); }

Status KeptOutput::Finish(const std::string& bytes) {
  Keep(bytes);
  return status_;
}

std::string HowItEnded(const Reduction& reduction, double seconds, bool interrupted) {
  const char* end = interrupted        ? "interrupted: this is the best so far"
                    : reduction.over() ? "time ran out before the minimum was sure"
                                       : "nothing is left that can go alone";
  return fmt::format("{} of {} candidates taken in {:.1f} s; {}", reduction.taken(),
                     reduction.tried(), seconds, end);
}

int MinimizeCase(const MinimizeOptions& o, const Case& c, const std::string& bytes) {
  Result<Engine> engine = EngineFor(o.testees);
  if (!engine) return Refuse(engine.error());
  const double patience = std::min(60.0, std::max(5.0, o.seconds));
  auto guard = std::make_unique<InterruptGuard>();
  const CaseResult result = RunCaseForked(*engine, c, patience);
  const ClauseVerdict* falsified = FalsifiedOf(result, o.clause);
  const bool plain = o.testees.reader_name() == "builtin" && o.clause.empty();
  if (falsified == nullptr && plain && result.overall != VerdictKind::kHarnessError) {
    return MinimizeInput(o, bytes,
                         fmt::format(", and as a case {} answers {}", TesteeWords(o.testees),
                                     VerdictKindName(result.overall)));
  }
  if (falsified == nullptr) {
    fmt::print(stderr,
               "weightproof: {}: nothing to minimize, {} answers {} (name the testee that the case "
               "was found on with --testee{})\n",
               o.file, TesteeWords(o.testees), VerdictKindName(result.overall),
               o.clause.empty() ? "" : ", or leave --clause out");
    return result.overall == VerdictKind::kHarnessError ? kExitHarness : kExitUsage;
  }

  const std::string clause(falsified->clause);
  const Verdict wanted = falsified->verdict;
  fmt::print("{}: {} ({}, {})\n  {}\n", o.file, clause, SeverityName(wanted.severity), wanted.cause,
             wanted.evidence);
  std::fflush(stdout);
  const double silent = wanted.severity == Severity::kHang ? 5.0 : patience;
  // A real loader dies without harm to this process, and one that is started answers many times.
  const ShrinkResult shrunk = engine->foreign
                                  ? ShrinkHere(*engine, c, clause, wanted, o.seconds)
                                  : Shrink(*engine, c, clause, wanted, o.seconds, silent);
  const bool interrupted = Interrupted();
  // What was pressed before stops the search, not the proof of what it found.
  guard.reset();
  guard = std::make_unique<InterruptGuard>();
  const Verdict again = AskForked(*engine, shrunk.best, clause, patience);
  if (!SameReason(again, wanted)) {
    fmt::print(stderr, "weightproof: {}: the smallest case did not fail again in a fresh process\n",
               o.file);
    return kExitHarness;
  }
  if (Status s = WriteTextFile(o.output, CaseToJson(shrunk.best) + "\n"); !s)
    return Refuse(s.error());
  fmt::print("from {}\nto   {}\n  {}\n{}: {} of {} candidates taken; {}\n", Size(c),
             Size(shrunk.best), again.evidence, o.output, shrunk.taken, shrunk.tried,
             interrupted       ? "interrupted: this is the best so far"
             : shrunk.finished ? "no simpler case fails for the same reason"
                               : "time ran out before the minimum was sure");
  return kExitOk;
}

int Minimize(const MinimizeOptions& o) {
  const Result<std::string> bytes = ReadTextFile(o.file);
  if (!bytes) return Refuse(bytes.error());
  if (Status s = Writable(o.output); !s) return Refuse(s.error());
  if (IsOneFile(o.file, o.output)) {
    return Refuse({ErrorKind::kPathUnwritable, o.output, "this is the file that is to be minimized",
                   "name another file with -o"});
  }
  if (!o.target.empty()) return MinimizeInput(o, *bytes, "");
  if (LooksLikeHdf5(*bytes) || !o.case_file.empty()) return MinimizeCheckpoint(o, *bytes);
  if (!LooksLikeJson(*bytes)) return MinimizeInput(o, *bytes, "");
  const Result<Case> c = CaseFromJson(*bytes, o.file);
  return c ? MinimizeCase(o, *c, *bytes)
           : MinimizeInput(o, *bytes, ", and it is no case: " + c.error().Text());
}

}  // namespace weightproof
