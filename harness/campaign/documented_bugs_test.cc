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
  const char* clause = "loud-or-right";
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
constexpr const char* kUnfrozenInFrozen =
    R"({"op": "freeze", "model": true, "after": true}, {"op": "unfreeze", "layer": 0},)";
constexpr const char* kFrozenNestUnfrozenInside =
    R"({"op": "nest", "begin": 0, "end": 2}, {"op": "freeze", "nest": 0, "after": true},
       {"op": "unfreeze", "layer": 1},)";
constexpr const char* kHalfFrozen =
    R"({"op": "freeze", "layer": 0, "part": "forward", "after": true},)";
constexpr const char* kNormInNest = R"({"op": "nest", "begin": 0, "end": 1, "own_input": true},)";
constexpr const char* kMse = R"({"op": "compile", "optimizer": "SGD", "loss": "mse"},)";
constexpr const char* kTrained =
    R"({"op": "compile", "optimizer": "Adam", "loss": "mean_squared_error", "trained": true},)";
constexpr const char* kCompiled =
    R"({"op": "compile", "optimizer": "Adam", "loss": "mean_squared_error"},)";
constexpr const char* kMseThenJson =
    R"({"op": "compile", "optimizer": "SGD", "loss": "mse"}, {"op": "rebuild", "how": "json"},)";
constexpr const char* kOwn = R"({"op": "own_state", "layer": 0},)";
constexpr const char* kBfloat16 = R"({"op": "policy", "policy": "bfloat16"},)";
constexpr const char* kBidirectional =
    R"([{"class": "Bidirectional", "layers": [{"class": "LSTM", "config": {"units": 2}}]}])";
constexpr const char* kNormalization = R"([{"class": "Normalization"}])";
constexpr const char* kNew = R"("format": "weights_h5", "path": {"text": "m.weights.h5"})";
constexpr const char* kNewSkip =
    R"("format": "weights_h5", "path": {"text": "m.weights.h5"}, "skip_mismatch": true)";
constexpr const char* kNewByName =
    R"("format": "weights_h5", "path": {"text": "m.weights.h5"}, "mode": "by_name")";
constexpr const char* kWhole = R"("format": "legacy_h5_model", "path": {"text": "m.h5"})";
constexpr const char* kWholeSkip =
    R"("format": "legacy_h5_model", "path": {"text": "m.h5"}, "skip_mismatch": true)";
constexpr const char* kWholeAsModel =
    R"("format": "legacy_h5_model", "path": {"text": "m.h5"}, "load_as": "model")";
constexpr const char* kArchiveAsModel =
    R"("format": "keras_archive", "path": {"text": "m.keras"}, "load_as": "model")";
constexpr const char* kShardsOverShards =
    R"("format": "weights_h5", "path": {"text": "m.weights.h5", "setup": "existing_checkpoint"},
       "sharded": true, "overwrite": false)";
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
    {"KerasLosesAHalfOfABidirectionalThatWasFrozenAlone", "keras", "loads-by-topology",
     kBidirectional, "[4, 3]", kHalfFrozen, "", kWhole},
    {"KerasForgetsToDeriveANestedNormalization", "keras", "loads-by-topology", kNormalization,
     "[3]", kNormInNest, kNormInNest, kWhole, "round-trips"},
    {"KerasReloadsAWholeModelWithItsLayersSwapped", "keras", "loads-the-model-that-was-saved",
     kTwoDense, "[3]", kFrozenNestUnfrozenInside, "", kWholeAsModel},
    {"KerasRaisesOverTheLossOfACompiledModel", "keras", "compiled-models-come-back-compiled",
     kDense, "[3]", kMse, "", kWholeAsModel, "round-trips"},
    {"KerasLosesTheOptimizerOfAWholeModel", "keras", "training-goes-on-from-the-state-saved",
     kDense, "[3]", kTrained, "", kWholeAsModel, "round-trips"},
    {"KerasLosesTheOptimizerOfAModelThatIsCompiledBefore", "keras", "optimizer-state-is-restored",
     kDense, "[3]", kTrained, kCompiled, kNew, "round-trips"},
    {"KerasLosesWhichWeightsAreTrainable", "keras", "archive-keeps-the-exact-state", kTwoDense,
     "[3]", kUnfrozenInFrozen, "", kArchiveAsModel, "round-trips"},
    {"KerasReplacesShardsUnasked", "keras", "weights-are-overwritten-only-when-asked", kDense,
     "[3]", "", "", kShardsOverShards, "path-never-matters"},
    {"KerasDoesNotAskALayerForItsStateInH5", "keras", "own-saving-counts", kDense, "[3]", kOwn, "",
     kWhole, "round-trips"},
    {"KerasDoesNotHandALayerItsStateFromH5", "keras", "own-loading-counts", kDense, "[3]", kOwn, "",
     kWholeAsModel, "round-trips"},
    {"KerasCompilesByJson", "keras", "json-gives-an-uncompiled-model", kDense, "[3]", kMseThenJson,
     "", kNew, "round-trips"},
    {"KerasWritesBfloat16ThatItCannotRead", "keras", "loads-the-model-that-was-saved", kDense,
     "[3]", kBfloat16, "", kWholeAsModel, "round-trips"},
    {"TfKerasLosesAHalfOfABidirectionalThatWasFrozenAlone", "tf_keras", "loads-by-topology",
     kBidirectional, "[4, 3]", kHalfFrozen, "", kLegacy},
    {"TfKerasLosesWhichWeightsAreTrainable", "tf_keras", "hdf5-file-keeps-the-exact-state",
     kTwoDense, "[3]", kFrozenNestUnfrozenInside, "", kWholeAsModel, "round-trips"},
    {"TfKerasDoesNotAskALayerForItsStateInH5", "tf_keras", "own-saving-counts", kDense, "[3]", kOwn,
     "", kWhole, "round-trips"},
    {"TfKerasDoesNotHandALayerItsStateFromH5", "tf_keras", "own-loading-counts", kDense, "[3]",
     kOwn, "", kWholeAsModel, "round-trips"},
    {"TfKerasDoesNotListLayersInNewFiles", "tf_keras", "hdf5-weights-list-their-layers", kDense,
     "[3]", "", "", kNew, "round-trips"},
    {"TfKerasWritesBfloat16ThatItCannotRead", "tf_keras", "loads-the-model-that-was-saved", kDense,
     "[3]", kBfloat16, "", kArchiveAsModel, "round-trips"},
};

Case CaseOf(const KnownBug& bug) {
  const std::string list = R"({"op": "assemble", "how": "list"})";
  const std::string assembly = list + "]}";
  // Of a whole model the reader's build is the writer's, made again.
  const bool whole = std::string(bug.route).find("load_as") != std::string::npos;
  const std::string reader =
      whole ? bug.writer + list + R"(, {"op": "rebuild", "how": "from_config"}]})"
            : bug.reader + assembly;
  const std::string dialect = std::string(bug.testee) == "keras" ? "keras3" : "tf_keras";
  const std::string json =
      R"({"schema": 1, "architecture": {"dialect": ")" + dialect + R"(", "input_shape": )" +
      bug.shape + R"(, "layers": )" + bug.layers + R"(}, "writer": {"build": [)" + bug.writer +
      assembly + R"(, "reader": {"build": [)" + reader + R"(, "route": {)" + bug.route + "}}";
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
  finding.clause = bug.clause;
  const Scratch scratch;
  finding.verdict = engine.ask(finding.the_case, scratch.path(), finding.clause);
  EXPECT_EQ(finding.verdict.kind, VerdictKind::kFalsified);
  EXPECT_EQ(finding.verdict.breaks, bug.sentence)
      << finding.verdict.cause << ": " << finding.verdict.evidence;
  Reproduce(engine, finding);
  EXPECT_TRUE(finding.reproduced) << finding.reproduction << "\n"
                                  << ScriptOf(finding, engine.testee_backend);
}

INSTANTIATE_TEST_SUITE_P(Known, DocumentedBug, ::testing::ValuesIn(kBugs),
                         [](const auto& bug) { return std::string(bug.param.name); });

}  // namespace
}  // namespace weightproof
