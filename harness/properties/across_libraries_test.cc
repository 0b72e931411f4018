// Writer and reader of different libraries, played by two halves of the built-in one.
#include <gtest/gtest.h>

#include <algorithm>

#include "harness/campaign/forked.h"
#include "harness/case/generate.h"
#include "harness/properties/observe.h"
#include "harness/properties/paths.h"
#include "harness/properties/run_case.h"
#include "harness/testee/builtin.h"

namespace weightproof {
namespace {

// The built-in library under another name, speaking one dialect.
class HalfLibrary final : public Testee {
 public:
  HalfLibrary(std::string name, std::string dialect) {
    description_ = inner_.Describe();
    description_.name = std::move(name);
    description_.space.dialects = {std::move(dialect)};
  }
  const Description& Describe() const override { return description_; }
  Answer Save(const SaveRequest& request) override {
    seen_ = request.dialect;
    return inner_.Save(request);
  }
  Answer Load(const LoadRequest& request) override {
    if (!refused_suffix_.empty() && request.path.ends_with(refused_suffix_)) {
      Answer unsupported;
      unsupported.outcome = Outcome::kUnsupported;
      return unsupported;
    }
    loaded_ = request.build.program.architecture->dialect;
    before_ = request.build.before.size();
    return Shifted(inner_.Load(request));
  }
  Answer Assign(const AssignRequest& request) override { return Shifted(inner_.Assign(request)); }

  Dialect seen_ = Dialect::kKeras3;
  Dialect loaded_ = Dialect::kKeras3;
  std::size_t before_ = 99;
  std::string refused_suffix_;  // that means another format to it
  float shift_ = 0;             // that the library computes otherwise, whoever has set its weights

 private:
  Answer Shifted(Answer answer) const {
    if (answer.outcome == Outcome::kOk) answer.prediction.values<float>()[0] += shift_;
    return answer;
  }

  BuiltinTestee inner_;
  Description description_;
};

Case TwoDense(const char* activation) {
  Case c;
  c.architecture.input_shape = {3};
  for (int i = 0; i < 2; ++i) {
    LayerSpec dense;
    dense.class_name = "Dense";
    dense.config["units"] = std::int64_t{3};
    dense.config["activation"] = std::string(activation);
    c.architecture.layers.push_back(std::move(dense));
  }
  c.writer.build = c.reader.build = {Step{}};
  c.route.format = RouteFormat::kWeightsH5;
  c.route.path.text = "m.weights.h5";
  return c;
}

ObserveResult Play(const Case& c, Testee& writer, Testee& reader) {
  const Scratch scratch;
  const CaseFolder folder(scratch.path());
  return Observe(c, writer, reader, folder.path());
}

TEST(TwoLibraries, EachPlaysTheCaseInItsOwnDialect) {
  HalfLibrary writer("old", "tf_keras"), reader("new", "keras3");
  for (const Dialect dialect : {Dialect::kKeras3, Dialect::kTfKeras}) {
    Case c = TwoDense("tanh");
    c.architecture.dialect = dialect;
    const ObserveResult seen = Play(c, writer, reader);
    ASSERT_TRUE(seen.observation.has_value()) << seen.unsupported;
    EXPECT_EQ(writer.seen_, Dialect::kTfKeras);
    EXPECT_EQ(reader.loaded_, Dialect::kKeras3);
    EXPECT_TRUE(seen.observation->two_libraries);
    EXPECT_TRUE(seen.observation->same_model);
    EXPECT_EQ(seen.observation->promise, Promise::kDepends);
    EXPECT_TRUE(seen.observation->agreement && seen.observation->agreement->agree);
    // The reader's process has never made the writer's models.
    EXPECT_EQ(reader.before_, 0u);
  }
}

TEST(TwoLibraries, WhatTheDialectsDoNotMeanAlikeIsUnsupportedByName) {
  HalfLibrary writer("old", "tf_keras"), reader("new", "keras3");
  Case c = TwoDense("hard_sigmoid");
  c.architecture.dialect = Dialect::kTfKeras;
  const ObserveResult seen = Play(c, writer, reader);
  EXPECT_FALSE(seen.observation.has_value());
  EXPECT_NE(seen.unsupported.find("hard_sigmoid"), std::string::npos) << seen.unsupported;
  // A word that one of the two does not know.
  c = TwoDense("hard_silu");
  EXPECT_NE(Play(c, writer, reader).unsupported.find("hard_silu"), std::string::npos);
}

TEST(TwoLibraries, ThatComputeOtherFunctionsAreFound) {
  HalfLibrary writer("old", "keras3"), reader("new", "keras3");
  const Scratch scratch;
  const Case c = TwoDense("tanh");
  EXPECT_EQ(RunCase(c, writer, reader, scratch.path()).overall, VerdictKind::kHeld);
  reader.shift_ = 0.01F;
  const CaseResult result = RunCase(c, writer, reader, scratch.path());
  EXPECT_EQ(result.overall, VerdictKind::kFalsified);
  for (const ClauseVerdict& one : result.clauses) {
    if (one.verdict.kind != VerdictKind::kFalsified) continue;
    EXPECT_EQ(one.verdict.cause, "libraries-disagree") << one.clause << " " << one.verdict.evidence;
  }
  const ObserveResult seen = Play(c, writer, reader);
  ASSERT_TRUE(seen.observation && seen.observation->agreement);
  EXPECT_FALSE(seen.observation->agreement->agree);
  EXPECT_NEAR(seen.observation->agreement->difference, 0.01, 1e-4);
}

TEST(TwoLibraries, PlainPathsEndAsThePathThatIsLoadedFrom) {
  HalfLibrary writer("old", "keras3"), reader("new", "keras3");
  Case c = TwoDense("tanh");
  c.route.format = RouteFormat::kLegacyH5;  // which the writer writes under any suffix
  c.route.load_path = PathSpec{"back\\slash.h5", PathSetup::kNone, false};
  const Scratch scratch;
  for (const char* suffix : {".weights.h5", "plain.h5"}) {
    reader.refused_suffix_ = suffix;
    const ObserveResult seen = Play(c, writer, reader);
    ASSERT_TRUE(seen.observation.has_value()) << seen.unsupported;
    ASSERT_TRUE(seen.observation->plain_path_load.has_value());
    const bool plays = suffix == std::string_view(".weights.h5");
    EXPECT_EQ(seen.observation->plain_path_load->outcome == Outcome::kOk, plays);
    for (const ClauseVerdict& one : RunCase(c, writer, reader, scratch.path()).clauses) {
      if (one.clause != "path-never-matters") continue;
      EXPECT_EQ(one.verdict.kind, plays ? VerdictKind::kHeld : VerdictKind::kNotAsked);
    }
  }
}

TEST(TwoLibraries, OfOneNameAndVersionAreOne) {
  HalfLibrary writer("same", "keras3"), reader("same", "keras3");
  const ObserveResult seen = Play(TwoDense("tanh"), writer, reader);
  ASSERT_TRUE(seen.observation.has_value());
  EXPECT_FALSE(seen.observation->two_libraries);
  EXPECT_FALSE(seen.observation->agreement.has_value());
  EXPECT_EQ(reader.before_, 1u);
}

TEST(TwoLibraries, HoldOnRandomCasesOfEveryDialectPair) {
  const Scratch scratch;
  for (const auto& [from, to] :
       {std::pair("keras3", "tf_keras"), std::pair("tf_keras", "keras3")}) {
    HalfLibrary writer("one", from), reader("two", to);
    Space space = writer.Describe().space;
    int held = 0;
    for (std::uint64_t index = 0; index < 400; ++index) {
      SeededChoices choices(21, index);
      const Case c = Generate(choices, space);
      const CaseResult result = RunCase(c, writer, reader, scratch.path());
      held += result.overall == VerdictKind::kHeld;
      if (result.overall != VerdictKind::kFalsified) continue;
      for (const ClauseVerdict& one : result.clauses) {
        EXPECT_NE(one.verdict.kind, VerdictKind::kFalsified)
            << from << " " << index << " " << one.clause << " " << one.verdict.cause << " "
            << one.verdict.evidence << "\n"
            << CaseToJson(c);
      }
    }
    EXPECT_GT(held, 200);
  }
}

}  // namespace
}  // namespace weightproof
