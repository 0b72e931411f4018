#include <gtest/gtest.h>

#include <ctime>
#include <map>
#include <set>

#include "harness/case/draw.h"
#include "model/spec/layer_schema.h"

namespace weightproof {
namespace {

constexpr std::uint64_t kCases = 2'000;

Case Drawn(std::uint64_t index, const Space& space = {}) {
  SeededChoices choices(1, index);
  return Generate(choices, space);
}

int WeightedLayers(const Case& c) {
  int n = 0;
  for (const LayerSpec& layer : c.architecture.layers) n += HasWeights(layer.class_name) ? 1 : 0;
  return n;
}

TEST(Generate, DrawsValidCasesOnly) {
  for (std::uint64_t i = 0; i < kCases; ++i) {
    const Case c = Drawn(i);
    ASSERT_TRUE(IsValid(c)) << CaseToJson(c);
  }
}

TEST(Generate, IsAFunctionOfSeedAndIndex) {
  for (std::uint64_t i = 0; i < 200; ++i) EXPECT_EQ(CaseToJson(Drawn(i)), CaseToJson(Drawn(i)));
  EXPECT_NE(CaseToJson(Drawn(0)), CaseToJson(Drawn(1)));
}

TEST(Generate, RoundTripsThroughJson) {
  for (std::uint64_t i = 0; i < 5'000; ++i) {
    const Case c = Drawn(i);
    const std::string text = CaseToJson(c);
    const auto read = CaseFromJson(text);
    ASSERT_TRUE(read) << read.error().Text() << text;
    ASSERT_EQ(*read, c) << text;
    ASSERT_EQ(CaseToJson(*read), text);
  }
}

TEST(Generate, DrawsEveryFeatureWithinTwoThousandCases) {
  std::map<std::string, int> seen;
  for (std::uint64_t i = 0; i < kCases; ++i) {
    for (const std::string& feature : Features(Drawn(i))) ++seen[feature];
  }
  for (const std::string& feature : AllFeatures({})) {
    EXPECT_GE(seen[feature], 1) << feature;
  }
  const std::vector<std::string> all = AllFeatures({});
  for (const auto& [feature, count] : seen) {
    EXPECT_TRUE(std::find(all.begin(), all.end(), feature) != all.end()) << feature;
    RecordProperty(feature, count);
  }
}

Space WithState() {
  Space space;
  space.dialects = {"keras3"};
  space.steps = {"compile",  "own_state",     "policy",       "lora",
                 "quantize", "assemble:list", "assemble:add", "nest",
                 "freeze",   "set",           "rebuild:json", "rebuild:from_config"};
  space.modes = {"by_order", "model", "sharded"};
  return space;
}

TEST(Generate, DrawsWhatIsBesideTheWeightsWhereTheSpaceNamesIt) {
  std::map<std::string, int> seen;
  int quantized_into_adapted = 0;
  for (std::uint64_t i = 0; i < kCases; ++i) {
    const Case c = Drawn(i, WithState());
    ASSERT_TRUE(IsValid(c)) << CaseToJson(c);
    const auto read = CaseFromJson(CaseToJson(c));
    ASSERT_TRUE(read) << read.error().Text();
    ASSERT_EQ(*read, c);
    for (const std::string& feature : Features(c)) ++seen[feature];
    for (const Case& smaller : Shrinks(c)) ASSERT_TRUE(IsValid(smaller)) << CaseToJson(smaller);
    const auto has = [](const Build& build, StepOp op) {
      return std::ranges::find(build, op, &Step::op) != build.end();
    };
    quantized_into_adapted +=
        has(c.writer.build, StepOp::kQuantize) && has(c.reader.build, StepOp::kLora) ? 1 : 0;
  }
  EXPECT_GE(quantized_into_adapted, 3);
  for (const char* feature : {"step:compile", "step:own_state", "step:policy", "step:lora",
                              "step:quantize", "mode:sharded"}) {
    EXPECT_GE(seen[feature], 40) << feature;
  }
  for (const std::string& feature : AllFeatures(WithState())) {
    if (feature.starts_with("step:") || feature.starts_with("mode:")) {
      EXPECT_GE(seen[feature], 1) << feature;
    }
  }
}

Space Hostile(int percent) {
  Space space;
  space.hostile = {"external_link", "soft_link", "external_storage", "virtual",
                   "huge",          "bomb",      "traversal",        "config"};
  space.hostile_percent = percent;
  return space;
}

TEST(Generate, DrawsHostileDamageWhereTheSpaceListsItAndNothingElseThere) {
  std::map<std::string, int> seen;
  int hostile = 0;
  for (std::uint64_t i = 0; i < kCases; ++i) {
    const Case c = Drawn(i, Hostile(100));
    ASSERT_TRUE(IsValid(c)) << CaseToJson(c);
    const auto read = CaseFromJson(CaseToJson(c));
    ASSERT_TRUE(read) << read.error().Text();
    ASSERT_EQ(*read, c);
    hostile += IsHostile(c) ? 1 : 0;
    EXPECT_TRUE(IsHostile(c) || c.damage.empty());
    for (const std::string& feature : Features(c)) ++seen[feature];
    if (i % 50 != 0) continue;
    for (const Case& smaller : Shrinks(c)) ASSERT_TRUE(IsValid(smaller)) << CaseToJson(smaller);
  }
  EXPECT_GT(hostile, static_cast<int>(kCases) * 9 / 10);
  const std::vector<std::string> plain = AllFeatures(Space{});
  int words = 0;
  for (const std::string& feature : AllFeatures(Hostile(100))) {
    if (std::ranges::find(plain, feature) != plain.end()) continue;
    EXPECT_GE(seen[feature], 1) << feature;
    ++words;
  }
  EXPECT_EQ(words, 19);
}

TEST(Generate, DrawsHostileDamageRarelyAndElsewhereNever) {
  int hostile = 0;
  for (std::uint64_t i = 0; i < kCases; ++i) {
    EXPECT_FALSE(IsHostile(Drawn(i)));
    hostile += IsHostile(Drawn(i, Hostile(1))) ? 1 : 0;
  }
  EXPECT_GE(hostile, 1);
  EXPECT_LE(hostile, static_cast<int>(kCases) / 30);
}

TEST(IsValid, LetsHostileDamageStandAloneInAFileThatHasAPlaceForIt) {
  const auto valid = [](const char* format, const char* load_as, const char* damage) {
    const auto c = CaseFromJson(
        std::string(R"({"schema": 1, "architecture": {"dialect": "keras3", "input_shape": [2],
          "layers": [{"class": "Dense", "config": {"units": 1}}]},
          "writer": {"build": [{"op": "assemble", "how": "list"}]},
          "reader": {"build": [{"op": "assemble", "how": "list"}])") +
        (std::string(load_as) == "model" ? R"(, "session": {}}, "route": {"load_as": "model",)"
                                         : R"(}, "route": {)") +
        R"("format": ")" + format + R"(", "path": {"text": "m"}}, "damage": [)" + damage + "]}");
    if (!c) return false;
    Case fixed = *c;
    if (fixed.route.load_as == LoadAs::kModel) {
      Step rebuild;
      rebuild.op = StepOp::kRebuild;
      fixed.reader.build = fixed.writer.build;
      fixed.reader.build.push_back(rebuild);
    }
    return IsValid(fixed);
  };
  constexpr const char* kBomb = R"({"op": "bomb", "how": "config", "bytes": 1000})";
  constexpr const char* kLink = R"({"op": "external_link", "path": "layers/dense/vars/0"})";
  constexpr const char* kLoss = R"({"op": "config", "how": "loss"})";
  EXPECT_TRUE(valid("keras_archive", "weights", kBomb));
  EXPECT_FALSE(valid("weights_h5", "weights", kBomb));
  EXPECT_TRUE(valid("weights_h5", "weights", kLink));
  EXPECT_TRUE(valid("keras_archive", "model", kLink));
  EXPECT_FALSE(valid("legacy_h5", "weights", kLink)) << "no such path there";
  EXPECT_TRUE(valid("keras_archive", "model", kLoss));
  EXPECT_FALSE(valid("keras_archive", "weights", kLoss));
  EXPECT_FALSE(valid("legacy_h5_model", "model", kLoss));
  EXPECT_TRUE(valid("legacy_h5_model", "model", R"({"op": "config", "how": "lambda"})"));
  EXPECT_FALSE(valid("weights_h5", "weights", (std::string(kLink) + "," + kLink).c_str()));
  EXPECT_FALSE(
      valid("keras_archive", "weights", R"({"op": "drop", "path": "layers/dense/vars/0"})"));
  EXPECT_FALSE(valid("weights_h5", "weights",
                     R"({"op": "soft_link", "path": "layers/dense/vars/0", "how": "up"})"));
  EXPECT_FALSE(valid("weights_h5", "weights", R"({"op": "huge", "path": "layers/dense/vars/0",
                                                  "how": "chunked", "bytes": 99999999999})"));
}

TEST(Generate, DrawsNothingBesideTheWeightsElsewhere) {
  for (std::uint64_t i = 0; i < 500; ++i) {
    const Case c = Drawn(i);
    EXPECT_FALSE(c.route.sharded);
    for (const Build* build : {&c.writer.build, &c.reader.build}) {
      for (const StepOp op : {StepOp::kCompile, StepOp::kOwnState, StepOp::kPolicy}) {
        EXPECT_EQ(FindStep(*build, op), nullptr);
      }
    }
  }
}

TEST(Generate, GivesBothSidesOneConfigDrivenBuildWhereAskedTo) {
  Space space;
  space.same_build = true;
  space.damage = false;
  std::set<std::string> seen;
  for (std::uint64_t index = 0; index < 2000; ++index) {
    SeededChoices choices(3, index);
    const Case c = Generate(choices, space);
    EXPECT_TRUE(c.damage.empty());
    EXPECT_EQ(c.reader.build.back().op, StepOp::kRebuild) << CaseToJson(c);
    if (c.route.load_as == LoadAs::kWeights) {
      EXPECT_EQ(c.writer.build, c.reader.build);
    }
    for (std::string& feature : Features(c)) seen.insert(std::move(feature));
  }
  for (const std::string& due : AllFeatures(space)) EXPECT_TRUE(seen.contains(due)) << due;
}

TEST(Generate, OwesWithOneBuildOnBothSidesOnlyWhatAConfigCanBring) {
  Space space;
  space.same_build = true;
  space.damage = false;
  space.steps = {"graph",
                 "calls",
                 "operands",
                 "outputs",
                 "nest",
                 "nest:functional",
                 "nest:subclass",
                 "nest:layer",
                 "keep:list",
                 "keep:lists",
                 "keep:dict",
                 "keep:set",
                 "assemble:list",
                 "name",
                 "freeze",
                 "rebuild:json",
                 "rebuild:clone",
                 "rebuild:from_config",
                 "assemble:functional"};
  for (const LayerSchema& schema : LayerSchemas()) space.layers.emplace_back(schema.class_name);
  std::set<std::string> seen;
  for (std::uint64_t index = 0; index < 2000; ++index) {
    SeededChoices choices(5, index);
    for (std::string& feature : Features(Generate(choices, space))) {
      seen.insert(std::move(feature));
    }
  }
  for (const std::string& due : AllFeatures(space)) {
    EXPECT_TRUE(!due.starts_with("step:") || seen.contains(due)) << due;
  }
}

TEST(Generate, MixesSameOtherAndDamagedModels) {
  int layers = 0;
  int damaged = 0;
  int others = 0;
  int plainest = 0;
  for (std::uint64_t i = 0; i < kCases; ++i) {
    const Case c = Drawn(i);
    layers += WeightedLayers(c);
    damaged += c.damage.empty() ? 0 : 1;
    const auto writer = Interpret(c.architecture, c.writer.build);
    const auto reader = Interpret(c.architecture, c.reader.build);
    ASSERT_TRUE(writer && reader);
    others += NormalForm(*writer) == NormalForm(*reader) ? 0 : 1;
    plainest += c.architecture.layers.size() == 1 && c.probe.batch == 3 && c.weights.seed == 1;
  }
  EXPECT_GE(layers, static_cast<int>(3 * kCases));
  EXPECT_GE(damaged, static_cast<int>(kCases / 10));
  EXPECT_LE(damaged, static_cast<int>(kCases / 5));
  EXPECT_GE(others, static_cast<int>(kCases * 15 / 100));
  EXPECT_LE(others, static_cast<int>(kCases * 30 / 100));
  EXPECT_LE(plainest, 2);  // the fallback stays a fallback
}

TEST(Generate, StaysInsideItsSpace) {
  Space space;
  space.layers = {"Dense", "LSTM"};
  space.formats = {"weights_h5"};
  space.dialects = {"tf_keras"};
  space.modes = {"by_order"};
  space.steps = {"assemble:list", "nest"};
  space.damage = false;
  space.sessions = false;
  space.layers_max = 2;
  const std::vector<std::string> all = AllFeatures(space);
  for (std::uint64_t i = 0; i < 500; ++i) {
    const Case c = Drawn(i, space);
    EXPECT_LE(WeightedLayers(c), 2);
    for (const std::string& feature : Features(c)) {
      ASSERT_TRUE(std::find(all.begin(), all.end(), feature) != all.end()) << feature;
    }
  }
}

// A foreign loader's space, which names more than model/ computes.
TEST(Generate, DrawsWhatModelDoesNotComputeOnlyWhereTheSpaceNamesIt) {
  Space everything;
  everything.steps = {"clear_names",
                      "stray",
                      "order",
                      "name",
                      "freeze",
                      "unfreeze",
                      "noop",
                      "nest",
                      "insert",
                      "remove",
                      "set",
                      "exchange",
                      "pop",
                      "graph",
                      "calls",
                      "operands",
                      "outputs",
                      "assemble:list",
                      "assemble:add",
                      "assemble:functional",
                      "assemble:subclass",
                      "rebuild:from_config",
                      "rebuild:json",
                      "rebuild:clone"};
  for (const LayerSchema& schema : LayerSchemas()) {
    everything.layers.emplace_back(schema.class_name);
  }
  std::map<std::string, int> seen;
  for (std::uint64_t i = 0; i < kCases; ++i) {
    const Case c = Drawn(i, everything);
    ASSERT_TRUE(IsValid(c)) << CaseToJson(c);
    const auto read = CaseFromJson(CaseToJson(c));
    ASSERT_TRUE(read) << read.error().Text() << CaseToJson(c);
    ASSERT_EQ(*read, c);
    for (const std::string& feature : Features(c)) ++seen[feature];
    EXPECT_TRUE(Drawn(i).architecture.calls.empty());
    for (const LayerSpec& layer : Drawn(i).architecture.layers) {
      EXPECT_FALSE(FindLayerSchema(layer.class_name)->without_forward) << layer.class_name;
    }
  }
  const std::vector<std::string> all = AllFeatures(everything);
  for (const std::string& feature : all) EXPECT_GE(seen[feature], 1) << feature;
  for (const auto& [feature, count] : seen) {
    EXPECT_TRUE(std::find(all.begin(), all.end(), feature) != all.end()) << feature;
  }
}

TEST(Generate, IsQuick) {
  const std::clock_t start = std::clock();
  for (std::uint64_t i = 0; i < kCases; ++i) Drawn(i);
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  RecordProperty("microseconds", std::to_string(seconds * 1e6 / kCases));
  EXPECT_LT(seconds * 1e6 / kCases, 2'000);  // sanitizers included
}

}  // namespace
}  // namespace weightproof
