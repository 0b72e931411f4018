#include "harness/properties/case_json.h"

#include <gtest/gtest.h>

#include "harness/case/generate.h"

namespace weightproof {
namespace {

std::string Drawn(std::uint64_t index) {
  SeededChoices choices(5, index);
  return CaseToJson(Generate(choices));
}

TEST(CaseJson, HoldsForDrawnCases) {
  for (std::uint64_t index = 0; index < 40; ++index) {
    const CaseJsonResult result = CheckCaseJson(Drawn(index));
    EXPECT_TRUE(result.accepted) << Drawn(index);
    EXPECT_EQ(result.verdict.kind, VerdictKind::kHeld) << result.verdict.evidence;
  }
}

TEST(CaseJson, HoldsForRefusals) {
  for (const char* text : {"", "{", "[]", "{}", R"({"schema": 1})", R"({"schema": 2})"}) {
    const CaseJsonResult result = CheckCaseJson(text);
    EXPECT_FALSE(result.accepted) << text;
    EXPECT_EQ(result.verdict.kind, VerdictKind::kHeld) << text << result.verdict.evidence;
  }
}

TEST(CaseJson, HoldsForCasesThatAreReadAndNotValid) {
  Case c = *CaseFromJson(Drawn(0));
  c.reader.build.clear();
  const CaseJsonResult result = CheckCaseJson(CaseToJson(c));
  EXPECT_TRUE(result.accepted);
  EXPECT_EQ(result.verdict.kind, VerdictKind::kHeld) << result.verdict.evidence;
}

std::string CauseWith(const CaseCodec& codec) {
  const CaseJsonResult result = CheckCaseJson(Drawn(0), codec);
  EXPECT_EQ(result.verdict.kind, VerdictKind::kFalsified);
  EXPECT_FALSE(result.verdict.evidence.empty());
  return result.verdict.cause;
}

TEST(CaseJson, IsFalsifiedByAWriterThatLosesTheSeed) {
  CaseCodec codec;
  codec.write = [](const Case& c) {
    Case other = c;
    other.weights.seed = 0;
    return CaseToJson(other);
  };
  EXPECT_EQ(CauseWith(codec), "reads-back-different");
}

TEST(CaseJson, IsFalsifiedByTextThatCannotBeReadBack) {
  CaseCodec codec;
  codec.write = [](const Case&) { return std::string("{"); };
  EXPECT_EQ(CauseWith(codec), "written-is-refused");
}

TEST(CaseJson, IsFalsifiedByARefusalOfAnotherKind) {
  CaseCodec codec;
  codec.read = [](std::string_view) -> Result<Case> {
    return Fail(ErrorKind::kShapeMismatch, "case", "wrong", "do it right");
  };
  EXPECT_EQ(CauseWith(codec), "refusal-of-another-kind");
}

}  // namespace
}  // namespace weightproof
