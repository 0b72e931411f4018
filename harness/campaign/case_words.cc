#include "harness/campaign/case_words.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "harness/case/json.h"

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

std::string SideWords(const char* who, const Side& side) {
  std::string text = fmt::format("{}:\n", who);
  for (const Json& step : BuildToJson(side.build)) text += fmt::format("  - {}\n", StepWords(step));
  const Json session = SessionToJson(side.session);
  for (const auto& [key, value] : session.items()) {
    text += fmt::format("  in a session with {} {}\n", key, value.dump());
  }
  return text;
}

std::string PathWords(const PathSpec& path) {
  std::string words = fmt::format("'{}'", path.text);
  if (path.relative) words += ", relative to the working directory";
  if (path.setup != PathSetup::kNone) words += fmt::format(" ({})", PathSetupName(path.setup));
  return words;
}

}  // namespace

std::string CaseWords(const Case& c) {
  std::string text =
      fmt::format("The model ({}), on inputs of shape {}:\n", DialectName(c.architecture.dialect),
                  ShapeText(c.architecture.input_shape));
  int place = 0;
  for (const LayerSpec& layer : c.architecture.layers) {
    text += fmt::format("  {}  {}\n", place++, LayerWords(LayerToJson(layer)));
  }
  text += SideWords("The writer builds it so", c.writer);
  text +=
      fmt::format("It is given weights of seed {}, profile {}, and saved as {} at {}{}.\n",
                  c.weights.seed, ProfileName(c.weights.profile), RouteFormatName(c.route.format),
                  PathWords(c.route.path), c.route.overwrite ? "" : ", without overwriting");
  if (c.route.load_path)
    text += fmt::format("The file is copied to {}.\n", PathWords(*c.route.load_path));
  for (const Json& edit : DamageToJson(c.damage)) {
    text += fmt::format("The file is changed: {}.\n", StepWords(edit));
  }
  if (c.writer == c.reader) {
    text += fmt::format("The reader builds it in the same way.\n");
  } else {
    text += SideWords("The reader builds it so", c.reader);
  }
  if (c.route.load_as == LoadAs::kModel) {
    text += fmt::format("The whole model is made from the file.\n");
  } else {
    text += fmt::format("Its weights are loaded by {}{}{}.\n", c.route.by_name ? "name" : "order",
                        c.route.skip_mismatch ? ", skipping what does not fit" : "",
                        c.route.partial ? ", accepting what only one side has" : "");
  }
  text += fmt::format("Both predict on {} inputs of seed {}.\n", c.probe.batch, c.probe.seed);
  return text;
}

}  // namespace weightproof
