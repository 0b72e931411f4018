// Which edit of a file a loader is held to.
#include <gtest/gtest.h>

#include <filesystem>

#include "harness/campaign/forked.h"
#include "harness/case/json.h"
#include "harness/properties/run_case.h"
#include "harness/testee/builtin.h"

namespace weightproof {
namespace {

// Reads what ends where the file says that it ends, whatever lies behind, as the HDF5 library does;
// and makes no reports.
class OverlooksTail final : public Testee {
 public:
  OverlooksTail() {
    description_ = inner_.Describe();
    description_.makes_reports = false;
  }
  const Description& Describe() const override { return description_; }
  Answer Save(const SaveRequest& request) override { return inner_.Save(request); }
  Answer Load(const LoadRequest& request) override {
    const std::filesystem::path file =
        std::filesystem::path(request.build.directory) / request.path;
    std::filesystem::resize_file(file, std::filesystem::file_size(file) - tail);
    Answer answer = inner_.Load(request);
    if (answer.outcome != Outcome::kOk || wrong == 0) return answer;
    answer.variables[0].tensor.values<float>()[0] += wrong;
    return answer;
  }
  Answer Assign(const AssignRequest& request) override { return inner_.Assign(request); }

  std::size_t tail = 0;
  float wrong = 0;

 private:
  BuiltinTestee inner_;
  Description description_;
};

class OneEditOverlooked : public ::testing::Test {
 protected:
  VerdictKind Judge(const std::string& damage) {
    const Result<Case> c = CaseFromJson(
        R"({"schema": 1, "architecture": {"dialect": "keras3", "input_shape": [2],
            "layers": [{"class": "Dense", "config": {"units": 1}}]},
            "writer": {"build": [{"op": "assemble", "how": "list"}]},
            "reader": {"build": [{"op": "assemble", "how": "list"}]},
            "route": {"format": "weights_h5", "path": {"text": "m.weights.h5"}},
            "damage": [)" +
        damage + "]}");
    EXPECT_TRUE(c) << c.error().Text();
    const Scratch scratch;
    return RunClause(*c, testee_, testee_, scratch.path(), "loud-or-right").kind;
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

TEST_F(OneEditOverlooked, ATailAloneChangesNothing) {
  testee_.tail = 1;
  EXPECT_NE(Judge(kAppend), VerdictKind::kFalsified);
}

}  // namespace
}  // namespace weightproof
