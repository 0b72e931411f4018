#include <gtest/gtest.h>

#include "harness/campaign/forked.h"
#include "harness/properties/altered_for_test.h"
#include "harness/properties/run_case.h"

namespace weightproof {
namespace {

// The built-in library, whose loads end as a test tells.
class Ends final : public AlteredBuiltin {
 public:
  Answer Load(const LoadRequest& request) override {
    ++loads;
    Answer answer = AlteredBuiltin::Load(request);
    answer.outcome = outcome;
    return answer;
  }

  Outcome outcome = Outcome::kOk;
  int loads = 0;
};

int LoadsWhere(Outcome outcome) {
  Ends testee;
  testee.outcome = outcome;
  Case c = OneDenseWith("");
  c.route.path.text = "two words.weights.h5";
  c.reader.session.load_twice = true;
  const Scratch scratch;
  (void)RunCase(c, testee, testee, scratch.path());
  return testee.loads;
}

// Each would be waited for a minute, or cost a process.
TEST(ExtraArms, AreNotPlayedWhereTheLoadEndedTheLoader) {
  EXPECT_GE(LoadsWhere(Outcome::kOk), 3);
  EXPECT_EQ(LoadsWhere(Outcome::kTimedOut), 1);
  EXPECT_EQ(LoadsWhere(Outcome::kCrashed), 1);
  EXPECT_EQ(LoadsWhere(Outcome::kOutOfMemory), 1);
}

CaseResult SavedWithTheName(const std::string& name) {
  AlteredBuiltin testee;
  Case c = OneDenseWith("");
  c.route.format = RouteFormat::kLegacyH5;
  c.route.path.text = "m.h5";
  Step step;
  step.op = StepOp::kName;
  step.name = name;
  c.writer.build.insert(c.writer.build.begin(), step);
  c.reader.build.insert(c.reader.build.begin(), step);
  const Scratch scratch;
  return RunCase(c, testee, testee, scratch.path());
}

// Keras 3.15.1 does not save such models either.
TEST(Saving, IsRefusedRightlyWhereLegacyH5CannotHoldAName) {
  EXPECT_EQ(SavedWithTheName("backbone").overall, VerdictKind::kHeld);
  for (const std::string& name :
       {std::string("top_level_model_weights"), std::string("."), std::string(64'600, 'a')}) {
    const CaseResult result = SavedWithTheName(name);
    EXPECT_TRUE(result.refused) << name.substr(0, 30);
    EXPECT_NE(result.overall, VerdictKind::kFalsified) << name.substr(0, 30);
  }
}

// A loader of its own, whose name for the one layer is the case's.
class Names final : public AlteredBuiltin {
 public:
  Answer Load(const LoadRequest& request) override {
    if (name.empty()) name = request.build.plan->model.layers.back().name;
    return AlteredBuiltin::Load(request);
  }

  std::string name;
};

// Keras 3.15.1 warns of "dense_2" when the second model cannot take its weights.
TEST(LoadTwice, CountsNamesOnWithTheFirstOfItsTwoModels) {
  const Scratch scratch;
  for (const bool twice : {false, true}) {
    Names testee;
    Case c = OneDenseWith("");
    c.reader.session.load_twice = twice;
    (void)RunCase(c, testee, testee, scratch.path());
    EXPECT_EQ(testee.name, twice ? "dense_2" : "dense_1");
  }
}

// Counts the saves of what was saved already.
class CountsAgain final : public AlteredBuiltin {
 public:
  Answer Save(const SaveRequest& request) override {
    again += request.path.contains("/again-") ? 1 : 0;
    return AlteredBuiltin::Save(request);
  }

  int again = 0;
};

TEST(SavingAgain, IsAskedOfSomeMembersOfAFamily) {
  const Scratch scratch;
  CountsAgain testee;
  constexpr int kMembers = 60;  // one seed, another path to load from each
  for (int i = 0; i < kMembers; ++i) {
    Case c = OneDenseWith("");
    c.route.load_path = PathSpec{.text = "copy" + std::to_string(i) + ".weights.h5"};
    (void)RunCase(c, testee, testee, scratch.path());
  }
  EXPECT_GT(testee.again, 0);
  EXPECT_LT(testee.again, kMembers / 2);
}

}  // namespace
}  // namespace weightproof
