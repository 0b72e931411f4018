// A model's config that names what is not the library's own.
#include <nlohmann/json.hpp>
#include <span>

#include "harness/case/json.h"
#include "harness/hostile/hostile_file.h"
#include "harness/hostile/hostile_internal.h"
#include "harness/testee/base64.h"

namespace weightproof {
namespace {

using Json = nlohmann::json;

// marshal of CPython 3.11's code for `lambda *a, **k: __import__("weightproof_bait_00000000")
// .bait(*a)`, in two pieces around the module's name, which may be any of the same length.
// Interpreters of another version refuse it, and nothing runs.
constexpr unsigned char kLambdaHead[] = {
    0xe3, 0,    0,    0, 0,    0, 0,    0, 0,    0, 0,    0, 0,    4, 0,    0, 0,    0x0f, 0,    0,
    0,    0xf3, 0x30, 0, 0,    0, 0x97, 0, 2,    0, 0x74, 1, 0,    0, 0,    0, 0,    0,    0,    0,
    0,    0,    0x64, 1, 0xa6, 1, 0,    0, 0xab, 1, 0,    0, 0,    0, 0,    0, 0,    0,    0x6a, 1,
    0,    0,    0,    0, 0,    0, 0,    0, 0x7c, 0, 0x8e, 0, 0x53, 0, 0xa9, 2, 0x4e, 0xda, 0x19};
constexpr unsigned char kLambdaTail[] = {
    0xa9, 2,    0xda, 0x0a, 0x5f, 0x5f, 0x69, 0x6d, 0x70, 0x6f, 0x72, 0x74, 0x5f, 0x5f, 0xda,
    4,    0x62, 0x61, 0x69, 0x74, 0x29, 2,    0xda, 1,    0x61, 0xda, 1,    0x6b, 0x73, 2,
    0,    0,    0,    0x20, 0x20, 0xda, 0,    0xda, 1,    0x66, 0x72, 0x0a, 0,    0,    0,
    3,    0,    0,    0,    0xf3, 0,    0,    0,    0,    0x72, 0x0b, 0,    0,    0};

std::string LambdaCode(const std::string& module) {
  std::string code(reinterpret_cast<const char*>(kLambdaHead), sizeof kLambdaHead);
  code += module;
  code.append(reinterpret_cast<const char*>(kLambdaTail), sizeof kLambdaTail);
  return Base64Encode(std::as_bytes(std::span(code)));
}

// The layer becomes a Lambda: same name, same calls. `old_form`: as tf-keras writes it.
void BecomeLambda(Json& layer, const std::string& how, bool old_form, const Json& function,
                  const Bait& bait) {
  Json config = {{"name", layer["config"].value("name", "bait")}, {"arguments", Json::object()}};
  const Json code = {LambdaCode(bait.module), nullptr, nullptr};
  if (old_form) {
    const bool lambda = how == "lambda";
    config["function"] = lambda ? code : Json("bait");
    config["function_type"] = lambda ? "lambda" : "function";
    config["module"] = bait.module;
    config["output_shape"] = config["output_shape_module"] = nullptr;
    config["output_shape_type"] = "raw";
  } else if (how == "lambda") {
    config["function"] = {
        {"class_name", "__lambda__"},
        {"config",
         {{"code", code[0]}, {"defaults", nullptr}, {"closure", nullptr}, {"value", code}}}};
  } else {
    config["function"] = function;
  }
  layer["class_name"] = "Lambda";
  layer["config"] = std::move(config);
}

}  // namespace

Result<std::string> MakeHostileConfig(const std::string& config, Dialect dialect,
                                      const Damage& edit, const Bait& bait) {
  Json root = Json::parse(config, nullptr, false);
  if (!root.is_object() || !root["config"].is_object() || !root["config"]["layers"].is_array()) {
    return HostileDoesNotApply(edit, "no config of a model is there");
  }
  const Json function = {{"module", bait.module},
                         {"class_name", "function"},
                         {"config", "bait"},
                         {"registered_name", "bait"}};
  if (edit.how == "loss") {
    root["compile_config"] = {{"optimizer", "sgd"}, {"loss", function}};
    return root.dump();
  }
  for (Json& layer : root["config"]["layers"]) {
    if (!layer.is_object() || !layer["config"].is_object()) continue;
    if (layer.value("class_name", "") == "InputLayer") continue;
    // A `.h5` of tf-keras names no modules.
    const bool names_modules = layer.contains("module") || dialect == Dialect::kKeras3;
    if (names_modules || edit.how == "module") {
      layer["module"] = edit.how == "module" ? bait.module : "keras.layers";
      layer["registered_name"] = nullptr;
    }
    if (edit.how == "module") {
      layer["class_name"] = layer["registered_name"] = "Bait";
    } else if (edit.how == "vocabulary") {
      layer["class_name"] = "StringLookup";
      layer["config"] = {{"name", layer["config"].value("name", "bait")},
                         {"vocabulary", bait.vocabulary()}};
    } else {
      BecomeLambda(layer, edit.how, dialect == Dialect::kTfKeras, function, bait);
    }
    return root.dump();
  }
  return HostileDoesNotApply(edit, "the model has no layer");
}

}  // namespace weightproof
