// The worker with real Keras behind it. Registered only when CMake is given the interpreters.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>

#include "harness/testee/worker_testee.h"
#include "model/checkpoint/hdf5.h"

namespace weightproof {
namespace {

using Clock = std::chrono::steady_clock;

struct Library {
  const char* name;
  const char* python;
  Dialect dialect;
};

std::vector<Library> Libraries() {
  std::vector<Library> all;
#ifdef WEIGHTPROOF_KERAS_PYTHON
  all.push_back({"keras", WEIGHTPROOF_KERAS_PYTHON, Dialect::kKeras3});
#endif
#ifdef WEIGHTPROOF_TF_KERAS_PYTHON
  all.push_back({"tf_keras", WEIGHTPROOF_TF_KERAS_PYTHON, Dialect::kTfKeras});
#endif
  return all;
}

Tensor Filled(Shape shape, float first) {
  Tensor tensor(DType::kFloat32, std::move(shape));
  for (float& value : tensor.values<float>()) {
    value = first;
    first += 0.0625F;
  }
  return tensor;
}

Step Assemble(AssembleHow how) {
  Step step;
  step.how = how;
  return step;
}

class RealKeras : public ::testing::TestWithParam<Library> {
 protected:
  void SetUp() override {
    const Library& library = GetParam();
    auto made = WorkerTestee::Create(
        {library.python, WEIGHTPROOF_SOURCE_DIR "/harness/workers/keras_worker.py", "--library",
         library.name},
        {});
    ASSERT_TRUE(made.has_value()) << made.error().Text();
    testee_ = *std::move(made);
    std::string folder = (std::filesystem::temp_directory_path() / "keras_check_XXXXXX").string();
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    folder_ = folder;
    architecture_.dialect = library.dialect;
    architecture_.input_shape = {2};
    for (int i = 0; i < 2; ++i) {
      LayerSpec dense;
      dense.class_name = "Dense";
      dense.config["units"] = std::int64_t{2};
      architecture_.layers.push_back(dense);
    }
    for (const float seed : {0.0F, 7.0F}) {
      std::vector<NamedTensor>& weights = seed == 0.0F ? weights_ : others_;
      weights = {{"0/kernel", Filled({2, 2}, seed)},
                 {"0/bias", Filled({2}, seed + 1)},
                 {"1/kernel", Filled({2, 2}, seed + 2)},
                 {"1/bias", Filled({2}, seed + 3)}};
    }
  }
  void TearDown() override {
    testee_.reset();
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
  }

  BuildRequest Plays(const Build& build) {
    BuildRequest request;
    request.program = {&architecture_, &build};
    request.directory = folder_;
    return request;
  }
  Answer Save(const Build& build, RouteFormat format, const std::string& path) {
    SaveRequest request;
    request.build = Plays(build);
    request.weights = &weights_;
    request.format = format;
    request.dialect = architecture_.dialect;
    request.path = path;
    request.inputs = &inputs_;
    return testee_->Save(request);
  }
  LoadRequest LoadOf(const Build& build, RouteFormat format, const std::string& path) {
    LoadRequest request;
    request.build = Plays(build);
    request.initial = &others_;
    request.format = format;
    request.path = path;
    request.inputs = &inputs_;
    return request;
  }

  std::unique_ptr<WorkerTestee> testee_;
  std::string folder_;
  ArchitectureSpec architecture_;
  std::vector<NamedTensor> weights_, others_;
  Tensor inputs_ = Filled({3, 2}, -0.5F);
  const Build list_ = {Assemble(AssembleHow::kList)};
  const Build functional_ = {Assemble(AssembleHow::kFunctional)};
};

bool SameValues(const std::vector<NamedTensor>& a, const std::vector<NamedTensor>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.id == y.id && x.tensor == y.tensor;
  });
}

TEST_P(RealKeras, BringsWeightsBackInEveryFormatItWrites) {
  const bool tf = GetParam().dialect == Dialect::kTfKeras;
  std::vector<std::pair<RouteFormat, const char*>> formats = {
      {RouteFormat::kLegacyH5Model, "m.h5"},
      {RouteFormat::kWeightsH5, "m.weights.h5"},
      {RouteFormat::kKerasArchive, "m.keras"}};
  if (tf) formats.push_back({RouteFormat::kLegacyH5, "w.h5"});
  for (const auto& [format, name] : formats) {
    const std::string path = folder_ + "/" + name;
    const Answer saved = Save(list_, format, path);
    ASSERT_EQ(saved.outcome, Outcome::kOk) << name << saved.error_message;
    LoadRequest request = LoadOf(functional_, format, path);
    request.resave_path = folder_ + "/again_" + name;
    const Answer loaded = testee_->Load(request);
    ASSERT_EQ(loaded.outcome, Outcome::kOk) << name << loaded.error_message;
    EXPECT_TRUE(SameValues(loaded.variables, weights_)) << name;
    EXPECT_TRUE(SameValues(loaded.variables_before, others_)) << name;
    EXPECT_TRUE(loaded.repeatable);
    EXPECT_FALSE(loaded.prediction == loaded.prediction_before);
    EXPECT_EQ(loaded.resave, Outcome::kOk) << loaded.resave_message;
    AssignRequest control;
    control.build = Plays(functional_);
    control.weights = &weights_;
    control.inputs = &inputs_;
    EXPECT_TRUE(testee_->Assign(control).prediction == loaded.prediction) << name;
  }
}

Result<Group> TreeOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  return ReadHdf5(std::as_bytes(std::span(bytes)), path);
}

// A compiled model has no state of its optimizer before it is trained. To tell the state after a
// load the worker builds it; what is saved again must be the model as it was loaded.
TEST_P(RealKeras, SavesAgainWhatItLoadedAndNotWhatWasAskedOfItSince) {
  Step compile;
  compile.op = StepOp::kCompile;
  compile.class_name = "Adam";
  compile.key = "mean_squared_error";
  const Build build = {Assemble(AssembleHow::kFunctional), compile};
  const std::string path = folder_ + "/m.weights.h5";
  const Answer saved = Save(build, RouteFormat::kWeightsH5, path);
  ASSERT_EQ(saved.outcome, Outcome::kOk) << saved.error_message;
  for (const bool reuse : {false, true, true}) {
    LoadRequest request = LoadOf(build, RouteFormat::kWeightsH5, path);
    request.build.reuse = reuse;
    request.resave_path = folder_ + "/again.weights.h5";
    const Answer loaded = testee_->Load(request);
    ASSERT_EQ(loaded.resave, Outcome::kOk) << loaded.error_message << loaded.resave_message;
    const Result<Group> first = TreeOf(path);
    const Result<Group> second = TreeOf(request.resave_path);
    ASSERT_TRUE(first && second);
    EXPECT_EQ(FirstDifference(*first, *second), "");
  }
}

TEST_P(RealKeras, RefusesAMissingFileWithItsOwnException) {
  const Answer answer =
      testee_->Load(LoadOf(list_, RouteFormat::kWeightsH5, folder_ + "/none.weights.h5"));
  EXPECT_EQ(answer.outcome, Outcome::kRefused);
  EXPECT_FALSE(answer.error_kind.empty());
  EXPECT_TRUE(SameValues(answer.variables, others_));
}

TEST_P(RealKeras, NeverAsksOnTheTerminalWhenTheFileExists) {
  const std::string path = folder_ + "/m.weights.h5";
  ASSERT_EQ(Save(list_, RouteFormat::kWeightsH5, path).outcome, Outcome::kOk);
  SaveRequest request;
  request.build = Plays(list_);
  request.weights = &weights_;
  request.format = RouteFormat::kWeightsH5;
  request.dialect = architecture_.dialect;
  request.path = path;
  request.overwrite = false;
  request.inputs = &inputs_;
  const Answer answer = testee_->Save(request);
  EXPECT_EQ(answer.outcome, Outcome::kRefused);
  EXPECT_EQ(answer.error_kind, "EOFError");
}

TEST_P(RealKeras, SaysWhatTheLibraryWarnsOfEachTime) {
  // tf_keras skips only by name, and only in the legacy format.
  const bool tf = GetParam().dialect == Dialect::kTfKeras;
  const RouteFormat format = tf ? RouteFormat::kLegacyH5 : RouteFormat::kWeightsH5;
  const std::string path = folder_ + (tf ? "/m.h5" : "/m.weights.h5");
  ASSERT_EQ(Save(list_, format, path).outcome, Outcome::kOk);
  Step set;
  set.op = StepOp::kSet;
  set.layer = 1;
  set.key = "units";
  set.value = std::int64_t{5};
  const Build wider = {set, Assemble(AssembleHow::kList)};
  others_[2].tensor = Filled({2, 5}, 1);
  others_[3].tensor = Filled({5}, 2);
  LoadRequest request = LoadOf(wider, format, path);
  request.by_name = tf;
  request.skip_mismatch = true;
  for (int i = 0; i < 2; ++i) {
    const Answer answer = testee_->Load(request);
    ASSERT_EQ(answer.outcome, Outcome::kOk) << answer.error_message;
    ASSERT_FALSE(answer.reports.empty()) << "load " << i;
    EXPECT_NE(answer.reports[0].text.find("dense_1"), std::string::npos);
  }
}

TEST_P(RealKeras, IsQuickEnoughForACampaign) {
  const std::string path = folder_ + "/m.weights.h5";
  std::vector<double> times_ms;
  for (int i = 0; i < 15; ++i) {
    const Clock::time_point start = Clock::now();
    Save(list_, RouteFormat::kWeightsH5, path);
    testee_->Load(LoadOf(list_, RouteFormat::kWeightsH5, path));
    AssignRequest control;
    control.build = Plays(list_);
    control.weights = &weights_;
    control.inputs = &inputs_;
    testee_->Assign(control);
    times_ms.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
  }
  std::sort(times_ms.begin(), times_ms.end());
  std::printf("%s: save, load and assign take %.1f ms (median of 15)\n", GetParam().name,
              times_ms[7]);
  EXPECT_LT(times_ms[7], 2'000) << "far from the 60 ms of an idle machine";
}

INSTANTIATE_TEST_SUITE_P(Installed, RealKeras, ::testing::ValuesIn(Libraries()),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace weightproof
