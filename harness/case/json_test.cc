#include "harness/case/json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace weightproof {
namespace {

constexpr std::string_view kGolden = R"({
  "architecture": {
    "dialect": "keras3",
    "input_shape": [
      5
    ],
    "layers": [
      {
        "class": "Dense",
        "config": {
          "activation": "relu",
          "units": 10
        }
      },
      {
        "class": "Dense",
        "config": {
          "units": 1
        }
      }
    ]
  },
  "reader": {
    "build": [
      {
        "how": "functional",
        "op": "assemble"
      }
    ],
    "session": {
      "fresh": true
    }
  },
  "route": {
    "format": "legacy_h5",
    "load_path": {
      "text": "other.h5"
    },
    "path": {
      "text": "m.h5"
    }
  },
  "schema": 1,
  "writer": {
    "build": [
      {
        "how": "list",
        "op": "assemble"
      }
    ]
  }
})";

LayerSpec Dense(std::int64_t units) {
  LayerSpec layer;
  layer.class_name = "Dense";
  layer.config["units"] = units;
  return layer;
}

Case Golden() {
  Case c;
  c.architecture.input_shape = {5};
  c.architecture.layers = {Dense(10), Dense(1)};
  c.architecture.layers[0].config["activation"] = std::string("relu");
  c.writer.build.push_back({});
  c.reader.build.push_back({});
  c.reader.build[0].how = AssembleHow::kFunctional;
  c.reader.session.fresh = true;
  c.route.path.text = "m.h5";
  c.route.load_path.emplace().text = "other.h5";
  return c;
}

std::string With(std::string_view from, std::string_view to) {
  std::string text(kGolden);
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string PlaceOf(const std::string& text) {
  const auto c = CaseFromJson(text);
  return c ? "accepted" : std::string(c.error().place);
}

TEST(CaseJson, WritesTheDocumentedTextWithSortedKeysAndWithoutDefaults) {
  EXPECT_EQ(CaseToJson(Golden()), kGolden);
}

TEST(CaseJson, ReadsWhatItWrites) {
  const auto c = CaseFromJson(kGolden);
  ASSERT_TRUE(c) << c.error().place << c.error().message;
  EXPECT_EQ(*c, Golden());
}

TEST(CaseJson, AcceptsDefaultsThatAreSpelledOut) {
  const auto c = CaseFromJson(With(
      R"("schema": 1)",
      R"("schema": 1, "damage": [], "probe": {"seed": 1, "batch": 3}, "weights": {"seed": 1})"));
  ASSERT_TRUE(c);
  EXPECT_EQ(*c, Golden());
}

TEST(CaseJson, KeepsEveryStepAndEveryDamage) {
  const std::string steps = R"([
    {"op": "clear_names"}, {"op": "stray", "class": "Dense"},
    {"op": "set", "layer": 1, "key": "k", "value": [1, -2]},
    {"op": "set", "layer": 1, "key": "k", "value": 0.5},
    {"op": "set", "layer": 1, "key": "k", "value": null},
    {"op": "exchange", "layer": 0, "other": 1}, {"op": "remove", "layer": 1},
    {"op": "insert", "at": 2, "spec": {"class": "ReLU", "config": {"threshold": 1.0}}, "name": "a"},
    {"op": "noop", "at": 1, "class": "Dropout"}, {"op": "name", "nest": 0, "name": "x"},
    {"op": "freeze", "model": true, "after": true}, {"op": "unfreeze", "layer": 0},
    {"op": "order", "order": [1, 0]}, {"op": "nest", "begin": 0, "end": 2, "own_input": true},
    {"op": "assemble", "how": "subclass", "input": "call", "attributes": ["b", "a"],
     "attribute_order": [1, 0]},
    {"op": "pop", "count": 1, "same": false}, {"op": "rebuild", "how": "clone"}])";
  const std::string damage = R"([
    {"op": "drop", "path": "a", "attribute": "b"}, {"op": "rename", "path": "a", "to": "b"},
    {"op": "swap", "path": "a", "other": "b"}, {"op": "reshape", "path": "a", "shape": [2, 3]},
    {"op": "retype", "path": "a", "dtype": "float32", "big_endian": true}, {"op": "duplicate", "path": "a", "to": "b"},
    {"op": "set_attribute", "path": "a", "attribute": "b", "strings": ["x", "y"]},
    {"op": "chunk", "path": "a", "deflate": 6, "shuffle": true, "fletcher32": true},
    {"op": "flip", "at": 70000, "mask": 255}, {"op": "cut", "at": 0, "path": "a"},
    {"op": "zero", "at": 0, "bytes": 512}, {"op": "append", "bytes": 1},
    {"op": "set_value", "path": "a", "index": 3, "value": "-inf"}])";
  const auto build = BuildFromJson(*ParseJson(steps, "steps"));
  ASSERT_TRUE(build) << build.error().place << build.error().message;
  EXPECT_EQ(BuildToJson(*build), *ParseJson(steps, "steps"));
  const auto list = DamageFromJson(*ParseJson(damage, "damage"));
  ASSERT_TRUE(list) << list.error().place << list.error().message;
  EXPECT_EQ(DamageToJson(*list), *ParseJson(damage, "damage"));
}

TEST(CaseJson, NamesThePlaceOfWhatIsWrongByJsonPointer) {
  EXPECT_EQ(PlaceOf(With(R"("how": "list")", R"("how": "lost")")), "case:/writer/build/0/how");
  EXPECT_EQ(PlaceOf(With(R"("op": "assemble")", R"("op": "assemble", "a/b~": 1)")),
            "case:/reader/build/0/a~1b~0");
  EXPECT_EQ(PlaceOf(With(R"("fresh": true)", R"("fresh": 1)")), "case:/reader/session/fresh");
  EXPECT_EQ(PlaceOf(With(R"("units": 1
)",
                         R"("units": {}
)")),
            "case:/architecture/layers/1/config/units");
  EXPECT_EQ(PlaceOf(With(R"("text": "other.h5")", R"("txt": "other.h5")")),
            "case:/route/load_path");
  EXPECT_EQ(PlaceOf(With(R"("schema": 1)", R"("schema": 2)")), "case:/schema");
  EXPECT_EQ(PlaceOf(With(R"("schema": 1,)", "")), "case:");
}

TEST(CaseJson, RefusesHostileTextWithoutThrowing) {
  const std::string deep = std::string(100'000, '[');
  for (const std::string& text : std::vector<std::string>{
           "",
           "{",
           "nul",
           "[]",
           "1e999",
           "\"\xff\"",
           "{\"a\":1,\"a\":2}",
           deep,
           "{}x",
           With("\"schema\": 1", "\"schema\": 99999999999999999999"),
           With("1\n", "1e400\n"),
           With("5\n", "-5\n"),
           With("5\n", "5.5\n"),
           With("5\n", "18446744073709551615\n"),
           With(R"("m.h5")", "\"" + std::string(kCaseTextBytesMax + 1, 'a') + "\""),
           With(R"("m.h5")", "\"\\ud800\""),
           With(R"("schema": 1,)", R"("schema":1,"schema":1,)"),
           std::string(kCaseJsonBytesMax + 1, ' '),
           With(R"("fresh": true)", R"("models_before": 1000000)"),
           "[" + std::string(400'000, ' ') + "]"}) {
    const auto c = CaseFromJson(text);
    ASSERT_FALSE(c) << text.substr(0, 200);
    EXPECT_FALSE(c.error().message.empty());
    EXPECT_FALSE(c.error().remedy.empty());
  }
}

TEST(CaseJson, SurvivesEveryOneByteChangeOfAValidText) {
  std::size_t accepted = 0;
  for (std::size_t i = 0; i < kGolden.size(); ++i) {
    for (const char byte : {'\0', '"', '{', '9', '\xff', ' '}) {
      std::string text(kGolden);
      text[i] = byte;
      const auto c = CaseFromJson(text);
      if (!c) continue;
      ++accepted;
      EXPECT_EQ(*CaseFromJson(CaseToJson(*c)), *c);
    }
  }
  EXPECT_GT(accepted, 100u);
}

TEST(CaseJson, BoundsTheNumberOfValues) {
  std::string many = "[0";
  for (std::size_t i = 0; i < kJsonValuesMax; ++i) many += ",0";
  const auto value = ParseJson(many + "]", "x");
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().kind, ErrorKind::kLimitExceeded);
}

TEST(CaseJson, RefusesPathsThatLeaveTheCasesFolder) {
  Case c;
  c.architecture.input_shape = {1};
  c.architecture.layers = {{"Dense", "", true, {{"units", std::int64_t{1}}}, {}, {}}};
  for (Side* side : {&c.writer, &c.reader}) side->build = {Step{}};
  ASSERT_TRUE(CaseFromJson(CaseToJson(c)));
  for (const char* text : {"/etc/m.h5", "../m.h5", "a/../../m.h5", ".."}) {
    Case out = c;
    out.route.path.text = text;
    EXPECT_FALSE(CaseFromJson(CaseToJson(out))) << text;
    out = c;
    out.reader.session.working_directory = text;
    EXPECT_FALSE(CaseFromJson(CaseToJson(out))) << text;
  }
  c.route.path.text = "./..m..h5";
  EXPECT_TRUE(CaseFromJson(CaseToJson(c)));
}

}  // namespace
}  // namespace weightproof
