// The documented sentences that real Keras is known to break, each by its smallest case: judged,
// quoted, and shown by its script. Runs where the interpreters are named (scripts/test-keras).
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <ostream>
#include <string>

#include "harness/campaign/engine.h"
#include "harness/campaign/forked.h"
#include "harness/campaign/reproduce.h"

namespace weightproof {
namespace {

struct KnownBug {
  const char* name;
  const char* testee;
  const char* sentence;  // its id in the table
  const char* layers;
  const char* shape;
  const char* writer;  // steps before the assembly
  const char* reader;
  const char* route;
};

void PrintTo(const KnownBug& bug, std::ostream* out) { *out << bug.name; }

constexpr const char* kDense = R"([{"class": "Dense", "config": {"units": 3}}])";
constexpr const char* kTwoDense = R"([{"class": "Dense", "config": {"units": 3}},
                                      {"class": "Dense", "config": {"units": 3}}])";
constexpr const char* kGru = R"([{"class": "GRU", "config": {"units": 2}}])";
constexpr const char* kNest = R"({"op": "nest", "begin": 0, "end": 2},)";
constexpr const char* kFrozenNest =
    R"({"op": "freeze", "layer": 0}, {"op": "nest", "begin": 0, "end": 2},)";
constexpr const char* kResetBefore =
    R"({"op": "set", "layer": 0, "key": "reset_after", "value": false},)";
constexpr const char* kNorm =
    R"({"op": "insert", "at": 1, "spec": {"class": "LayerNormalization"}},)";
constexpr const char* kNormAndTwin =
    R"({"op": "insert", "at": 1, "spec": {"class": "LayerNormalization",
                                           "config": {"center": false, "scale": false}}},
       {"op": "insert", "at": 1, "spec": {"class": "LayerNormalization"}},)";
constexpr const char* kNew = R"("format": "weights_h5", "path": {"text": "m.weights.h5"})";
constexpr const char* kNewSkip =
    R"("format": "weights_h5", "path": {"text": "m.weights.h5"}, "skip_mismatch": true)";
constexpr const char* kNewByName =
    R"("format": "weights_h5", "path": {"text": "m.weights.h5"}, "mode": "by_name")";
constexpr const char* kWhole = R"("format": "legacy_h5_model", "path": {"text": "m.h5"})";
constexpr const char* kWholeSkip =
    R"("format": "legacy_h5_model", "path": {"text": "m.h5"}, "skip_mismatch": true)";
constexpr const char* kLegacy = R"("format": "legacy_h5", "path": {"text": "m.h5"})";
constexpr const char* kLegacySkipByName =
    R"("format": "legacy_h5", "path": {"text": "m.h5"}, "mode": "by_name", "skip_mismatch": true)";

const KnownBug kBugs[] = {
    {"KerasCountsLayersWithoutWeights", "keras", "weightless-layers-do-not-count", kDense, "[3]",
     kNormAndTwin, kNorm, kNew},
    {"KerasSwapsLayersOfANestWhenOneIsFrozen", "keras", "loads-by-topology", kTwoDense, "[3]",
     kNest, kFrozenNest, kWhole},
    {"KerasRaisesOverAnAddedLayer", "keras", "skip-mismatch-continues", kDense, "[3]", "",
     R"({"op": "insert", "at": 1, "spec": {"class": "Dense", "config": {"units": 3}}},)",
     kWholeSkip},
    {"KerasRaisesOverAnotherNumberOfWeights", "keras", "skip-mismatch-covers-the-number-of-weights",
     kDense, "[3]", "", R"({"op": "set", "layer": 0, "key": "use_bias", "value": false},)",
     kWholeSkip},
    {"KerasLoadsHalfOfALayerThatItSkips", "keras", "mismatching-layers-are-skipped", kGru, "[3, 2]",
     "", kResetBefore, kNewSkip},
    {"TfKerasCountsLayersWithoutWeights", "tf_keras", "weightless-layers-do-not-count", kDense,
     "[3]", kNormAndTwin, kNorm, kNew},
    {"TfKerasSwapsLayersOfANestWhenOneIsFrozen", "tf_keras", "loads-by-topology", kTwoDense, "[3]",
     kNest, kFrozenNest, kLegacy},
    {"TfKerasRaisesOverAGruOfAnotherShape", "tf_keras", "skip-mismatch-continues", kGru, "[3, 2]",
     R"({"op": "name", "layer": 0, "name": "g"},)",
     R"({"op": "name", "layer": 0, "name": "g"},
        {"op": "set", "layer": 0, "key": "reset_after", "value": false},)",
     kLegacySkipByName},
    {"TfKerasLoadsHalfOfALayerThatItSkips", "tf_keras", "mismatching-layers-are-skipped", kGru,
     "[3, 2]", "", kResetBefore, kNewSkip},
    {"TfKerasIgnoresByName", "tf_keras", "by-name-loads-the-same-name-only", kDense, "[3]",
     R"({"op": "name", "layer": 0, "name": "a"},)", R"({"op": "name", "layer": 0, "name": "b"},)",
     kNewByName},
};

Case CaseOf(const KnownBug& bug) {
  const std::string assembly = R"({"op": "assemble", "how": "list"}]})";
  const std::string dialect = std::string(bug.testee) == "keras" ? "keras3" : "tf_keras";
  const std::string json = R"({"schema": 1, "architecture": {"dialect": ")" + dialect +
                           R"(", "input_shape": )" + bug.shape + R"(, "layers": )" + bug.layers +
                           R"(}, "writer": {"build": [)" + bug.writer + assembly +
                           R"(, "reader": {"build": [)" + bug.reader + assembly +
                           R"(, "route": {)" + bug.route + "}}";
  const Result<Case> c = CaseFromJson(json);
  EXPECT_TRUE(c) << c.error().Text() << "\n" << json;
  return c ? *c : Case{};
}

class DocumentedBug : public ::testing::TestWithParam<KnownBug> {};

TEST_P(DocumentedBug, IsJudgedAndShown) {
  const KnownBug& bug = GetParam();
  const bool keras = std::string(bug.testee) == "keras";
  const char* python =
      std::getenv(keras ? "WEIGHTPROOF_KERAS_PYTHON" : "WEIGHTPROOF_TF_KERAS_PYTHON");
  if (python == nullptr || *python == '\0') GTEST_SKIP() << "no interpreter of " << bug.testee;
  static std::map<std::string, Engine> engines;
  if (!engines.contains(bug.testee)) {
    Result<Engine> made = MakeEngine(bug.testee);
    ASSERT_TRUE(made) << made.error().Text();
    engines.emplace(bug.testee, *std::move(made));
  }
  const Engine& engine = engines.at(bug.testee);
  ASSERT_NE(engine.documentation, nullptr) << "the table is not of this version";

  Finding finding;
  finding.the_case = CaseOf(bug);
  finding.clause = "loud-or-right";
  const Scratch scratch;
  finding.verdict = engine.ask(finding.the_case, scratch.path(), finding.clause);
  EXPECT_EQ(finding.verdict.kind, VerdictKind::kFalsified);
  EXPECT_EQ(finding.verdict.breaks, bug.sentence)
      << finding.verdict.cause << ": " << finding.verdict.evidence;
  Reproduce(engine, finding);
  EXPECT_TRUE(finding.reproduced) << finding.reproduction << "\n" << ScriptOf(finding, engine.testee_backend);
}

INSTANTIATE_TEST_SUITE_P(Known, DocumentedBug, ::testing::ValuesIn(kBugs),
                         [](const auto& bug) { return std::string(bug.param.name); });

}  // namespace
}  // namespace weightproof
