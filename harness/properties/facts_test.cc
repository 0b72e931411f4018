#include "harness/properties/facts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "harness/oracle/weights.h"
#include "harness/properties/clauses.h"
#include "harness/testee/documentation.h"

namespace weightproof {
namespace {

LayerSpec Layer(const char* class_name, Config config = {}) {
  LayerSpec layer;
  layer.class_name = class_name;
  layer.config = std::move(config);
  return layer;
}

LayerSpec Dense(std::int64_t units) { return Layer("Dense", {{"units", units}}); }

// Observations of an architecture whose reader is built by some steps more than the writer.
class FactsOf : public ::testing::Test {
 protected:
  void SetUp() override {
    c_.architecture.input_shape = {4, 3};
    c_.architecture.layers = {Dense(3), Layer("GRU", {{"units", std::int64_t{3}}})};
    c_.route.format = RouteFormat::kWeightsH5;
    c_.writer.build.push_back({});
    c_.reader.build.push_back({});
  }

  static Step Insert(LayerSpec spec) {
    Step step;
    step.op = StepOp::kInsert;
    step.spec = std::move(spec);
    return step;
  }
  static Step Set(int layer, const char* key, ConfigValue value) {
    Step step;
    step.op = StepOp::kSet;
    step.layer = layer;
    step.key = key;
    step.value = std::move(value);
    return step;
  }
  void ReaderAlso(Step step) { c_.reader.build.insert(c_.reader.build.begin(), std::move(step)); }
  void WriterAlso(Step step) { c_.writer.build.insert(c_.writer.build.begin(), std::move(step)); }

  Observation Observe(Outcome load = Outcome::kOk) {
    const Result<ModelPlan> writer = Interpret(c_.architecture, c_.writer.build);
    const Result<ModelPlan> reader = Interpret(c_.architecture, c_.reader.build);
    EXPECT_TRUE(writer && reader);
    Observation o;
    o.c = &c_;
    o.writer = o.reader = &description_;
    o.writer_plan = *writer;
    o.reader_plan = *reader;
    o.saved = MakeWeights(*writer, {1, Profile::kPlain});
    o.initial = MakeWeights(*reader, {2, Profile::kPlain});
    o.same_model = NormalForm(*writer) == NormalForm(*reader);
    o.load.outcome = load;
    o.load.error_kind = load == Outcome::kRefused ? "ValueError" : "";
    o.load.variables_before = o.load.variables = o.initial;
    return o;
  }

  bool Has(const char* fact, Outcome load = Outcome::kOk) {
    const std::vector<std::string> facts = Facts(Observe(load));
    return std::ranges::find(facts, fact) != facts.end();
  }

  void Document(const char* cause, std::vector<std::string> all) {
    auto table = std::make_shared<Documentation>();
    DocumentedSentence sentence;
    sentence.id = "said";
    sentence.clauses = {"loud-or-right"};
    sentence.causes = {cause};
    sentence.all = std::move(all);
    table->sentences.push_back(std::move(sentence));
    description_.documentation = std::move(table);
  }

  Case c_;
  Description description_;
};

TEST_F(FactsOf, SameBuildsAreTheSameInAll) {
  for (const char* fact : {"weighted:same", "weightless:same", "model:same", "file:as-saved",
                           "load:ok", "said:nothing", "container:sequential", "mode:by_order"}) {
    EXPECT_TRUE(Has(fact)) << fact;
  }
}

TEST_F(FactsOf, ALayerWithoutWeightsIsNoDifferenceAmongThoseWithWeights) {
  ReaderAlso(Insert(Layer("ReLU")));
  EXPECT_TRUE(Has("weighted:same"));
  EXPECT_TRUE(Has("weightless:other"));
  EXPECT_TRUE(Has("model:other"));
}

TEST_F(FactsOf, AReaderWithALayerMoreHasItAddedOneWithALayerLessRemoved) {
  ReaderAlso(Insert(Dense(3)));
  EXPECT_TRUE(Has("weighted:added"));
  std::swap(c_.writer, c_.reader);
  EXPECT_TRUE(Has("weighted:removed"));
}

TEST_F(FactsOf, AnotherActivationIsAnotherModelAndNotWhatSkippingIsAbout) {
  ReaderAlso(Set(0, "activation", std::string("tanh")));
  EXPECT_TRUE(Has("weighted:other"));
}

TEST_F(FactsOf, AnotherDtypeIsAnotherModel) {
  Step policy;
  policy.op = StepOp::kPolicy;
  policy.class_name = "float64";
  WriterAlso(policy);
  EXPECT_TRUE(Has("weighted:other"));
  ReaderAlso(policy);
  EXPECT_TRUE(Has("weighted:same"));
}

TEST_F(FactsOf, ABiasOfAnotherShapeIsReshapedOneThatIsNotThereRecounted) {
  ReaderAlso(Set(1, "reset_after", false));
  EXPECT_TRUE(Has("weighted:reshaped"));
  ReaderAlso(Set(0, "use_bias", false));
  EXPECT_TRUE(Has("weighted:recounted"));
}

TEST_F(FactsOf, ANestedModelIsNotTheFlatOne) {
  Step nest;
  nest.op = StepOp::kNest;
  nest.begin = 0;
  nest.end = 1;
  ReaderAlso(nest);
  EXPECT_TRUE(Has("model:same"));
  EXPECT_TRUE(Has("weighted:other"));
}

TEST_F(FactsOf, ALayerIsHalfLoadedWhenSomeOfItsVariablesChanged) {
  ReaderAlso(Set(1, "reset_after", false));
  Observation o = Observe();
  EXPECT_TRUE(HalfLoadedLayers(o).empty());
  o.load.variables[0].tensor = o.saved[0].tensor;
  EXPECT_EQ(HalfLoadedLayers(o), std::vector<std::string>{"dense"});
  o.load.variables[1].tensor = o.saved[1].tensor;
  EXPECT_TRUE(HalfLoadedLayers(o).empty());
}

TEST_F(FactsOf, ALayerThatIsNotInTheFileByNameMustNotChange) {
  Step name;
  name.op = StepOp::kName;
  name.layer = 0;
  name.name = "mine";
  ReaderAlso(name);
  Observation o = Observe();
  EXPECT_TRUE(LoadedUnderAnotherName(o).empty());
  for (std::size_t i = 0; i < o.saved.size(); ++i) o.load.variables[i].tensor = o.saved[i].tensor;
  EXPECT_EQ(LoadedUnderAnotherName(o), std::vector<std::string>{"mine"});
}

TEST_F(FactsOf, ARefusalIsFalsifiedOnlyWhereTheDocumentationPromisesThatTheLoadGoesOn) {
  ReaderAlso(Insert(Dense(3)));
  c_.route.skip_mismatch = true;
  EXPECT_EQ(CheckDocumented(Observe(Outcome::kRefused)).kind, VerdictKind::kNotAsked);
  Document("refused-despite-skip-mismatch", {"weighted:added"});
  EXPECT_EQ(CheckDocumented(Observe(Outcome::kRefused)).kind, VerdictKind::kFalsified);
  EXPECT_EQ(CheckDocumented(Observe(Outcome::kOk)).kind, VerdictKind::kNotAsked);
  c_.route.skip_mismatch = false;
  EXPECT_EQ(CheckDocumented(Observe(Outcome::kRefused)).kind, VerdictKind::kNotAsked);
  Document("refused-despite-skip-mismatch", {"weighted:reshaped"});
  c_.route.skip_mismatch = true;
  EXPECT_EQ(CheckDocumented(Observe(Outcome::kRefused)).kind, VerdictKind::kNotAsked);
}

TEST_F(FactsOf, AFileThatWasChangedBreaksNoPromiseAboutModels) {
  ReaderAlso(Insert(Dense(3)));
  c_.route.skip_mismatch = true;
  Document("refused-despite-skip-mismatch", {});
  Observation o = Observe(Outcome::kRefused);
  o.content_damaged = true;
  EXPECT_EQ(CheckDocumented(o).kind, VerdictKind::kNotAsked);
}

}  // namespace
}  // namespace weightproof
