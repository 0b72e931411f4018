#include "harness/properties/observation.h"

#include <gtest/gtest.h>

#include "harness/oracle/weights.h"
#include "harness/properties/clauses.h"

namespace weightproof {
namespace {

LayerSpec SomeLayer(const char* class_name, Config config) {
  LayerSpec layer;
  layer.class_name = class_name;
  layer.config = std::move(config);
  return layer;
}

// A load into two LSTMs and a Dense, nothing of which arrived.
class Cells : public ::testing::Test {
 protected:
  void SetUp() override {
    ArchitectureSpec architecture;
    architecture.input_shape = {4, 3};
    const Config sequences = {{"units", std::int64_t{2}}, {"return_sequences", true}};
    architecture.layers = {SomeLayer("LSTM", sequences), SomeLayer("LSTM", sequences),
                           SomeLayer("Dense", {{"units", std::int64_t{1}}})};
    const Result<ModelPlan> plan = PlanSequential(architecture);
    ASSERT_TRUE(plan);
    o_.reader = &description_;
    o_.reader_plan = *plan;
    o_.saved = MakeWeights(*plan, {1, Profile::kPlain});
    o_.initial = o_.load.variables = MakeWeights(*plan, {2, Profile::kPlain});
  }

  void Say(const std::string& listed) {
    ReportLine line;
    line.kind = "warning";
    line.text =
        "UserWarning: A total of 1 objects could not be loaded. Example error message for object "
        "<LSTMCell name=lstm_cell, built=True>:\n\nLayer 'lstm_cell' expected 3 variables\n\nList "
        "of objects that could not be loaded:\n[" +
        listed + "]";
    o_.load.reports = {line};
  }
  void Arrives(const std::string& layer) {
    for (std::size_t i = 0; i < o_.saved.size(); ++i) {
      if (o_.saved[i].id.starts_with(layer)) o_.load.variables[i] = o_.saved[i];
    }
  }

  const std::string one_ = "<LSTMCell name=lstm_cell, built=True>";
  Description description_;
  Observation o_;
};

TEST_F(Cells, TellOfTheLayersThatTheyBelongTo) {
  Arrives("1/");
  Arrives("2/");
  Say(one_);
  EXPECT_TRUE(Reported(o_, {"0/kernel"}));
  EXPECT_TRUE(SpokeOfLayers(o_));
  Say("<GRUCell name=gru_cell, built=True>");
  EXPECT_FALSE(Reported(o_, {"0/kernel"}));
  EXPECT_FALSE(SpokeOfLayers(o_));
}

TEST_F(Cells, TellOfNoMoreLayersThanAreListed) {
  Say(one_);
  EXPECT_FALSE(Reported(o_, {"0/kernel"}));
  EXPECT_FALSE(Reported(o_, {"1/bias"}));
  Say(one_ + ", " + one_);
  EXPECT_TRUE(Reported(o_, {"0/kernel"}));
  EXPECT_TRUE(Reported(o_, {"1/bias"}));
  EXPECT_FALSE(Reported(o_, {"2/kernel"}));
}

TEST_F(Cells, TellNothingThatTheCleanLoadSaysToo) {
  Say(one_ + ", " + one_);
  o_.clean_load = o_.load;
  EXPECT_FALSE(Reported(o_, {"0/kernel"}));
}

TEST_F(Cells, OfADamagedFileMayBeMissingWhatTheLoadTellsOf) {
  Case c;
  o_.c = &c;
  o_.writer = &description_;
  o_.writer_plan = o_.reader_plan;
  o_.content_damaged = true;
  o_.file_refused = "the checksum of a chunk is wrong";
  o_.load.prediction = Tensor(DType::kFloat32, {1});
  o_.control.prediction = Tensor(DType::kFloat32, {1});
  o_.control.prediction.values<float>()[0] = 1.0f;
  Arrives("0/");
  Arrives("1/");
  EXPECT_EQ(CheckLoudOrRight(o_).cause, "damaged-file-accepted");
  // The same where it spared every value, and names alone contradict.
  o_.truth.emplace();
  for (const NamedTensor& one : o_.load.variables)
    o_.truth->values.emplace_back(one.id, one.tensor);
  o_.truth->owed.push_back({"class", {"dense", "lstm"}});
  o_.control.prediction = o_.load.prediction;
  EXPECT_EQ(CheckLoudOrRight(o_).kind, VerdictKind::kUndecided);
  o_.truth.reset();
  o_.control.prediction.values<float>()[0] = 1.0f;
  Say("<Dense name=dense, built=True>");
  EXPECT_EQ(CheckLoudOrRight(o_).kind, VerdictKind::kHeld);
}

TEST_F(Cells, WithoutADecodedFileKeepWhatHasAnotherShape) {
  const std::string id = o_.saved[0].id;
  EXPECT_EQ(TrueValue(o_, id), &o_.saved[0].tensor);
  o_.saved[0].tensor = Tensor(DType::kFloat32, {1, 1});
  EXPECT_EQ(TrueValue(o_, id), FindTensor(o_.initial, id));
}

TEST_F(Cells, AndLayersAreToldOfByTheirClassAloneInTfKeras) {
  const auto told_of = [&](const std::string& object) {
    ReportLine line;
    line.kind = "warning";
    line.text = "UserWarning: Could not load weights in object <tf_keras.src.layers." + object +
                " object at 0x7f02bd61d390>. Skipping object. Exception encountered: ...";
    o_.load.reports.push_back(line);
  };
  EXPECT_FALSE(Reported(o_, {"2/kernel"}));
  told_of("core.dense.NotDense");
  EXPECT_FALSE(Reported(o_, {"2/kernel"}));
  EXPECT_FALSE(SpokeOfLayers(o_));
  told_of("core.dense.Dense");
  EXPECT_TRUE(Reported(o_, {"2/kernel"}));
  EXPECT_TRUE(SpokeOfLayers(o_));
  EXPECT_FALSE(Reported(o_, {"0/kernel"}));
  told_of("rnn.lstm.LSTMCell");
  EXPECT_FALSE(Reported(o_, {"0/kernel"})) << "of two LSTMs one is told of";
  told_of("rnn.lstm.LSTMCell");
  EXPECT_TRUE(Reported(o_, {"0/kernel"}));
}

}  // namespace
}  // namespace weightproof
