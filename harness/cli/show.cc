#include <fmt/core.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "harness/campaign/python_script.h"
#include "harness/case/json.h"
#include "harness/cli/commands.h"

namespace weightproof {
namespace {

using Json = nlohmann::json;

// "Dense(activation=relu, units=10)" of {"class": "Dense", "config": {...}}.
std::string LayerWords(const Json& layer) {
  std::string arguments;
  const Json config = layer.value("config", Json::object());
  for (const auto& [key, value] : config.items()) {
    arguments += fmt::format("{}{}={}", arguments.empty() ? "" : ", ", key,
                             value.is_string() ? value.get<std::string>() : value.dump());
  }
  return fmt::format("{}({})", layer.value("class", "?"), arguments);
}

// "name layer=0 name=dense_1": a step in the words of CASE.md.
std::string StepWords(const Json& step) {
  std::string text = step.value("op", "?");
  for (const auto& [key, value] : step.items()) {
    if (key == "op") continue;
    const std::string words = key == "spec"       ? LayerWords(value)
                              : value.is_string() ? value.get<std::string>()
                                                  : value.dump();
    text += fmt::format(", {} {}", key, words);
  }
  return text;
}

void PrintSide(const char* who, const Side& side) {
  fmt::print("{}:\n", who);
  for (const Json& step : BuildToJson(side.build)) fmt::print("  - {}\n", StepWords(step));
  const Json session = SessionToJson(side.session);
  for (const auto& [key, value] : session.items()) {
    fmt::print("  in a session with {} {}\n", key, value.dump());
  }
}

std::string PathWords(const PathSpec& path) {
  std::string words = fmt::format("'{}'", path.text);
  if (path.relative) words += ", relative to the working directory";
  if (path.setup != PathSetup::kNone) words += fmt::format(" ({})", PathSetupName(path.setup));
  return words;
}

void PrintWords(const Case& c) {
  fmt::print("The model ({}), on inputs of shape {}:\n", DialectName(c.architecture.dialect),
             ShapeText(c.architecture.input_shape));
  int place = 0;
  for (const LayerSpec& layer : c.architecture.layers) {
    fmt::print("  {}  {}\n", place++, LayerWords(LayerToJson(layer)));
  }
  PrintSide("The writer builds it so", c.writer);
  fmt::print("It is given weights of seed {}, profile {}, and saved as {} at {}{}.\n",
             c.weights.seed, ProfileName(c.weights.profile), RouteFormatName(c.route.format),
             PathWords(c.route.path), c.route.overwrite ? "" : ", without overwriting");
  if (c.route.load_path) fmt::print("The file is copied to {}.\n", PathWords(*c.route.load_path));
  for (const Json& edit : DamageToJson(c.damage)) {
    fmt::print("The file is changed: {}.\n", StepWords(edit));
  }
  if (c.writer == c.reader) {
    fmt::print("The reader builds it in the same way.\n");
  } else {
    PrintSide("The reader builds it so", c.reader);
  }
  if (c.route.load_as == LoadAs::kModel) {
    fmt::print("The whole model is made from the file.\n");
  } else {
    fmt::print("Its weights are loaded by {}{}{}.\n", c.route.by_name ? "name" : "order",
               c.route.skip_mismatch ? ", skipping what does not fit" : "",
               c.route.partial ? ", accepting what only one side has" : "");
  }
  fmt::print("Both predict on {} inputs of seed {}.\n", c.probe.batch, c.probe.seed);
}

}  // namespace

int Show(const ShowOptions& o) {
  Result<Case> c = ReadCase(o.file);
  if (!c) return Refuse(c.error());
  if (!o.python) {
    PrintWords(*c);
    fmt::print("\nAs a script for the real library (exits 1 when silently wrong):\n\n");
  }
  fmt::print("{}", PythonScript(*c));
  return kExitOk;
}

}  // namespace weightproof
