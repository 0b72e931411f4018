// The harness must catch what it was built to catch: every planted fault, within 2,000 cases of one
// seed, shrunk as far as it goes.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <map>

#include "harness/campaign/forked.h"
#include "harness/case/generate.h"
#include "harness/properties/drivers/search.h"
#include "harness/properties/run_case.h"
#include "harness/testee/faults/faults.h"

namespace weightproof {

// How gtest prints the parameter.
static void PrintTo(const FaultInfo& fault, std::ostream* out) { *out << fault.name; }

namespace {

constexpr std::uint64_t kSeed = 1;
constexpr std::uint64_t kCasesMax = 2000;

// The faults that nothing but their own clause sees.
constexpr std::string_view kOnlyTheirOwn[] = {
    "counts-weightless-layers",  // round-trips
    "frozen-refused",
    "narrowing-unreported",  // loud-or-right
    "order-guessed",
    "source-twice",  // accounts-for-everything
    "sources-swapped",
    "unused-unlisted",
    "variable-unlisted",
    "cleared-after-refusal",  // refusal-changes-nothing
    "half-loaded",
    "one-value-after-refusal",
    "stale-after-refusal",
    "path-blanks-dropped",  // path-never-matters
    "path-cut-at-255",
    "second-load-keeps-last",  // same-code-same-answer
    "second-load-refused",
    "charset-alternates",  // saving-repeats
    "save-counted",
    "external-link-followed",  // load-stays-home
    "external-storage-opened",
    "no-file-named",  // errors-help
    "no-place-named",
    "no-remedy",
    "wrong-remedy",
};

class PlantedFault : public testing::TestWithParam<FaultInfo> {
 public:
  static std::string NameOf(const testing::TestParamInfo<FaultInfo>& info) {
    std::string name(info.param.name);
    std::ranges::replace(name, '-', '_');
    return name;
  }

 protected:
  std::string testee() const { return "fault:" + std::string(GetParam().name); }
};

TEST_P(PlantedFault, IsCaughtWithin2000CasesAndShrunkToTheMinimum) {
  const std::string_view clause = GetParam().clause;
  const std::optional<Caught> caught = FirstCaught(testee(), clause, kSeed, kCasesMax);
  ASSERT_TRUE(caught) << testee() << " (" << GetParam().sentence << ") never falsified " << clause;

  const Shrunk shrunk = ShrinkHere(testee(), clause, caught->found, caught->verdict);
  const Verdict again = Ask(testee(), shrunk.best, clause);
  EXPECT_EQ(again.kind, VerdictKind::kFalsified) << CaseToJson(shrunk.best);
  EXPECT_EQ(again.cause, caught->verdict.cause);
  EXPECT_NE(Ask("builtin", shrunk.best, clause).kind, VerdictKind::kFalsified)
      << "not the fault's doing: " << CaseToJson(shrunk.best);
  std::cout << testee() << ": " << clause << " (" << caught->verdict.cause << "), case "
            << caught->cases << ", from " << SizeText(SizeOf(caught->found)) << " to "
            << SizeText(SizeOf(shrunk.best)) << " with " << shrunk.tried << " candidates\n";

  const std::optional<Case> smaller =
      SmallerCase(testee(), clause, caught->found, shrunk.best, again);
  EXPECT_FALSE(smaller) << "shrunk to " << CaseToJson(shrunk.best) << "\nbut smaller is "
                        << CaseToJson(*smaller);
}

INSTANTIATE_TEST_SUITE_P(Each, PlantedFault, testing::ValuesIn(Faults().begin(), Faults().end()),
                         PlantedFault::NameOf);

class OnlyItsClause : public PlantedFault {};

TEST_P(OnlyItsClause, IsTheOnlyOneThatTheFaultFalsifies) {
  const Scratch scratch;
  for (std::uint64_t index = 0; index < 300; ++index) {
    const Result<std::unique_ptr<Testee>> fault = MakeTestee(testee());
    ASSERT_TRUE(fault);
    SeededChoices choices(kSeed, index);
    const Case c = Generate(choices, (*fault)->Describe().space);
    for (const ClauseVerdict& told : RunCase(c, **fault, **fault, scratch.path()).clauses) {
      if (told.clause == GetParam().clause || told.verdict.kind != VerdictKind::kFalsified)
        continue;
      if (Ask("builtin", c, told.clause).kind == VerdictKind::kFalsified) continue;
      FAIL() << told.clause << " (" << told.verdict.cause << "): " << told.verdict.evidence << "\n"
             << CaseToJson(c);
    }
  }
}

std::vector<FaultInfo> Lonely() {
  std::vector<FaultInfo> infos;
  for (const FaultInfo& info : Faults()) {
    if (std::ranges::find(kOnlyTheirOwn, info.name) != std::end(kOnlyTheirOwn)) {
      infos.push_back(info);
    }
  }
  return infos;
}

INSTANTIATE_TEST_SUITE_P(Each, OnlyItsClause, testing::ValuesIn(Lonely()), PlantedFault::NameOf);

TEST(PlantedFaults, AreAtLeastThirtyAndTwoForEachClauseAreSeenByNoOther) {
  EXPECT_GE(Faults().size(), 30u);
  std::map<std::string_view, int> lonely;
  for (const FaultInfo& info : Lonely()) ++lonely[info.clause];
  for (const Clause& clause : Clauses()) EXPECT_GE(lonely[clause.name], 2) << clause.name;
  EXPECT_EQ(Lonely().size(), std::size(kOnlyTheirOwn)) << "a name in the list is no fault's";
}

TEST(PlantedFaults, NameAClauseThatExists) {
  for (const FaultInfo& info : Faults()) {
    EXPECT_NE(FindClause(info.clause), nullptr) << info.name;
  }
}

TEST(Canary, IsFalsifiedByTheFirstClauseWithin100Cases) {
  const std::optional<Caught> caught = FirstCaught("canary", "round-trips", kSeed, 100);
  ASSERT_TRUE(caught);
  EXPECT_EQ(caught->verdict.cause, "variable-differs");
}

TEST(BuiltinTestee, FalsifiesNothingIn1000Cases) {
  const Scratch scratch;
  const Result<std::unique_ptr<Testee>> builtin = MakeTestee("builtin");
  ASSERT_TRUE(builtin);
  for (std::uint64_t index = 0; index < 1000; ++index) {
    SeededChoices choices(kSeed, index);
    const Case c = Generate(choices, (*builtin)->Describe().space);
    const CaseResult result = RunCase(c, **builtin, **builtin, scratch.path());
    EXPECT_NE(result.overall, VerdictKind::kHarnessError) << CaseToJson(c);
    for (const ClauseVerdict& told : result.clauses) {
      EXPECT_NE(told.verdict.kind, VerdictKind::kFalsified)
          << told.clause << ": " << told.verdict.evidence << "\n"
          << CaseToJson(c);
    }
  }
}

}  // namespace
}  // namespace weightproof
