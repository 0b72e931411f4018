#include "harness/minimize/target_run.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "harness/campaign/forked.h"

namespace weightproof {
namespace {

class TargetRun : public testing::Test {
 protected:
  // A target of a few lines of shell; its input is $1.
  std::string Target(const std::string& lines) const {
    std::string path = folder_.path() + "/target";
    std::ofstream(path) << "#!/bin/sh\n" << lines << "\n";
    chmod(path.c_str(), 0755);
    return path;
  }
  TargetEnd Run(const std::string& lines, const TargetLimits& limits = {}) const {
    const Result<TargetEnd> end = RunTarget(Target(lines), "/dev/null", limits);
    EXPECT_TRUE(end.has_value()) << end.error().Text();
    return end ? *end : TargetEnd{};
  }
  Scratch folder_;
};

TEST_F(TargetRun, TellsEndsApart) {
  EXPECT_FALSE(Run("exit 0").failed);
  // What a replay program says of an input that its target refuses.
  EXPECT_FALSE(Run("echo none was accepted >&2; exit 1").failed);
  const TargetEnd killed = Run("kill -SEGV $$");
  EXPECT_TRUE(killed.failed);
  EXPECT_EQ(killed.how, "SIGSEGV");
  EXPECT_TRUE(Run("exit 77").failed);
  const TargetEnd said = Run("echo 'falsified: clause (cause, crash)' >&2; kill -ABRT $$");
  EXPECT_EQ(said.reason, "falsified: clause (cause, crash)");
  EXPECT_FALSE(said.SameAs(Run("echo 'falsified: clause (other, crash)' >&2; kill -ABRT $$")));
  EXPECT_TRUE(said.SameAs(Run("echo 'falsified: clause (cause, crash)' >&2; kill -ABRT $$")));
}

TEST_F(TargetRun, EndsOneThatTakesTooLongOrTooMuch) {
  EXPECT_EQ(Run("sleep 30", {.seconds = 0.3}).how, "timed out");
  EXPECT_EQ(Run("a=$(head -c 60000000 /dev/zero | tr '\\0' x); sleep 30", {.bytes = 30 << 20}).how,
            "out of memory");
}

TEST_F(TargetRun, SaysWhenThereIsNoSuchProgram) {
  EXPECT_FALSE(RunTarget(folder_.path() + "/absent", "/dev/null", {}).has_value());
}

TEST(Reason, IsTheKindAndTheFirstFrameOfOurs) {
  EXPECT_EQ(ReasonIn("==7==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x60200 at pc\n"
                     "READ of size 4 at 0x60200 thread T0\n"
                     "    #0 0x55d1 in __asan_memcpy (/b/fuzz_x+0x1)\n"
                     "    #1 0x55d2 in weightproof::Read(int) /src/model/read.cc:7:3\n"),
            "AddressSanitizer: heap-buffer-overflow in weightproof::Read");
  EXPECT_EQ(ReasonIn("==7==ERROR: AddressSanitizer: heap-use-after-free on address 0x60200 at pc\n"
                     "    #0 0x55d2 in weightproof::(anonymous namespace)::Walk::Go(int, "
                     "std::span<int>) /src/a.cc:7:3\n"),
            "AddressSanitizer: heap-use-after-free in weightproof::Walk::Go");
  EXPECT_EQ(ReasonIn("==7==ERROR: AddressSanitizer: SEGV on unknown address 0x0 (pc 0x1)\n"
                     "    #0 0x55d0  (/lib/x86_64-linux-gnu/libc.so.6+0x8a) (BuildId: 2)\n"
                     "    #1 0x55d1 in memcpy (/lib/libc.so.6+0x8b) (BuildId: 2)\n"
                     "    #2 0x55d1  (/b/fuzz_x+0x1234) (BuildId: 1)\n"),
            "AddressSanitizer: SEGV in fuzz_x+0x1234");
  EXPECT_EQ(ReasonIn("==9==ERROR: LeakSanitizer: detected memory leaks\n\n"
                     "Direct leak of 24 byte(s) in 1 object(s) allocated from:\n"
                     "    #0 0x55 in operator new(unsigned long) /llvm/new.cc\n"
                     "    #1 0x56 in Keep /src/a.cc:1:1\n"),
            "LeakSanitizer: detected memory leaks in Keep");
  EXPECT_EQ(ReasonIn("/src/model/a.cc:12:3: runtime error: shift exponent 70 is too large\n"),
            "a.cc:12:3: runtime error: shift exponent # is too large");
  EXPECT_EQ(ReasonIn("x: a.cc:3: int f(): Assertion `n == 12' failed.\n"), "`n == #' failed.");
  EXPECT_EQ(ReasonIn("all is well\n"), "");
}

TEST(TargetOfAPath, IsItsLastNameThatSaysSo) {
  EXPECT_EQ(TargetInPath("build/fuzz-findings/fuzz_load_any/crash-12"), "fuzz_load_any");
  EXPECT_EQ(TargetInPath("/fuzz_a/fuzz_damage-crash-1"), "fuzz_damage");
  EXPECT_EQ(TargetInPath("build/fuzz/crash"), "");
}

}  // namespace
}  // namespace weightproof
