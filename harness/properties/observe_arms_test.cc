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

}  // namespace
}  // namespace weightproof
