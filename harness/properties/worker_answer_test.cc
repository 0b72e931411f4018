#include "harness/properties/worker_answer.h"

#include <gtest/gtest.h>

namespace weightproof {
namespace {

constexpr std::string_view kDescription = R"({"id": 1, "outcome": "ok", "protocol": 1, "name": "n",
  "version": "1", "backend": "b", "space": {"layers": ["Dense"], "formats": ["legacy_h5"],
  "dialects": ["keras3"], "modes": ["by_order"], "steps": ["assemble:list"]}})";
constexpr std::string_view kLoaded = R"({"id": 1, "outcome": "ok",
  "warnings": [{"kind": "warning", "text": "a word"}],
  "variables": [{"id": "0/bias", "dtype": "float32", "shape": [1], "data": "AACAPw=="}],
  "prediction": {"dtype": "float32", "shape": [1, 1], "data": "AAAAQA=="}, "repeatable": true})";
constexpr std::string_view kRefused =
    R"({"id": 1, "outcome": "refused", "kind": "ValueError", "message": "no"})";
constexpr std::string_view kRefusedWithoutAWord = R"({"id": 1, "outcome": "refused"})";

TEST(WorkerAnswer, HoldsForAnswersAndDescriptions) {
  for (const std::string_view line : {kDescription, kLoaded, kRefused, kRefusedWithoutAWord}) {
    const WorkerAnswerResult result = CheckWorkerAnswer(line);
    EXPECT_TRUE(result.accepted) << line;
    EXPECT_EQ(result.verdict.kind, VerdictKind::kHeld) << line << result.verdict.evidence;
  }
}

TEST(WorkerAnswer, HoldsForRefusedLines) {
  for (const char* line :
       {"", "{", "[]", "{}", R"({"id": 2, "outcome": "ok"})", R"({"id": 1, "outcome": "fine"})",
        R"({"id": 1, "outcome": "ok", "variables": [{"id": "a", "dtype": "float32",
            "shape": [1000000000000], "data": ""}]})",
        R"({"id": 1, "outcome": "ok", "prediction": {"dtype": "float32", "shape": [2],
            "data": "AAAAQA=="}})"}) {
    const WorkerAnswerResult result = CheckWorkerAnswer(line);
    EXPECT_FALSE(result.accepted) << line;
    EXPECT_EQ(result.verdict.kind, VerdictKind::kHeld) << line << result.verdict.evidence;
  }
}

std::string CauseWith(const AnswerCodec& codec, std::string_view line = kLoaded) {
  const WorkerAnswerResult result = CheckWorkerAnswer(line, codec);
  EXPECT_EQ(result.verdict.kind, VerdictKind::kFalsified);
  EXPECT_FALSE(result.verdict.evidence.empty());
  return result.verdict.cause;
}

TEST(WorkerAnswer, IsFalsifiedByAReaderThatTakesTooMuch) {
  AnswerCodec codec;
  codec.read = [](std::string_view line, std::uint64_t id) {
    Result<Answer> answer = AnswerFromLine(line, id);
    if (answer) answer->reports.resize(kAnswerReportsMax + 3);
    return answer;
  };
  EXPECT_EQ(CauseWith(codec), "over-a-limit");
}

TEST(WorkerAnswer, IsFalsifiedByAReaderThatLosesAVariable) {
  AnswerCodec codec;
  codec.read = [](std::string_view line, std::uint64_t id) {
    Result<Answer> answer = AnswerFromLine(line, id);
    if (answer && !answer->variables.empty()) answer->variables.pop_back();
    if (answer && answer->variables.empty()) answer->prediction = Tensor(DType::kFloat32, {2});
    return answer;
  };
  codec.write = [](const Answer& answer, std::uint64_t id) {
    static int calls = 0;
    Answer other = answer;
    other.error_message = std::to_string(++calls);
    if (!other.variables.empty()) other.variables.front().id += "x";
    other.outcome = Outcome::kRefused;
    other.error_kind = "x";
    return AnswerLine(other, id);
  };
  EXPECT_EQ(CauseWith(codec), "reads-back-different");
}

TEST(WorkerAnswer, IsFalsifiedByARefusalWithoutAPlace) {
  AnswerCodec codec;
  codec.read = [](std::string_view, std::uint64_t) -> Result<Answer> {
    return Fail(ErrorKind::kBadJson, "", "wrong", "do it right");
  };
  EXPECT_EQ(CauseWith(codec), "error-without-place");
}

TEST(WorkerAnswer, IsFalsifiedByAnAnswerThatCannotBeReadBack) {
  AnswerCodec codec;
  codec.write = [](const Answer&, std::uint64_t) { return std::string("{"); };
  EXPECT_EQ(CauseWith(codec), "written-is-refused");
}

}  // namespace
}  // namespace weightproof
