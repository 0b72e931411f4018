#include "harness/campaign/python_script.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "harness/campaign/forked.h"
#include "harness/case/generate.h"
#include "harness/testee/command_for_test.h"

namespace weightproof {
namespace {

CommandRun RunPython(const char* interpreter, const std::string& script) {
  const Scratch folder;
  std::ofstream(folder.path() + "/script.py") << script;
  const std::string command = "CUDA_VISIBLE_DEVICES= KERAS_BACKEND=numpy TMPDIR='" + folder.path() +
                              "' '" + interpreter + "' '" + folder.path() + "/script.py' 2>&1";
  return RunCommand(command);
}

// Two Dense of equal shapes inside one nested Sequential, legacy H5 by order. The order of the file
// hangs on `trainable` (keras-formats 1.2), so a reader that froze the first one gets them swapped.
Case Nested(const char* dialect, const char* frozen) {
  const std::string nest = R"({"op": "nest", "begin": 0, "end": 2},)";
  const std::string assemble = R"({"op": "assemble", "how": "list", "input": "given"}])";
  const std::string json =
      std::string(R"({"schema": 1, "architecture": {"dialect": ")") + dialect +
      R"(", "input_shape": [4], "layers": [{"class": "Dense", "config": {"units": 4}},
      {"class": "Dense", "config": {"units": 4}}]}, "writer": {"build": [)" +
      nest + assemble + R"(}, "reader": {"build": [)" + frozen + nest + assemble +
      R"(}, "route": {"format": "legacy_h5", "path": {"text": "m.h5"}}})";
  Result<Case> c = CaseFromJson(json);
  EXPECT_TRUE(c) << (c ? "" : c.error().Text());
  return c ? *c : Case{};
}

constexpr const char* kFrozen = R"({"op": "freeze", "layer": 0},)";

TEST(PythonScript, IsNeverLongerThanFortyLines) {
  for (std::uint64_t i = 0; i < 500; ++i) {
    SeededChoices choices(11, i);
    const Case c = Generate(choices);
    for (const ScriptAim aim : {ScriptAim::kWrong, ScriptAim::kAccepted, ScriptAim::kRefused,
                                ScriptAim::kChanged, ScriptAim::kHalf, ScriptAim::kNamed}) {
      const std::string script = PythonScript(c, aim);
      EXPECT_LE(std::ranges::count(script, '\n'), kScriptLinesMax) << CaseToJson(c) << script;
    }
  }
}

TEST(PythonScript, AimsAtWhatItsClauseSays) {
  const auto aim = [](const char* clause, Severity severity, const char* cause) {
    return AimOf(clause, {VerdictKind::kFalsified, severity, cause, ""});
  };
  EXPECT_EQ(aim("round-trips", Severity::kSilentlyWrong, "variable-differs"), ScriptAim::kWrong);
  EXPECT_EQ(aim("round-trips", Severity::kFalseRefusal, "save-refused"), ScriptAim::kRefused);
  EXPECT_EQ(aim("loud-or-right", Severity::kSilentlyWrong, "silent-unused-tensor"),
            ScriptAim::kAccepted);
  EXPECT_EQ(aim("loud-or-right", Severity::kSilentlyWrong, "silent-ambiguous-order"),
            ScriptAim::kWrong);
  EXPECT_EQ(aim("accounts-for-everything", Severity::kSilentlyWrong, "variables-left-over"),
            ScriptAim::kWrong);
  EXPECT_EQ(aim("refusal-changes-nothing", Severity::kHalfLoaded, "variables-changed"),
            ScriptAim::kChanged);
  EXPECT_EQ(aim("loud-or-right", Severity::kSilentlyWrong, "skipped-layer-changed"),
            ScriptAim::kHalf);
  EXPECT_EQ(aim("loud-or-right", Severity::kSilentlyWrong, "name-ignored"), ScriptAim::kNamed);
  EXPECT_EQ(aim("loud-or-right", Severity::kFalseRefusal, "refused-despite-skip-mismatch"),
            ScriptAim::kRefused);
  EXPECT_EQ(aim("saving-repeats", Severity::kSilentlyWrong, "resave-differs"), std::nullopt);
}

TEST(PythonScript, ShowsWhatIsLostBesideTheWeights) {
  const auto aim = [](const char* clause, const char* cause) {
    return AimOf(clause, {VerdictKind::kFalsified, Severity::kSilentlyWrong, cause, ""});
  };
  for (const char* cause :
       {"state-trainable", "state-compiled", "state-optimizer", "state-vocabulary",
        "own-saving-ignored", "own-loading-ignored", "compiled-by-json", "other-layout"}) {
    EXPECT_EQ(aim("round-trips", cause), ScriptAim::kKept) << cause;
  }
  EXPECT_EQ(aim("path-never-matters", "impossible-path-accepted"), ScriptAim::kReplaced);
}

TEST(PythonScript, IsNeverLongerThanFortyLinesWithWhatIsBesideTheWeights) {
  Space space;
  space.dialects = {"keras3"};
  space.steps = {"compile", "own_state", "policy",      "assemble:list",
                 "nest",    "freeze",    "rebuild:json"};
  space.modes = {"by_order", "model", "sharded"};
  int own = 0;
  for (std::uint64_t i = 0; i < 500; ++i) {
    SeededChoices choices(13, i);
    const Case c = Generate(choices, space);
    for (const char* cause : {"state-optimizer", "own-saving-ignored"}) {
      const std::string script = PythonScript(c, ScriptAim::kKept, cause);
      EXPECT_LE(std::ranges::count(script, '\n'), kScriptLinesMax) << CaseToJson(c) << script;
      own += script.find("def save_own_variables") != std::string::npos ? 1 : 0;
    }
  }
  EXPECT_GT(own, 10);
}

// Weights of an adapted layer are others after a load, the function is not.
TEST(PythonScript, ComparesWhatAdaptedLayersPredict) {
  Case c;
  c.architecture.input_shape = {3};
  LayerSpec dense;
  dense.class_name = "Dense";
  dense.config["units"] = std::int64_t{2};
  c.architecture.layers = {dense};
  c.route.format = RouteFormat::kWeightsH5;
  c.route.path.text = "m.weights.h5";
  Step quantize, lora;
  quantize.op = StepOp::kQuantize;
  quantize.class_name = "int8";
  lora.op = StepOp::kLora;
  lora.count = 1;
  c.writer.build = {Step{}, quantize};
  c.reader.build = {Step{}, lora};
  const std::string script = PythonScript(c, ScriptAim::kWrong, "");
  for (const char* line : {"m.quantize(\"int8\")", "a0.enable_lora(1)", "v.dtype == \"int8\"",
                           "np.asarray(r(x)), np.asarray(w(x))"}) {
    EXPECT_NE(script.find(line), std::string::npos) << line << "\n" << script;
  }
  c.route.format = RouteFormat::kLegacyH5Model;  // which keeps the factors as they are
  EXPECT_EQ(PythonScript(c, ScriptAim::kWrong, "").find("np.asarray(w(x))"), std::string::npos);
}

// A lookup layer that was given one vocabulary and took in another one.
Case LookupCase(const char* load_as, const char* last) {
  const std::string build =
      R"([{"op": "vocabulary", "layer": 0, "how": "set", "tokens": [0, 1]},
          {"op": "assemble", "how": "list"})";
  Result<Case> c = CaseFromJson(
      R"({"schema": 1, "architecture": {"dialect": "tf_keras", "input_shape": [3], "layers": [
      {"class": "IntegerLookup", "config": {"vocabulary": [1, 0]}},
      {"class": "Embedding", "config": {"input_dim": 4, "output_dim": 2}}]},
      "writer": {"build": )" +
      build + R"(]}, "reader": {"build": )" + build + last +
      R"(]}, "route": {"format": "keras_archive", "load_as": ")" + load_as +
      R"(", "path": {"text": "m.keras"}}})");
  EXPECT_TRUE(c) << (c ? "" : c.error().Text());
  return c ? *c : Case{};
}

TEST(PythonScript, TakesVocabulariesInAgainAfterARebuildAndAsksForTheirTokens) {
  const std::string script =
      PythonScript(LookupCase("model", R"(, {"op": "rebuild", "how": "from_config"})"));
  EXPECT_NE(script.find("a0.set_vocabulary([0, 1])"), std::string::npos) << script;
  EXPECT_NE(script.find("kids(m)[0].set_vocabulary([0, 1])"), std::string::npos) << script;
  EXPECT_NE(script.find("choice([0, 1, 2], "), std::string::npos) << script;
  EXPECT_NE(script.find("if hasattr(v, \"shape\")"), std::string::npos) << script;
  Case adapted = LookupCase("weights", "");
  adapted.architecture.layers[0].config.clear();
  for (Side* side : {&adapted.writer, &adapted.reader}) side->build[0].key = "adapt";
  EXPECT_NE(PythonScript(adapted).find("a0.adapt(np.repeat([0, 1], range(2, 0, -1)))"),
            std::string::npos);
}

TEST(PythonScript, ShowsAVocabularyThatDoesNotComeBackAndClearsTheLoadOfWeights) {
  const char* interpreter = std::getenv("WEIGHTPROOF_TF_KERAS_PYTHON");
  if (interpreter == nullptr || *interpreter == '\0') {
    GTEST_SKIP() << "set WEIGHTPROOF_TF_KERAS_PYTHON";
  }
  const Case lost = LookupCase("model", R"(, {"op": "rebuild", "how": "from_config"})");
  for (const auto& [aim, cause] : {std::pair(ScriptAim::kWrong, "prediction-differs"),
                                   std::pair(ScriptAim::kKept, "state-vocabulary")}) {
    const CommandRun run = RunPython(interpreter, PythonScript(lost, aim, cause));
    EXPECT_EQ(run.code, 1) << run.text;
    EXPECT_EQ(run.text.find("Traceback"), std::string::npos) << run.text;
  }
  const CommandRun run = RunPython(interpreter, PythonScript(LookupCase("weights", "")));
  EXPECT_EQ(run.code, 0) << run.text;
  EXPECT_EQ(run.text.find("refused"), std::string::npos) << run.text;
}

TEST(PythonScript, FindsTheFrozenInnerLayerInRealKerasAndClearsTheInnocentLoad) {
  const std::pair<const char*, const char*> kLibraries[] = {
      {"keras3", "WEIGHTPROOF_KERAS_PYTHON"}, {"tf_keras", "WEIGHTPROOF_TF_KERAS_PYTHON"}};
  bool any = false;
  for (const auto& [dialect, variable] : kLibraries) {
    const char* interpreter = std::getenv(variable);
    if (interpreter == nullptr || *interpreter == '\0') continue;
    any = true;
    const CommandRun guilty = RunPython(interpreter, PythonScript(Nested(dialect, kFrozen)));
    EXPECT_EQ(guilty.code, 1) << guilty.text;
    EXPECT_EQ(guilty.text.find("Traceback"), std::string::npos) << guilty.text;
    const CommandRun innocent = RunPython(interpreter, PythonScript(Nested(dialect, "")));
    EXPECT_EQ(innocent.code, 0) << innocent.text;
    EXPECT_EQ(innocent.text.find("refused"), std::string::npos) << innocent.text;
  }
  if (!any) GTEST_SKIP() << "set WEIGHTPROOF_KERAS_PYTHON or WEIGHTPROOF_TF_KERAS_PYTHON";
}

TEST(PythonScript, TakesWhatNumpySaysOfUninitializedArraysForNoWordOfTheLoad) {
  const char* interpreter = std::getenv("WEIGHTPROOF_KERAS_PYTHON");
  if (interpreter == nullptr || *interpreter == '\0') GTEST_SKIP() << "no WEIGHTPROOF_KERAS_PYTHON";
  // numpy.empty as it may be: full of what numpy warns of when it computes on it.
  const std::string garbage = R"(import numpy
empty = numpy.empty
def full(*args, **options):
    array = empty(*args, **options)
    if array.dtype.kind == "f": array.fill(float("inf"))
    return array
numpy.empty = full
)";
  // Layers in a set are not saved, and nothing is said.
  const std::string build = R"({"build": [
      {"op": "nest", "begin": 0, "end": 2, "how": "layer", "keep": "set", "attributes": ["stack"]},
      {"op": "assemble", "how": "functional"}]})";
  const Result<Case> c = CaseFromJson(
      R"({"schema": 1, "architecture": {"dialect": "keras3", "input_shape": [2], "layers": [
      {"class": "Dense", "config": {"units": 2}}, {"class": "BatchNormalization"}]},
      "route": {"format": "weights_h5", "path": {"text": "m.weights.h5"}},
      "writer": )" +
      build + R"(, "reader": )" + build + "}");
  ASSERT_TRUE(c) << c.error().Text();
  const CommandRun run = RunPython(interpreter, garbage + PythonScript(*c));
  EXPECT_EQ(run.code, 1) << run.text;
  EXPECT_FALSE(run.text.contains("Traceback")) << run.text;
}

TEST(PythonScript, ShowsALoadWithoutAnEndAndClearsOneThatEnds) {
  const char* interpreter = std::getenv("WEIGHTPROOF_KERAS_PYTHON");
  if (interpreter == nullptr || *interpreter == '\0') GTEST_SKIP() << "no WEIGHTPROOF_KERAS_PYTHON";
  const Result<Case> c = CaseFromJson(R"({"schema": 1, "architecture": {"dialect": "keras3",
      "input_shape": [2], "layers": [{"class": "Dense", "config": {"units": 2}}]},
      "route": {"format": "weights_h5", "path": {"text": "m.weights.h5"}},
      "writer": {"build": [{"op": "assemble", "how": "list"}]},
      "reader": {"build": [{"op": "assemble", "how": "list"}]}})");
  ASSERT_TRUE(c) << c.error().Text();
  const std::optional<ScriptAim> aim =
      AimOf("loud-or-right", {VerdictKind::kFalsified, Severity::kHang, "hang", ""});
  ASSERT_EQ(aim, ScriptAim::kEndless);
  std::string script = PythonScript(*c, *aim);
  const CommandRun ends = RunPython(interpreter, script);
  EXPECT_EQ(ends.code, 0) << ends.text;
  // A load that takes a minute, and half a second for half a minute.
  const std::string limit = "dump_traceback_later(30,";
  ASSERT_TRUE(script.contains(limit)) << script;
  script.replace(script.find(limit), limit.size(), "dump_traceback_later(0.5,");
  const std::string load = "r.load_weights(";
  ASSERT_TRUE(script.contains(load)) << script;
  script.insert(script.find(load), "__import__(\"time\").sleep(60) or ");
  const CommandRun hangs = RunPython(interpreter, script);
  EXPECT_EQ(hangs.code, 1) << hangs.text;
  EXPECT_FALSE(hangs.text.contains("Traceback")) << hangs.text;
}

// A file that is to make the load leave its home.
Case HostileCase(const char* dialect, const char* damage) {
  Result<Case> c = CaseFromJson(
      std::string(R"({"schema": 1, "architecture": {"dialect": ")") + dialect +
      R"(", "input_shape": [2], "layers": [{"class": "Dense", "config": {"units": 1}}]},
      "writer": {"build": [{"op": "assemble", "how": "list"}]},
      "reader": {"build": [{"op": "assemble", "how": "list"}]},
      "route": {"format": "weights_h5", "path": {"text": "m.weights.h5"}}, "damage": [)" +
      damage + "]}");
  EXPECT_TRUE(c) << (c ? "" : c.error().Text());
  return c ? *c : Case{};
}

TEST(PythonScript, ShowsALoadThatLeavesItsHomeAndClearsOneThatDoesNot) {
  struct Row {
    const char* variable;
    const char* dialect;
    const char* damage;
    int code;
  };
  constexpr const char* kLink = R"({"op": "external_link", "path": "layers/dense/vars/0"})";
  constexpr const char* kMoved =
      R"({"op": "soft_link", "path": "layers/dense/vars/0", "how": "elsewhere"})";
  bool any = false;
  for (const Row& row : {Row{"WEIGHTPROOF_KERAS_PYTHON", "keras3", kLink, 0},
                         Row{"WEIGHTPROOF_TF_KERAS_PYTHON", "tf_keras", kLink, 1},
                         Row{"WEIGHTPROOF_TF_KERAS_PYTHON", "tf_keras", kMoved, 0}}) {
    const char* interpreter = std::getenv(row.variable);
    if (interpreter == nullptr || *interpreter == '\0') continue;
    any = true;
    const std::string script = PythonScript(HostileCase(row.dialect, row.damage), ScriptAim::kHome);
    const CommandRun ran = RunPython(interpreter, script);
    EXPECT_EQ(ran.code, row.code) << ran.text << script;
    EXPECT_FALSE(ran.text.contains("Traceback")) << ran.text;
    EXPECT_EQ(ran.text.contains("opened: bait.h5"), row.code == 1) << ran.text;
  }
  if (!any) GTEST_SKIP() << "set WEIGHTPROOF_KERAS_PYTHON or WEIGHTPROOF_TF_KERAS_PYTHON";
}

TEST(PythonScript, OfAnyHostileFileIsNeverLongerThanFortyLines) {
  Space space;
  space.hostile = {"external_link", "soft_link", "external_storage", "virtual",
                   "huge",          "bomb",      "traversal",        "config"};
  space.hostile_percent = 100;
  for (std::uint64_t i = 0; i < 500; ++i) {
    SeededChoices choices(13, i);
    const Case c = Generate(choices, space);
    if (!IsHostile(c)) continue;
    const std::string script = PythonScript(c, ScriptAim::kHome);
    EXPECT_LE(std::ranges::count(script, '\n'), kScriptLinesMax) << CaseToJson(c) << script;
  }
}

TEST(PythonScript, OfRandomCasesRunsInRealKeras) {
  const char* interpreter = std::getenv("WEIGHTPROOF_KERAS_PYTHON");
  if (interpreter == nullptr || *interpreter == '\0') GTEST_SKIP() << "no WEIGHTPROOF_KERAS_PYTHON";
  Space space;
  space.dialects = {"keras3"};
  for (std::uint64_t i = 0; i < 3; ++i) {
    SeededChoices choices(12, i);
    const Case c = Generate(choices, space);
    const CommandRun ran = RunPython(interpreter, PythonScript(c));
    EXPECT_TRUE(ran.code == 0 || ran.code == 1) << ran.code;
    EXPECT_EQ(ran.text.find("Traceback"), std::string::npos) << ran.text << CaseToJson(c);
  }
}

}  // namespace
}  // namespace weightproof
