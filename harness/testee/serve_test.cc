#include "harness/testee/serve.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "harness/testee/answer_bytes.h"
#include "harness/testee/wire.h"

namespace weightproof {
namespace {

class ServedBuiltin : public ::testing::Test {
 protected:
  ServedBuiltin() : testee_(*MakeTestee("builtin")) {
    std::string folder = (std::filesystem::temp_directory_path() / "serve_test_XXXXXX").string();
    folder_ = mkdtemp(folder.data());
    LayerSpec dense;
    dense.class_name = "Dense";
    dense.config["units"] = std::int64_t{2};
    architecture_.input_shape = {2};
    architecture_.layers = {dense};
    for (const float first : {1.0F, 7.0F}) {
      Tensor kernel(DType::kFloat32, {2, 2}), bias(DType::kFloat32, {2});
      float next = first;
      for (float& x : kernel.values<float>()) x = next += 0.5F;
      for (float& x : bias.values<float>()) x = next += 0.25F;
      (first < 7 ? weights_ : others_) = {{"0/kernel", kernel}, {"0/bias", bias}};
    }
    for (float& x : inputs_.values<float>()) x = 0.5F;
  }
  ~ServedBuiltin() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  BuildRequest Plays() {
    BuildRequest request;
    request.program = {&architecture_, &build_};
    request.directory = folder_;
    return request;
  }
  SaveRequest SaveTo(const std::string& path) {
    SaveRequest request;
    request.build = Plays();
    request.weights = &weights_;
    request.format = RouteFormat::kWeightsH5;
    request.path = path;
    request.inputs = &inputs_;
    return request;
  }
  LoadRequest LoadFrom(const std::string& path) {
    LoadRequest request;
    request.build = Plays();
    request.initial = &others_;
    request.format = RouteFormat::kWeightsH5;
    request.path = path;
    request.inputs = &inputs_;
    return request;
  }
  // The answer that comes back over the wire.
  Answer Asked(const std::string& line, std::uint64_t id) {
    const std::optional<std::string> answer = AnswerRequest(*testee_, line);
    EXPECT_TRUE(answer.has_value());
    EXPECT_EQ(answer->find('\n'), std::string::npos);
    auto read = AnswerFromLine(*answer, id);
    EXPECT_TRUE(read.has_value()) << read.error().Text() << "\n" << *answer;
    return read ? *std::move(read) : Answer();
  }

  std::unique_ptr<Testee> testee_;
  std::string folder_;
  ArchitectureSpec architecture_;
  const Build build_ = {Step{}};
  std::vector<NamedTensor> weights_, others_;
  Tensor inputs_{DType::kFloat32, {1, 2}};
};

TEST_F(ServedBuiltin, AnswersOverTheWireWhatItAnswersDirectly) {
  const std::string path = folder_ + "/m.weights.h5";
  const SaveRequest save = SaveTo(path);
  EXPECT_EQ(AnswerToBytes(Asked(SaveLine(save, 1), 1)), AnswerToBytes(testee_->Save(save)));
  LoadRequest load = LoadFrom(path);
  load.resave_path = folder_ + "/again.weights.h5";
  const Answer loaded = Asked(LoadLine(load, 2), 2);
  EXPECT_EQ(AnswerToBytes(loaded), AnswerToBytes(testee_->Load(load)));
  ASSERT_TRUE(loaded.account.has_value());
  EXPECT_EQ(loaded.account->sources.size(), 2u);
  EXPECT_EQ(loaded.resave, Outcome::kOk);
  const AssignRequest assign{Plays(), &weights_, &inputs_, nullptr};
  EXPECT_EQ(AnswerToBytes(Asked(AssignLine(assign, 3), 3)), AnswerToBytes(testee_->Assign(assign)));
  const LoadRequest absent = LoadFrom(folder_ + "/absent.weights.h5");
  const Answer refused = Asked(LoadLine(absent, 4), 4);
  EXPECT_EQ(refused.outcome, Outcome::kRefused);
  EXPECT_FALSE(refused.error_remedy.empty());
  EXPECT_EQ(AnswerToBytes(refused), AnswerToBytes(testee_->Load(absent)));
}

TEST_F(ServedBuiltin, DescribesItselfWhole) {
  const auto read = DescriptionFromLine(*AnswerRequest(*testee_, DescribeLine(8)), 8);
  ASSERT_TRUE(read.has_value()) << read.error().Text();
  const Description& mine = testee_->Describe();
  EXPECT_EQ(read->name, mine.name);
  EXPECT_EQ(read->promises, mine.promises);
  EXPECT_EQ(read->load_options, mine.load_options);
  EXPECT_EQ(read->dtypes, std::vector<std::string>{"float32"});
  EXPECT_TRUE(read->makes_reports && read->errors_help_is_clause);
  EXPECT_EQ(read->space.formats, mine.space.formats);
  EXPECT_GT(read->space.layers.size(), 20u);
}

TEST_F(ServedBuiltin, CountsNamesOnInTheSessionOfARequest) {
  // With a stray before it the layer is dense_1: by name it does not find the file's dense.
  const std::string path = folder_ + "/m.h5";
  SaveRequest save = SaveTo(path);
  save.format = RouteFormat::kLegacyH5;
  ASSERT_EQ(Asked(SaveLine(save, 1), 1).outcome, Outcome::kOk);
  LoadRequest load = LoadFrom(path);
  load.format = RouteFormat::kLegacyH5;
  load.by_name = true;
  EXPECT_EQ(Asked(LoadLine(load, 2), 2).outcome, Outcome::kOk);
  load.build.session.models_before = 1;
  EXPECT_EQ(Asked(LoadLine(load, 3), 3).outcome, Outcome::kRefused);
  load.build.session.models_before = 0;
  load.build.before = {load.build.program};
  EXPECT_EQ(Asked(LoadLine(load, 4), 4).outcome, Outcome::kRefused);
}

TEST_F(ServedBuiltin, AnswersWhatIsNoRequest) {
  const auto outcome = [&](const std::string& line) {
    const auto answer = nlohmann::json::parse(*AnswerRequest(*testee_, line), nullptr, false);
    return answer.value("outcome", "");
  };
  EXPECT_EQ(outcome("nonsense"), "worker_error");
  EXPECT_EQ(outcome("[]"), "worker_error");
  EXPECT_EQ(outcome("{}"), "unsupported");
  EXPECT_EQ(outcome(R"({"protocol": 2, "id": 1, "op": "describe"})"), "unsupported");
  EXPECT_EQ(outcome(R"({"protocol": 1, "id": 1, "op": "fly"})"), "unsupported");
  EXPECT_EQ(outcome(R"({"protocol": 1, "id": 1, "op": "describe", "loud": true})"), "unsupported");
  EXPECT_EQ(outcome(R"({"protocol": 1, "id": 1, "op": "assign"})"), "worker_error");
  const AssignRequest assign{Plays(), &weights_, &inputs_, nullptr};
  auto request = nlohmann::json::parse(AssignLine(assign, 3));
  request["build"]["program"]["architecture"]["layers"][0]["class"] = "NoSuchLayer";
  EXPECT_EQ(outcome(request.dump()), "unsupported");
  request = nlohmann::json::parse(AssignLine(assign, 3));
  request["build"]["program"]["build"][0]["op"] = "paint";
  EXPECT_EQ(outcome(request.dump()), "unsupported");
  request = nlohmann::json::parse(AssignLine(assign, 3));
  request["weights"][0]["data"] = "AAAA";
  EXPECT_EQ(outcome(request.dump()), "worker_error");
  EXPECT_EQ(AnswerRequest(*testee_, R"({"protocol": 1, "op": "quit"})"), std::nullopt);
}

}  // namespace
}  // namespace weightproof
