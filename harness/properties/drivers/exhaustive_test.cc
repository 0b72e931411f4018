// A stated part of the exhaustive run: every case of at most two layers with weights whose builds
// have one step each, and every 40th of those with two. The whole of it: scripts/exhaustive.
#include <gtest/gtest.h>

#include <iostream>

#include "harness/campaign/forked.h"
#include "harness/case/generate.h"
#include "harness/properties/run_case.h"

namespace weightproof {
namespace {

constexpr std::uint64_t kParts = 4;  // so that ctest can run them beside each other

struct Share {
  int steps;
  std::uint64_t shard, shards;
  std::uint64_t cases_min;
};

class Exhaustive : public testing::TestWithParam<std::uint64_t> {
 protected:
  static void Run(const Share& share) {
    const Scratch scratch;
    const Result<std::unique_ptr<Testee>> builtin = MakeTestee("builtin");
    ASSERT_TRUE(builtin);
    std::uint64_t judged = 0;
    const std::uint64_t visited =
        Enumerate(2, share.steps, share.shard, share.shards, [&](const Case& c) {
          const CaseResult result = RunCase(c, **builtin, **builtin, scratch.path());
          EXPECT_NE(result.overall, VerdictKind::kHarnessError) << CaseToJson(c);
          for (const ClauseVerdict& told : result.clauses) {
            EXPECT_NE(told.verdict.kind, VerdictKind::kFalsified)
                << told.clause << ": " << told.verdict.evidence << "\n"
                << CaseToJson(c);
          }
          if (result.overall != VerdictKind::kUnsupported) ++judged;
          return !testing::Test::HasFailure();
        });
    std::cout << visited << " cases, " << judged << " judged\n";
    EXPECT_GE(visited, share.cases_min);
    EXPECT_GE(judged * 10, visited * 9) << "most enumerated cases say nothing";
  }
};

TEST_P(Exhaustive, EveryCaseOfTwoLayersAndOneStepEachIsNotFalsified) {
  Run({1, GetParam(), kParts, 850});
}

TEST_P(Exhaustive, OneIn40CasesOfTwoLayersAndTwoStepsEachIsNotFalsified) {
  Run({2, GetParam(), kParts * 40, 350});
}

INSTANTIATE_TEST_SUITE_P(Part, Exhaustive, testing::Range(std::uint64_t{0}, kParts));

}  // namespace
}  // namespace weightproof
