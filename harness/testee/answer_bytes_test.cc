#include "harness/testee/answer_bytes.h"

#include <gtest/gtest.h>

namespace weightproof {
namespace {

Tensor Numbers(Shape shape, float first) {
  Tensor tensor(DType::kFloat32, std::move(shape));
  for (float& value : tensor.values<float>()) value = first++;
  return tensor;
}

Answer Full() {
  Answer answer;
  answer.outcome = Outcome::kRefused;
  answer.error_kind = "ShapeMismatch";
  answer.error_place = std::string("m\0.h5", 5);
  answer.error_message = "line\nline";
  answer.error_remedy = "none";
  answer.reports = {{"Renamed", "0/kernel", "text"}, {"", "", ""}};
  answer.variables = {{"0/kernel", Numbers({2, 3}, 1)}, {"0/bias", Numbers({}, 5)}};
  answer.variables_before = {{"0/kernel", Numbers({1}, 8)}};
  answer.prediction = Numbers({4}, 2);
  answer.prediction_before = Tensor(DType::kFloat16, {2});
  answer.account = Account{{{"0/kernel", "a/b"}}, {{"c", "weight"}}};
  answer.resave = Outcome::kCrashed;
  answer.resave_message = "why";
  answer.repeatable = false;
  return answer;
}

TEST(AnswerBytes, BringsEveryFieldBack) {
  const Answer sent = Full();
  const std::optional<Answer> got = AnswerFromBytes(AnswerToBytes(sent));
  ASSERT_TRUE(got);
  EXPECT_EQ(got->outcome, sent.outcome);
  EXPECT_EQ(got->error_kind, sent.error_kind);
  EXPECT_EQ(got->error_place, sent.error_place);
  EXPECT_EQ(got->error_message, sent.error_message);
  EXPECT_EQ(got->error_remedy, sent.error_remedy);
  ASSERT_EQ(got->reports.size(), 2u);
  EXPECT_EQ(got->reports[0].kind, "Renamed");
  EXPECT_EQ(got->reports[0].subject, "0/kernel");
  EXPECT_EQ(got->reports[0].text, "text");
  ASSERT_EQ(got->variables.size(), 2u);
  EXPECT_EQ(got->variables[0].id, "0/kernel");
  EXPECT_EQ(got->variables[0].tensor, sent.variables[0].tensor);
  EXPECT_EQ(got->variables[1].tensor, sent.variables[1].tensor);
  ASSERT_EQ(got->variables_before.size(), 1u);
  EXPECT_EQ(got->variables_before[0].tensor, sent.variables_before[0].tensor);
  EXPECT_EQ(got->prediction, sent.prediction);
  EXPECT_EQ(got->prediction_before, sent.prediction_before);
  ASSERT_TRUE(got->account);
  EXPECT_EQ(got->account->sources, sent.account->sources);
  EXPECT_EQ(got->account->unused, sent.account->unused);
  EXPECT_EQ(got->resave, sent.resave);
  EXPECT_EQ(got->resave_message, sent.resave_message);
  EXPECT_EQ(got->repeatable, sent.repeatable);
}

TEST(AnswerBytes, BringsAnEmptyAnswerBack) {
  const std::optional<Answer> got = AnswerFromBytes(AnswerToBytes({}));
  ASSERT_TRUE(got);
  EXPECT_EQ(got->outcome, Outcome::kOk);
  EXPECT_FALSE(got->account);
  EXPECT_FALSE(got->resave);
}

TEST(AnswerBytes, RefusesEveryPrefixAndAnythingAfterTheEnd) {
  const std::string bytes = AnswerToBytes(Full());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(AnswerFromBytes(bytes.substr(0, size))) << size << " of " << bytes.size();
  }
  EXPECT_FALSE(AnswerFromBytes(bytes + '\0'));
}

}  // namespace
}  // namespace weightproof
