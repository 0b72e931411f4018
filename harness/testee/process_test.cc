#include "harness/testee/process.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace weightproof {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kPatience{20'000};

std::unique_ptr<Process> Shell(const std::string& script, const ProcessLimits& limits = {},
                               const Environment& environment = {}) {
  auto process = Process::Start({"sh", "-c", script}, environment, limits);
  EXPECT_TRUE(process.has_value());
  return *std::move(process);
}

TEST(Process, AnswersLineForLine) {
  const auto process = Shell("while read -r x; do echo \"<$x>\"; done");
  for (const char* text : {"a", "", "b c"}) {
    const Exchange exchange = process->Ask(text, kPatience);
    ASSERT_EQ(exchange.end, ExchangeEnd::kLine);
    EXPECT_EQ(exchange.line, "<" + std::string(text) + ">");
  }
}

TEST(Process, PassesLinesLargerThanAnyPipeBothWays) {
  const auto process = Shell("cat");
  const std::string big(3'000'000, 'x');
  const Exchange exchange = process->Ask(big, kPatience);
  ASSERT_EQ(exchange.end, ExchangeEnd::kLine);
  EXPECT_EQ(exchange.line, big);
}

TEST(Process, SeesItsEnvironment) {
  const auto process =
      Shell("read -r x; echo $WP_TEST$HOME", {}, {{"WP_TEST", "yes"}, {"HOME", "/nowhere"}});
  EXPECT_EQ(process->Ask("x", kPatience).line, "yes/nowhere");
}

TEST(Process, NamesTheSignalThatKilledIt) {
  const auto process = Shell("read -r x; echo going down >&2; kill -SEGV $$");
  const Exchange exchange = process->Ask("x", kPatience);
  EXPECT_EQ(exchange.end, ExchangeEnd::kEnded);
  EXPECT_EQ(exchange.cause, "SIGSEGV");
  EXPECT_EQ(process->stderr_tail(), "going down\n");
  EXPECT_EQ(process->Ask("x", kPatience).end, ExchangeEnd::kEnded);
}

TEST(Process, NamesTheExitCode) {
  EXPECT_EQ(Shell("read -r x; exit 3")->Ask("x", kPatience).cause, "exit code 3");
}

TEST(Process, SurvivesAChildThatIsGoneBeforeItIsAsked) {
  const auto process = Shell("exit 0");
  usleep(100'000);
  EXPECT_EQ(process->Ask(std::string(1'000'000, 'x'), kPatience).cause, "exit code 0");
}

TEST(Process, ReportsACommandThatDoesNotExist) {
  auto process = Process::Start({"/nowhere/worker"}, {}, {});
  ASSERT_TRUE(process.has_value());
  EXPECT_EQ((*process)->Ask("x", kPatience).cause, "exit code 127");
  EXPECT_FALSE(Process::Start({}, {}, {}).has_value());
}

TEST(Process, GivesUpOnAHangAndOnHalfALine) {
  for (const char* script : {"sleep 1000", "printf half; sleep 1000", "exec 1>&-; sleep 1000"}) {
    const auto process = Shell(script);
    EXPECT_NE(process->Ask("x", milliseconds(200)).end, ExchangeEnd::kLine) << script;
    EXPECT_LT(process->pid(), 0) << "it should be dead: " << script;
  }
}

TEST(Process, StopsALineWithoutEnd) {
  ProcessLimits limits;
  limits.line_bytes_max = 100'000;
  EXPECT_EQ(Shell("while :; do printf xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done", limits)
                ->Ask("x", kPatience)
                .end,
            ExchangeEnd::kLineTooLong);
}

TEST(Process, KeepsOnlyTheTailOfAFloodOnStderr) {
  ProcessLimits limits;
  limits.stderr_bytes_max = 100;
  const auto process = Shell(
      "read -r x; i=0; while [ $i -lt 20000 ]; do echo noise >&2; i=$((i+1)); done;"
      "echo the end >&2; echo ok; sleep 1000",
      limits);
  EXPECT_EQ(process->Ask("x", kPatience).line, "ok");
  EXPECT_LE(process->stderr_tail().size(), 100u);
}

TEST(Process, WatchesResidentMemory) {
  ProcessLimits limits;
  limits.resident_bytes_max = 40 << 20;
  const auto process = Shell(
      "x=aaaaaaaa; i=0; while [ $i -lt 23 ]; do x=$x$x; i=$((i+1)); done; sleep 1000; echo $x",
      limits);
  EXPECT_EQ(process->Ask("x", kPatience).end, ExchangeEnd::kOutOfMemory);
}

TEST(Process, KillsWhatTheChildStartedItself) {
  const auto process = Shell("read -r x; sleep 1000 & echo $!; wait");
  const Exchange exchange = process->Ask("x", kPatience);
  ASSERT_EQ(exchange.end, ExchangeEnd::kLine);
  const pid_t grandchild = std::stoi(exchange.line);
  EXPECT_EQ(kill(grandchild, 0), 0);
  process->Close(milliseconds(10));
  for (int i = 0; i < 200 && kill(grandchild, 0) == 0; ++i) {
    // A zombie that nobody has collected yet counts as dead.
    const std::string path = "/proc/" + std::to_string(grandchild) + "/cmdline";
    std::FILE* file = std::fopen(path.c_str(), "re");
    if (file == nullptr) break;
    const int first = std::fgetc(file);
    std::fclose(file);
    if (first == EOF) break;
    usleep(10'000);
    ASSERT_LT(i, 199) << "the grandchild lives on";
  }
}

TEST(Process, IsLeftAloneByAForkedCopyOfItsOwner) {
  auto process = Shell("while read -r x; do echo $x; done");
  const pid_t copy = fork();
  if (copy == 0) {
    const bool asked = process->Ask("x", milliseconds(100)).end == ExchangeEnd::kLine;
    process.reset();
    _exit(asked ? 1 : 0);
  }
  int status = 0;
  waitpid(copy, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(process->Ask("still there", kPatience).line, "still there");
}

TEST(SignalName, KnowsTheUsualOnes) {
  EXPECT_EQ(SignalName(SIGKILL), "SIGKILL");
  EXPECT_EQ(SignalName(1000), "signal 1000");
}

}  // namespace
}  // namespace weightproof
