#include <fmt/core.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "harness/campaign/forked.h"
#include "harness/cli/bracket.h"
#include "harness/cli/commands.h"
#include "harness/properties/clauses.h"
#include "harness/testee/loader_name.h"

namespace weightproof {
namespace {

constexpr double kSecondsPerVersionMax = 180;  // importing an old TensorFlow alone can take thirty

struct Told {
  Judgement judgement = Judgement::kNone;
  std::string text;  // "falsified: round-trips, variable-differs"
};

Told JudgementOf(const CaseResult& result, const std::string& clause) {
  for (const ClauseVerdict& one : result.clauses) {
    if (one.verdict.kind != VerdictKind::kFalsified || (!clause.empty() && one.clause != clause)) {
      continue;
    }
    return {Judgement::kFalsified, fmt::format("falsified: {}, {}", one.clause, one.verdict.cause)};
  }
  if (result.overall == VerdictKind::kUnsupported) {
    return {Judgement::kNone, "unsupported: " + result.unsupported_by_name};
  }
  if (result.overall == VerdictKind::kHarnessError || result.overall == VerdictKind::kUndecided) {
    return {Judgement::kNone, std::string(VerdictKindName(result.overall))};
  }
  if (result.overall == VerdictKind::kFalsified) {
    return {Judgement::kFine, clause + " is not falsified"};
  }
  return {Judgement::kFine, std::string(VerdictKindName(result.overall))};
}

// Makes what the version needs; false: it cannot be had.
bool Prepare(const std::string& command, const std::string& testee) {
  if (command.empty()) return true;
  std::fflush(stdout);
  const int status = std::system((command + " " + testee + " 1>&2").c_str());
  return status != -1 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

Told AskVersion(const Case& c, const BisectOptions& o, const std::string& testee) {
  if (!Prepare(o.prepare, testee)) return {Judgement::kNone, "cannot be installed"};
  const Result<Engine> engine = MakeEngine(testee);
  if (!engine) {
    const std::string why = engine.error().Text();
    return {Judgement::kNone, "does not start: " + why.substr(0, why.find('\n'))};
  }
  return JudgementOf(RunCaseForked(*engine, c, kSecondsPerVersionMax), o.clause);
}

std::string Words(Judgement judgement) {
  return judgement == Judgement::kFalsified ? "falsified" : "not falsified";
}

void PrintBracket(const std::vector<std::string>& versions, const Bracket& bracket, bool all) {
  const std::string& before = versions[bracket.before];
  const std::string& after = versions[bracket.after];
  if (bracket.from == bracket.to) {
    fmt::print("no change: {} from {} to {}{}\n", Words(bracket.from), before, after,
               all ? "" : " (--all asks every version between)");
    return;
  }
  fmt::print("{} {}; the last that {} is {}\n",
             bracket.to == Judgement::kFalsified ? "first version that falsifies:"
                                                 : "first version that holds again:",
             after, bracket.to == Judgement::kFalsified ? "holds" : "falsifies", before);
  if (bracket.after - bracket.before > 1) {
    fmt::print("nothing can be told of the {} between them\n", bracket.after - bracket.before - 1);
  }
}

}  // namespace

int Bisect(const BisectOptions& o) {
  Result<Case> c = ReadCase(o.file);
  if (!c) return Refuse(c.error());
  const Result<LoaderName> name = ParseLoaderName(o.testee);
  if (!name) return Refuse(name.error());
  if (!name->version.empty()) {
    return Refuse({ErrorKind::kBadConfig, "--testee " + o.testee, "it has a version already",
                   "leave '@" + name->version + "' out, --versions says which are asked"});
  }
  if (!o.clause.empty() && FindClause(o.clause) == nullptr) {
    return Refuse({ErrorKind::kBadConfig, "--clause " + o.clause, "there is no such clause",
                   "`weightproof check` prints the clauses, as in round-trips"});
  }
  const Result<std::vector<std::string>> versions = ParseVersions(
      o.versions, o.versions.contains("..") ? VersionsAtHand(*name) : std::vector<std::string>{});
  if (!versions) return Refuse(versions.error());

  const InterruptGuard guard;
  fmt::print("{} on {}, {} versions from {} to {}\n", o.file, o.testee, versions->size(),
             versions->front(), versions->back());
  std::size_t asked = 0;
  const std::function<Judgement(std::size_t)> ask = [&](std::size_t i) {
    if (Interrupted()) return Judgement::kNone;
    LoaderName one = *name;
    one.version = (*versions)[i];
    const Told told = AskVersion(*c, o, one.Text());
    ++asked;
    fmt::print("  {:<10}{}\n", one.version, told.text);
    std::fflush(stdout);
    return told.judgement;
  };
  std::vector<Bracket> brackets;
  if (o.all) {
    std::vector<Judgement> row;
    for (std::size_t i = 0; i < versions->size(); ++i) row.push_back(ask(i));
    brackets = AllBrackets(row);
  } else if (const std::optional<Bracket> bracket = FindBracket(versions->size(), ask)) {
    brackets.push_back(*bracket);
  }
  if (Interrupted()) {
    fmt::print(stderr, "weightproof: interrupted after {} versions\n", asked);
    return kExitHarness;
  }
  if (brackets.empty()) {
    fmt::print(stderr, "weightproof: no version says anything about {}\n", o.file);
    return kExitHarness;
  }
  for (const Bracket& bracket : brackets) PrintBracket(*versions, bracket, o.all);
  fmt::print("{} of {} versions asked\n", asked, versions->size());
  return kExitOk;
}

}  // namespace weightproof
