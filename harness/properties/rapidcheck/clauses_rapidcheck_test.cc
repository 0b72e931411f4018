// Each clause as a RapidCheck property over random cases, which RapidCheck shrinks along Shrinks.
// 300 cases of seed 1; RC_PARAMS="seed=7 max_success=5000" in the environment asks for others.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <ostream>

#include "harness/case/generate.h"
#include "harness/properties/drivers/search.h"
#include "harness/testee/testee.h"

namespace weightproof {

// How RapidCheck prints a counterexample.
void showValue(const Case& c, std::ostream& out) {
  out << CaseToJson(c)
      << "\nSaved as case.json, it is played again by: weightproof replay case.json";
}

// How gtest prints the parameter.
static void PrintTo(const Clause& clause, std::ostream* out) { *out << clause.name; }

namespace {

rc::Gen<Case> AnyCase(const Space& space) {
  return [space](const rc::Random& random, int) {
    rc::Random source = random;
    SeededChoices choices(source.next(), 0);
    return rc::shrinkable::shrinkRecur(
        Generate(choices, space), [](const Case& c) { return rc::seq::fromContainer(Shrinks(c)); });
  };
}

struct Judged {
  bool held = false;
  int asked = 0;                  // cases that the clause had something to say of
  std::optional<Case> falsified;  // the last one, which is the smallest
};

Judged Check(const std::string& testee, const Clause& clause) {
  setenv("RC_PARAMS", "seed=1 max_success=300", 0);
  Judged run;
  const Result<std::unique_ptr<Testee>> made = MakeTestee(testee);
  if (!made) return run;
  const rc::Gen<Case> any_case = AnyCase((*made)->Describe().space);
  run.held = rc::check(testee + ": " + std::string(clause.sentence), [&] {
    const Case c = *any_case;
    const Verdict verdict = Ask(testee, c, clause.name);
    if (verdict.kind != VerdictKind::kNotAsked) ++run.asked;
    if (verdict.kind == VerdictKind::kHarnessError) RC_FAIL("harness error: " + verdict.evidence);
    if (verdict.kind != VerdictKind::kFalsified) return;
    run.falsified = c;
    RC_FAIL(verdict.cause + ": " + verdict.evidence);
  });
  return run;
}

class ClauseProperty : public testing::TestWithParam<Clause> {};

TEST_P(ClauseProperty, HoldsForTheBuiltinTestee) {
  // Memory, time and the process are watched from outside.
  setenv("WEIGHTPROOF_PROGRAM", WEIGHTPROOF_PROGRAM, 1);
  const bool outside = GetParam().name == "load-stays-home";
  const Judged run = Check(outside ? "builtin-worker" : "builtin", GetParam());
  EXPECT_TRUE(run.held) << GetParam().name << " is falsified; the case is printed above";
  EXPECT_GE(run.asked, 10) << "too few cases came near the clause";
}

std::string NameOf(const testing::TestParamInfo<Clause>& clause) {
  std::string name(clause.param.name);
  std::ranges::replace(name, '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Each, ClauseProperty,
                         testing::ValuesIn(Clauses().begin(), Clauses().end()), NameOf);

TEST(RapidCheck, FailsTheCanaryAndShrinksItToOneLayer) {
  const Judged run = Check("canary", *FindClause("round-trips"));
  EXPECT_FALSE(run.held);
  ASSERT_TRUE(run.falsified);
  EXPECT_EQ(run.falsified->architecture.layers.size(), 1u) << CaseToJson(*run.falsified);
  EXPECT_EQ(run.falsified->writer.build.size() + run.falsified->reader.build.size(), 2u);
}

TEST(RapidCheck, FailsAPlantedFaultThatOnlySavingShows) {
  EXPECT_FALSE(Check("fault:save-counted", *FindClause("saving-repeats")).held);
}

}  // namespace
}  // namespace weightproof
