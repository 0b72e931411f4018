#include "harness/testee/wire.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "harness/case/json.h"

namespace weightproof {
namespace {

std::string Variable(const std::string& dtype, const std::string& shape, const std::string& data) {
  return R"({"id": "0/bias", "dtype": ")" + dtype + R"(", "shape": )" + shape + R"(, "data": ")" +
         data + "\"}";
}

std::string With(const std::string& fields) {
  return R"({"id": 5, "outcome": "ok")" + (fields.empty() ? "" : ", " + fields) + "}";
}

TEST(AnswerFromLine, ReadsEveryFieldOfTheProtocol) {
  const std::string one = Variable("float32", "[1]", "AACAPw==");
  const auto answer = AnswerFromLine(
      R"({"id": 5, "outcome": "refused", "kind": "ValueError", "message": "no", "repeatable": false,
          "warnings": [{"kind": "warning", "text": "careful"}], "variables": [)" +
          one + R"(], "variables_before": [)" + one +
          R"(], "prediction": {"dtype": "float32", "shape": [], "data": "AACAPw=="},
          "prediction_before": {"dtype": "int8", "shape": [0, 3], "data": ""},
          "resave": {"outcome": "refused", "message": "full"}})",
      5);
  ASSERT_TRUE(answer.has_value()) << answer.error().Text();
  EXPECT_EQ(answer->outcome, Outcome::kRefused);
  EXPECT_EQ(answer->error_kind, "ValueError");
  EXPECT_EQ(answer->error_message, "no");
  EXPECT_FALSE(answer->repeatable);
  ASSERT_EQ(answer->reports.size(), 1u);
  EXPECT_EQ(answer->reports[0].text, "careful");
  ASSERT_EQ(answer->variables.size(), 1u);
  EXPECT_EQ(answer->variables[0].id, "0/bias");
  EXPECT_EQ(answer->variables[0].tensor.values<float>()[0], 1.0F);
  EXPECT_EQ(answer->variables_before.size(), 1u);
  EXPECT_EQ(answer->prediction.size(), 1);
  EXPECT_EQ(answer->prediction_before.size(), 0);
  EXPECT_EQ(answer->resave, Outcome::kRefused);
  EXPECT_EQ(answer->resave_message, "full");
}

TEST(AnswerFromLine, RefusesAnAnswerToAnotherRequest) {
  EXPECT_TRUE(AnswerFromLine(With(""), 5).has_value());
  EXPECT_FALSE(AnswerFromLine(With(""), 6).has_value());
}

TEST(AnswerFromLine, RefusesLinesThatAreNoAnswer) {
  for (const std::string& line :
       {std::string(""), std::string("nonsense"), std::string("[]"), std::string("null"),
        std::string("{}"), std::string(R"({"id": 5})"), std::string(R"({"id": 5, "outcome": 1})"),
        std::string(R"({"id": 5, "outcome": "crashed"})"), With(R"("surprise": 1)"),
        With("\"id\": 5"), With(R"("repeatable": "yes")"), With(R"("warnings": "x")"),
        With(R"("warnings": [1])"), With(R"("variables": {})"), With(R"("resave": {})"),
        std::string(R"({"id": 5, "outcome": "unsupported"})"), std::string(100'000, '['),
        With("\"message\": \"\xff\"")}) {
    EXPECT_FALSE(AnswerFromLine(line, 5).has_value()) << line.substr(0, 100);
  }
}

TEST(AnswerFromLine, RefusesTensorsWhoseBytesDoNotFit) {
  const std::string good = Variable("float32", "[1]", "AACAPw==");
  EXPECT_TRUE(AnswerFromLine(With("\"variables\": [" + good + "]"), 5).has_value());
  for (const std::string& bad :
       {Variable("float32", "[2]", "AACAPw=="), Variable("float32", "[-1]", "AACAPw=="),
        Variable("float64", "[1]", "AACAPw=="), Variable("float99", "[1]", "AACAPw=="),
        Variable("float32", "[1]", "AACAP!=="), Variable("float32", "[1]", ""),
        Variable("float32", "[0]", "AACAPw=="), Variable("float32", "[1.5]", "AACAPw=="),
        Variable("float32", "[2147483648, 2147483648]", "AACAPw=="),
        Variable("float32", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]", "AACAPw=="),
        good + ", " + good}) {
    EXPECT_FALSE(AnswerFromLine(With("\"variables\": [" + bad + "]"), 5).has_value()) << bad;
  }
}

TEST(AnswerFromLine, CutsLongTextsAndManyReportsInsteadOfRefusing) {
  std::string warnings;
  for (int i = 0; i < 5'000; ++i) {
    warnings += std::string(i == 0 ? "" : ",") + R"({"kind": "log", "text": "x"})";
  }
  const auto answer =
      AnswerFromLine(R"({"id": 5, "outcome": "refused", "message": ")" + std::string(300'000, 'm') +
                         R"(", "warnings": [)" + warnings + "]}",
                     5);
  ASSERT_TRUE(answer.has_value()) << answer.error().Text();
  EXPECT_LT(answer->error_message.size(), kAnswerTextBytesMax + 100);
  EXPECT_EQ(answer->reports.size(), kAnswerReportsMax);
  EXPECT_EQ(answer->reports.back().kind, "cut");
}

TEST(AnswerFromLine, TakesWhatAModelIsLikeAsTexts) {
  const auto answer = AnswerFromLine(With(R"("state": {"trainable": "0/bias", "x": ""})"), 5);
  ASSERT_TRUE(answer.has_value()) << answer.error().Text();
  EXPECT_EQ(answer->state.at("trainable"), "0/bias");
  EXPECT_EQ(answer->state.at("x"), "");
  std::string many = R"("state": {)";
  for (int i = 0; i < 33; ++i) {
    many += (i == 0 ? "\"" : ", \"") + std::to_string(i) + R"(": "x")";
  }
  for (const std::string& bad :
       {std::string(R"("state": "x")"), std::string(R"("state": {"x": 1})"), many + "}"}) {
    EXPECT_FALSE(AnswerFromLine(With(bad), 5).has_value()) << bad;
  }
}

TEST(RequestLines, SayEverythingThatTheRequestSays) {
  ArchitectureSpec architecture;
  architecture.input_shape = {2};
  const Build build = {Step{}};
  const std::vector<NamedTensor> initial = {{"0/bias", Tensor(DType::kFloat32, {1})}};
  const Tensor inputs(DType::kFloat32, {1, 2});
  LoadRequest load;
  load.build.program = {&architecture, &build};
  load.build.before = {load.build.program};
  load.build.session.umask = 18;
  load.build.directory = "/a \"b\"";
  load.initial = &initial;
  load.inputs = &inputs;
  load.path = "/a/\xc3\xa4\n.h5";
  load.resave_path = "again";
  load.by_name = true;
  load.load_as = LoadAs::kModel;
  const std::string line = LoadLine(load, 9);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto value = ParseJson(line, "line");
  ASSERT_TRUE(value.has_value());
  EXPECT_EQ((*value)["id"], 9);
  EXPECT_EQ((*value)["op"], "load");
  EXPECT_EQ((*value)["path"], load.path);
  EXPECT_EQ((*value)["resave_path"], "again");
  EXPECT_EQ((*value)["load_as"], "model");
  EXPECT_EQ((*value)["by_name"], true);
  EXPECT_EQ((*value)["initial"][0]["data"], "AAAAAA==");
  EXPECT_EQ((*value)["inputs"]["shape"], nlohmann::json({1, 2}));
  EXPECT_EQ((*value)["build"]["before"].size(), 1u);
  EXPECT_EQ((*value)["build"]["session"]["umask"], 18);
  EXPECT_EQ((*value)["build"]["directory"], load.build.directory);
}

TEST(DescriptionFromLine, RefusesAnotherProtocol) {
  const std::string space =
      R"("space": {"layers": [], "formats": [], "dialects": [], "modes": [], "steps": []})";
  const std::string head = R"({"id": 1, "outcome": "ok", "name": "x", "version": "1",)"
                           R"( "backend": "b", "protocol": )";
  EXPECT_TRUE(DescriptionFromLine(head + "1, " + space + "}", 1).has_value());
  EXPECT_FALSE(DescriptionFromLine(head + "2, " + space + "}", 1).has_value());
  EXPECT_FALSE(DescriptionFromLine(head + "1}", 1).has_value());
}

}  // namespace
}  // namespace weightproof
