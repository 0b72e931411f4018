// `weightproof worker` and `weightproof testee-test`, with the real program and worker scripts.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>

#include "harness/campaign/forked.h"
#include "harness/case/generate.h"
#include "harness/properties/run_case.h"
#include "harness/testee/command_for_test.h"
#include "harness/testee/worker_testee.h"
#include "model/spec/plan.h"

namespace weightproof {
namespace {

Result<std::unique_ptr<WorkerTestee>> StartBuiltinWorker() {
  return WorkerTestee::Create({WEIGHTPROOF_PROGRAM, "worker"}, {});
}

std::string Verdicts(const CaseResult& result) {
  std::string text = std::string(VerdictKindName(result.overall)) + " " +
                     std::to_string(result.round_trips) + " " + std::to_string(result.noticed);
  for (const ClauseVerdict& one : result.clauses) {
    if (one.clause == "load-stays-home") continue;  // asked of what lives in another process
    text += "\n" + std::string(one.clause) + " " + std::string(VerdictKindName(one.verdict.kind)) +
            " " + one.verdict.cause;
  }
  return text;
}

TEST(BuiltinWorker, GivesTheVerdictsOfTheTesteeInThisProcess) {
  auto worker = StartBuiltinWorker();
  ASSERT_TRUE(worker.has_value()) << worker.error().Text();
  auto here = MakeTestee("builtin");
  ASSERT_TRUE(here.has_value());
  const Scratch scratch;
  int judged = 0, refused = 0, fresh = 0;
  for (std::uint64_t index = 0; index < 200; ++index) {
    SeededChoices choices(11, index);
    Case c = Generate(choices, (*here)->Describe().space);
    if (index % 8 == 0) c.reader.session.fresh = true;
    const CaseResult mine = RunCase(c, **here, **here, scratch.path());
    const CaseResult theirs = RunCase(c, **worker, **worker, scratch.path());
    EXPECT_EQ(Verdicts(mine), Verdicts(theirs)) << CaseToJson(c);
    judged += mine.overall == VerdictKind::kHeld;
    refused += mine.refused;
    fresh += c.reader.session.fresh || c.writer.session.fresh;
  }
  EXPECT_GT(judged, 150);
  EXPECT_GT(refused, 20);
  // Every one of them is a program of its own, started for that request.
  EXPECT_GT(fresh, 20);
  EXPECT_GT((*worker)->processes_started(), fresh);
}

TEST(BuiltinWorker, DrawsTheCasesOfTheTesteeInThisProcess) {
  auto worker = StartBuiltinWorker();
  ASSERT_TRUE(worker.has_value()) << worker.error().Text();
  auto here = MakeTestee("builtin");
  ASSERT_TRUE(here.has_value());
  for (std::uint64_t index = 0; index < 200; ++index) {
    SeededChoices mine(3, index), theirs(3, index);
    ASSERT_EQ(CaseToJson(Generate(mine, (*here)->Describe().space)),
              CaseToJson(Generate(theirs, (*worker)->Describe().space)));
  }
}

TEST(BuiltinWorker, CarriesAPlantedFaultThatACampaignCatches) {
  auto worker = WorkerTestee::Create(
      {WEIGHTPROOF_PROGRAM, "worker", "--testee", "fault:siblings-swapped"}, {});
  ASSERT_TRUE(worker.has_value()) << worker.error().Text();
  const Scratch scratch;
  bool caught = false;
  for (std::uint64_t index = 0; index < 300 && !caught; ++index) {
    SeededChoices choices(1, index);
    const Case c = Generate(choices, (*worker)->Describe().space);
    caught = RunCase(c, **worker, **worker, scratch.path()).overall == VerdictKind::kFalsified;
  }
  EXPECT_TRUE(caught);
}

CommandRun RunProgram(const std::string& arguments) {
  return RunCommand("'" WEIGHTPROOF_PROGRAM "' " + arguments + " 2>&1");
}

CommandRun TestBroken(const std::string& fault, const std::string& timeout = "20s") {
  return RunProgram("testee-test --cases 40 --timeout " + timeout +
                    " 'python3 " WEIGHTPROOF_SOURCE_DIR
                    "/harness/conformance/testdata/broken_worker.py " +
                    fault + " " WEIGHTPROOF_PROGRAM " worker'");
}

TEST(TesteeTest, PassesTheBuiltinWorkerAndNoticesEveryPlantedFault) {
  const CommandRun ran = RunProgram("testee-test '" WEIGHTPROOF_PROGRAM " worker'");
  EXPECT_EQ(ran.code, 0) << ran.text;
  for (const char* fault :
       {"tensor-bit", "variables-swapped", "variables-stale", "variable-missing",
        "prediction-stale", "prediction-bit", "control-bit", "ok-instead-of-refusal",
        "refusal-instead-of-ok", "refusal-that-changed", "no-file", "silence"}) {
    const std::size_t at = ran.text.find("ok    asleep: " + std::string(fault) + " ");
    EXPECT_NE(at, std::string::npos) << fault << "\n" << ran.text;
  }
  EXPECT_EQ(ran.text.find("FAIL"), std::string::npos) << ran.text;
}

TEST(TesteeTest, PassesAWorkerThatNothingIsWrongWith) {
  const CommandRun ran = TestBroken("none");
  EXPECT_EQ(ran.code, 0) << ran.text;
}

TEST(TesteeTest, SaysWhatIsWrongWithABrokenWorker) {
  const std::pair<const char*, const char*> kBroken[] = {
      {"prints", "speaks: "},
      {"other-id", "another request"},
      {"new-field", "elapsed"},
      {"loads-nothing", "the variables are not what was saved"},
      {"never-refuses", "a load of a file that is not there"},
      {"supports-nothing", "everything"},
      {"ignores-fields", "an unknown field"},
      {"dies-of-rubbish", "no JSON"},
      {"never-ends", "end of stdin"},
  };
  for (const auto& [fault, word] : kBroken) {
    const CommandRun ran = TestBroken(fault);
    // One that does not even describe itself is not tested at all.
    const bool silent =
        std::string_view(fault) == "other-id" || std::string_view(fault) == "new-field";
    EXPECT_EQ(ran.code, silent ? 2 : 1) << fault << "\n" << ran.text;
    EXPECT_NE(ran.text.find(word), std::string::npos) << fault << "\n" << ran.text;
  }
  const CommandRun hangs = TestBroken("hangs", "1s");
  EXPECT_EQ(hangs.code, 1) << hangs.text;
  EXPECT_NE(hangs.text.find("timed out"), std::string::npos) << hangs.text;
}

TEST(TesteeTest, RefusesWhatIsNoWorker) {
  EXPECT_EQ(RunProgram("testee-test ''").code, 2);
  EXPECT_EQ(RunProgram("testee-test /nowhere/worker").code, 2);
  EXPECT_EQ(RunProgram("testee-test true").code, 2);
  EXPECT_EQ(RunProgram("testee-test 'echo hello'").code, 2);
  EXPECT_EQ(RunProgram("worker --testee keras </dev/null").code, 2);
}

}  // namespace
}  // namespace weightproof
