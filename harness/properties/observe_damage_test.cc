// Which edit of a file a loader is held to.
#include <gtest/gtest.h>

#include <filesystem>

#include "harness/campaign/forked.h"
#include "harness/properties/altered_for_test.h"
#include "harness/properties/run_case.h"

namespace weightproof {
namespace {

// Reads what ends where the file says that it ends, whatever lies behind, as the HDF5 library does;
// and makes no reports.
class OverlooksTail final : public AlteredBuiltin {
 public:
  Answer Load(const LoadRequest& request) override {
    const std::filesystem::path file =
        std::filesystem::path(request.build.directory) / request.path;
    std::filesystem::resize_file(file, std::filesystem::file_size(file) - tail);
    Answer answer = AlteredBuiltin::Load(request);
    if (answer.outcome != Outcome::kOk || wrong == 0) return answer;
    answer.variables[0].tensor.values<float>()[0] += wrong;
    if (!says.empty()) answer.reports.push_back({"warning", "", says});
    return answer;
  }

  std::size_t tail = 0;
  float wrong = 0;
  std::string says;
};

class OneEditOverlooked : public ::testing::Test {
 protected:
  VerdictKind Judge(const std::string& damage) {
    const Scratch scratch;
    return RunClause(OneDenseWith(damage), testee_, testee_, scratch.path(), "loud-or-right").kind;
  }

  OverlooksTail testee_;
};

constexpr const char* kFlip =
    R"({"op": "flip", "path": "layers/dense/vars/0", "at": 0, "mask": 1})";
constexpr const char* kAppend = R"({"op": "append", "bytes": 1})";

TEST_F(OneEditOverlooked, ATailMakesNoErrorOfValuesThatAnotherEditChanged) {
  EXPECT_EQ(Judge(kFlip), VerdictKind::kHeld);
  testee_.tail = 1;
  EXPECT_EQ(Judge(std::string(kFlip) + ", " + kAppend), VerdictKind::kHeld);
}

TEST_F(OneEditOverlooked, OtherValuesThanTheFileSaysAreAnErrorAllTheSame) {
  testee_.tail = 1;
  testee_.wrong = 1;
  EXPECT_EQ(Judge(std::string(kFlip) + ", " + kAppend), VerdictKind::kFalsified);
  EXPECT_EQ(Judge(kAppend), VerdictKind::kFalsified);
}

TEST_F(OneEditOverlooked, ALoaderThatWarnsOfALayerHasSaidThatTheFileIsDamaged) {
  testee_.tail = 1;
  testee_.wrong = 1;
  testee_.says = "UserWarning: <Dense name=dense, built=True> could not be loaded";
  EXPECT_EQ(Judge(kAppend), VerdictKind::kHeld);
  testee_.says = "UserWarning: this release is old";
  EXPECT_EQ(Judge(kAppend), VerdictKind::kFalsified);
}

TEST_F(OneEditOverlooked, ATailAloneChangesNothing) {
  testee_.tail = 1;
  EXPECT_NE(Judge(kAppend), VerdictKind::kFalsified);
}

}  // namespace
}  // namespace weightproof
