#include <gtest/gtest.h>

#include <memory>

#include "harness/oracle/weights.h"
#include "harness/properties/clauses.h"
#include "harness/testee/documentation.h"

namespace weightproof {
namespace {

// A whole model, loaded right, under documentation that promises whatever `causes` names.
class KeptState : public ::testing::Test {
 protected:
  void SetUp() override {
    c_.architecture.input_shape = {3};
    LayerSpec dense;
    dense.class_name = "Dense";
    dense.config["units"] = std::int64_t{3};
    c_.architecture.layers = {dense};
    c_.writer.build.push_back({});
    c_.reader.build.push_back({});
    c_.route.format = RouteFormat::kKerasArchive;
    const Result<ModelPlan> plan = Interpret(c_.architecture, c_.writer.build);
    ASSERT_TRUE(plan);
    o_.c = &c_;
    o_.writer = o_.reader = &description_;
    o_.writer_plan = o_.reader_plan = *plan;
    o_.same_model = true;
    o_.saved = MakeWeights(*plan, {1, Profile::kPlain});
    o_.load.variables = o_.saved;
    o_.save.state = o_.load.state = {
        {"trainable", "0/bias 0/kernel"}, {"compiled", "yes"}, {"optimizer", "SGD, content 1"}};
  }

  void Promises(std::vector<std::string> causes) {
    auto table = std::make_shared<Documentation>();
    DocumentedSentence sentence;
    sentence.id = "said";
    sentence.clauses = {"round-trips"};
    sentence.causes = std::move(causes);
    table->sentences.push_back(std::move(sentence));
    description_.documentation = std::move(table);
  }

  std::string Cause() { return CheckKeptState(o_).cause; }

  Case c_;
  Description description_;
  Observation o_;
};

TEST_F(KeptState, IsHeldByWhateverComesBackAsItWas) {
  Promises({"*"});
  EXPECT_EQ(CheckKeptState(o_).kind, VerdictKind::kNotAsked);
}

TEST_F(KeptState, IsAskedOnlyWhereTheDocumentationPromisesIt) {
  o_.load.state["trainable"] = "";
  EXPECT_EQ(CheckKeptState(o_).kind, VerdictKind::kNotAsked);
  Promises({"state-optimizer"});
  EXPECT_EQ(CheckKeptState(o_).kind, VerdictKind::kNotAsked);
  Promises({"state-trainable"});
  const Verdict verdict = CheckKeptState(o_);
  EXPECT_EQ(verdict.kind, VerdictKind::kFalsified);
  EXPECT_EQ(verdict.cause, "state-trainable");
  EXPECT_EQ(verdict.severity, Severity::kSilentlyWrong);
  EXPECT_NE(verdict.evidence.find("0/bias 0/kernel became nothing"), std::string::npos)
      << verdict.evidence;
}

TEST_F(KeptState, AnOptimizerIsComparedForTheSameTrainableWeights) {
  Promises({"state-optimizer"});
  o_.load.state["optimizer"] = "SGD, content 2";
  EXPECT_EQ(Cause(), "state-optimizer");
  o_.load.state["trainable"] = "0/bias";
  EXPECT_EQ(Cause(), "");
}

TEST_F(KeptState, AVocabularyIsStateBesideTheWeights) {
  Promises({"state-vocabulary"});
  o_.save.state["vocabulary"] = o_.load.state["vocabulary"] = "[[-1, 5, 7]]";
  EXPECT_EQ(Cause(), "");
  o_.load.state["vocabulary"] = "[[-1, 7, 5]]";
  EXPECT_EQ(Cause(), "state-vocabulary");
  o_.same_model = false;
  EXPECT_EQ(Cause(), "");
}

TEST_F(KeptState, WhatTheLibraryWarnsOfIsNotSilent) {
  Promises({"state-optimizer"});
  o_.load.state["optimizer"] = "";
  o_.load.reports.push_back({"warning", "", "optimizer skipped"});
  EXPECT_EQ(CheckKeptState(o_).severity, Severity::kFalseRefusal);
}

TEST_F(KeptState, WhatOneSideDoesNotSayIsNotCompared) {
  Promises({"*"});
  o_.load.state.erase("optimizer");
  o_.save.state.erase("compiled");
  EXPECT_EQ(Cause(), "");
}

TEST_F(KeptState, AnotherModelOrAChangedFileKeepsNothing) {
  Promises({"*"});
  o_.load.state["compiled"] = "no";
  EXPECT_EQ(Cause(), "state-compiled");
  o_.same_model = false;
  EXPECT_EQ(Cause(), "");
  o_.same_model = true;
  o_.content_damaged = true;
  EXPECT_EQ(Cause(), "");
  o_.content_damaged = false;
  o_.load.outcome = Outcome::kRefused;
  EXPECT_EQ(Cause(), "");
}

TEST_F(KeptState, ALayerThatKeepsItsStateItselfIsAskedForIt) {
  Promises({"own-*"});
  o_.save.state["own_state"] = o_.load.state["own_state"] = "asked";
  EXPECT_EQ(Cause(), "");
  o_.save.state["own_state"] = "not asked";
  EXPECT_EQ(Cause(), "own-saving-ignored");
  o_.load.state["own_state"] = "not asked";
  EXPECT_EQ(Cause(), "own-loading-ignored");
}

TEST_F(KeptState, AFileIsLaidOutAsDocumented) {
  Promises({"other-layout"});
  EXPECT_EQ(Cause(), "");
  o_.tree = Group{};
  EXPECT_EQ(Cause(), "other-layout");
  Attribute names;
  names.name = "layer_names";
  o_.tree->attributes.push_back(std::move(names));
  EXPECT_EQ(Cause(), "");
}

TEST_F(KeptState, WeightsThatAreWrongComeFirst) {
  Promises({"*"});
  o_.promise = Promise::kAccept;
  o_.load.state["trainable"] = "";
  EXPECT_EQ(CheckRoundTrips(o_).cause, "state-trainable");
  o_.load.variables[0].tensor = Tensor(DType::kFloat32, {3, 3});
  EXPECT_EQ(CheckRoundTrips(o_).cause, "variable-differs");
}

}  // namespace
}  // namespace weightproof
