// The clause load-stays-home, on a testee that does what a test tells it to.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "harness/campaign/forked.h"
#include "harness/properties/altered_for_test.h"
#include "harness/properties/run_case.h"

namespace weightproof {
namespace {

// The built-in library, in which a load does something more and answers something else.
class Strays final : public AlteredBuiltin {
 public:
  Answer Load(const LoadRequest& request) override {
    Answer answer = AlteredBuiltin::Load(request);
    if (does) does(request.build.directory + "-bait");
    if (answers) answers(answer);
    return answer;
  }

  std::function<void(const std::string& bait)> does;
  std::function<void(Answer&)> answers;
};

constexpr const char* kLink = R"({"op": "external_link", "path": "layers/dense/vars/0"})";

class LoadStaysHome : public ::testing::Test {
 protected:
  CaseResult Run(const std::string& damage) {
    const Scratch scratch;
    const CaseResult result = RunCase(OneDenseWith(damage), testee_, testee_, scratch.path());
    EXPECT_TRUE(std::filesystem::is_empty(scratch.path())) << "the bait is still there";
    return result;
  }
  Verdict Judge(const std::string& damage) {
    for (const ClauseVerdict& one : Run(damage).clauses) {
      if (one.clause == "load-stays-home") return one.verdict;
    }
    return {};
  }
  // "escape opens-another-file", or "held".
  std::string Words(const std::string& damage) {
    const Verdict verdict = Judge(damage);
    if (verdict.kind != VerdictKind::kFalsified) return std::string(VerdictKindName(verdict.kind));
    return std::string(SeverityName(verdict.severity)) + " " + verdict.cause;
  }

  Strays testee_;
};

void Look(const std::string& path) { std::ifstream(path).get(); }

TEST_F(LoadStaysHome, HoldsWhereTheLoadLooksAtNothingButItsFile) {
  EXPECT_EQ(Words(kLink), "held");
  EXPECT_EQ(Words(R"({"op": "soft_link", "path": "layers/dense", "how": "elsewhere"})"), "held");
  EXPECT_EQ(
      Words(R"({"op": "huge", "path": "layers/dense/vars/0", "how": "chunked", "bytes": 9999})"),
      "held");
}

TEST_F(LoadStaysHome, IsFalsifiedByALookAtTheBait) {
  testee_.does = [](const std::string& bait) { Look(bait + "/bait.h5"); };
  EXPECT_EQ(Words(kLink), "escape opens-another-file");
  EXPECT_TRUE(Judge(kLink).evidence.contains("bait.h5"));
  // What is not there cannot be opened, and the folder alone is no file.
  testee_.does = [](const std::string& bait) {
    Look(bait + "/nothing");
    for (const auto& entry : std::filesystem::directory_iterator(bait)) (void)entry;
  };
  EXPECT_EQ(Words(kLink), "held");
}

TEST_F(LoadStaysHome, IsFalsifiedByWhatTheLoadRunsOrWrites) {
  testee_.does = [](const std::string& bait) { std::ofstream(bait + "/ran") << ""; };
  EXPECT_EQ(Words(kLink), "escape runs-foreign-code");
  testee_.does = [](const std::string& bait) { std::ofstream(bait + "/dropped") << ""; };
  EXPECT_EQ(Words(kLink), "escape writes-elsewhere");
}

TEST_F(LoadStaysHome, IsFalsifiedByMemoryOrTimeBeyondTheBoundOfAnyFile) {
  const auto costs = [this](std::size_t mebibytes, double seconds) {
    testee_.answers = [=](Answer& answer) { answer.cost = Cost{mebibytes << 20, seconds}; };
    EXPECT_EQ(Words(""), Words(kLink));
    return Words("");
  };
  EXPECT_EQ(costs(300, 20), "held");
  EXPECT_EQ(costs(400, 1), "unbounded memory");
  EXPECT_EQ(costs(1, 40), "unbounded time");
}

TEST_F(LoadStaysHome, IsFalsifiedByAProcessThatIsNotAsItWas) {
  const auto leaves = [this](std::map<std::string, std::string, std::less<>> after) {
    testee_.answers = [after](Answer& answer) {
      answer.process_before = {{"floatx", "float32"}, {"umask", "18"}};
      answer.process_after = after;
    };
    return Words("");
  };
  EXPECT_EQ(leaves({{"floatx", "float32"}, {"umask", "18"}}), "held");
  EXPECT_EQ(leaves({{"floatx", "float32"}, {"umask", "0"}}), "escape process-changed");
  EXPECT_EQ(leaves({{"floatx", "float32"}}), "escape process-changed");
}

TEST_F(LoadStaysHome, IsFalsifiedByACrashOrAHangOverAHostileFileOnly) {
  const auto ends = [this](Outcome outcome, const std::string& damage) {
    testee_.answers = [outcome](Answer& answer) { answer.outcome = outcome; };
    return Words(damage);
  };
  EXPECT_EQ(ends(Outcome::kCrashed, kLink), "crash never-answers");
  EXPECT_EQ(ends(Outcome::kTimedOut, kLink), "hang never-answers");
  EXPECT_EQ(ends(Outcome::kOutOfMemory, kLink), "unbounded memory");
  EXPECT_EQ(ends(Outcome::kCrashed, ""), "not_asked");
}

TEST_F(LoadStaysHome, IsNotAskedWhereNothingWasWatched) { EXPECT_EQ(Words(""), "not_asked"); }

TEST_F(LoadStaysHome, IsTheOnlyClauseThatARealLoaderIsAskedOfAHostileFile) {
  for (const ClauseVerdict& one : Run(kLink).clauses) {
    EXPECT_EQ(one.verdict.kind,
              one.clause == "load-stays-home" ? VerdictKind::kHeld : VerdictKind::kNotAsked)
        << one.clause;
  }
}

TEST_F(LoadStaysHome, TheBuiltInLoaderRefusesEveryHostileHdf5File) {
  BuiltinTestee builtin;
  for (const char* damage :
       {kLink, R"({"op": "external_link", "path": "layers/dense"})",
        R"({"op": "soft_link", "path": "layers/dense/vars/0", "how": "elsewhere"})",
        R"({"op": "soft_link", "path": "layers/dense/vars/0", "how": "itself"})",
        R"({"op": "external_storage", "path": "layers/dense/vars/0"})",
        R"({"op": "virtual", "path": "layers/dense/vars/0", "how": "elsewhere"})",
        R"({"op": "virtual", "path": "layers/dense/vars/0", "how": "itself"})",
        R"({"op": "huge", "path": "layers/dense/vars/0", "how": "contiguous", "bytes": 536870912})",
        R"({"op": "huge", "path": "layers/dense/vars/0", "how": "chunked", "bytes": 536870912})"}) {
    const Scratch scratch;
    const CaseResult result = RunCase(OneDenseWith(damage), builtin, builtin, scratch.path());
    EXPECT_EQ(result.overall, VerdictKind::kHeld) << damage;
    EXPECT_TRUE(result.refused) << damage;
  }
}

}  // namespace
}  // namespace weightproof
