#include <algorithm>

#include "model/spec/keras_json.h"
#include "model/spec/plan.h"
#include "model/spec/wrapper.h"

namespace weightproof {
namespace keras_json {

std::unexpected<Error> BadForm(std::string place, std::string message) {
  return Fail(ErrorKind::kBadJson, std::move(place), std::move(message),
              "give the config JSON of a Keras Sequential or linear functional model");
}

namespace {

std::unexpected<Error> BadKey(const std::string& place, const std::string& key,
                              std::string message) {
  return Fail(ErrorKind::kBadConfig, place + "/config/" + key, std::move(message),
              "change or leave out the key");
}

Result<ConfigValue> ReadValue(const Json& j, const std::string& place) {
  if (j.is_null()) return std::monostate{};
  if (j.is_boolean()) return j.get<bool>();
  if (j.is_number_unsigned() && j.get<std::uint64_t>() > std::uint64_t{1} << 62) {
    return BadForm(place, "a number that is too large");
  }
  if (j.is_number_integer()) return j.get<std::int64_t>();
  if (j.is_number_float()) return j.get<double>();
  if (j.is_string()) return j.get<std::string>();
  if (j.is_array() && j.size() <= 16) {
    std::vector<std::int64_t> list;
    for (const Json& item : j) {
      if (!item.is_number_integer()) return BadForm(place, "not a list of integers");
      list.push_back(item.get<std::int64_t>());
    }
    return list;
  }
  // A serialised function: {"class_name": "function", "config": "relu", ...}.
  if (j.is_object() && j.contains("config") && j["config"].is_string()) {
    return j["config"].get<std::string>();
  }
  // tf-keras writes numpy scalars as {"class_name": "__numpy__"...} nowhere in what we read.
  return BadForm(place, "a value of an unknown form");
}

Status CheckDtype(const Json& j, const std::string& place) {
  std::string name;
  if (j.is_null()) return {};
  if (j.is_string()) name = j.get<std::string>();
  if (j.is_object() && j.contains("config") && j["config"].is_object() &&
      j["config"].contains("name") && j["config"]["name"].is_string()) {
    name = j["config"]["name"].get<std::string>();
  }
  if (name == "float32") return {};
  return Fail(ErrorKind::kUnsupportedDtype, place, "dtype policy \"" + name + "\"", "use float32");
}

bool IsForgotten(const LayerSchema& schema, const std::string& key) {
  static constexpr std::string_view kEverywhere[] = {"activity_regularizer",
                                                     "batch_input_shape",
                                                     "batch_shape",
                                                     "input_shape",
                                                     "autocast",
                                                     "implementation",
                                                     "seed",
                                                     "noise_shape"};
  if (std::ranges::find(kEverywhere, key) != std::end(kEverywhere)) return true;
  for (std::string_view end : {"_initializer", "_regularizer", "_constraint"}) {
    if (key.ends_with(end)) return true;
  }
  return std::ranges::find(schema.forgotten, key, &ForgottenKey::key) != schema.forgotten.end();
}

Status CheckForgotten(const LayerSchema& schema, const std::string& key, const Json& value,
                      const std::string& place) {
  const auto it = std::ranges::find(schema.forgotten, key, &ForgottenKey::key);
  if (it == schema.forgotten.end() || !it->must_be_default) return {};
  if (value.is_null() || (value.is_boolean() && !value.get<bool>())) return {};
  if (!it->json.empty() && Json::parse(it->json, nullptr, false) == value) return {};
  // The fixed length of an Embedding's input changes nothing.
  if (key == "input_length" && value.is_number_integer()) return {};
  return BadKey(place, key, "this value is not supported");
}

// The config key that a JSON key means. Both libraries read LeakyReLU's old and new word.
std::string_view KeyOf(const LayerSchema& schema, const std::string& key) {
  if (schema.FindKey(key) != nullptr) return key;
  for (const KeySchema& k : schema.keys) {
    if (!k.tf_keras_spelling.empty() && k.tf_keras_spelling == key) return k.key;
  }
  return {};
}

Status ReadConfig(const LayerSchema& schema, const Json& config, LayerSpec& layer,
                  const std::string& place) {
  for (const auto& [key, value] : config.items()) {
    const std::string here = place + "/config/" + key;
    if (key == "name") {
      if (!value.is_string()) return BadForm(here, "a name that is no text");
      layer.name = value.get<std::string>();
    } else if (key == "trainable") {
      if (!value.is_boolean()) return BadForm(here, "not true or false");
      layer.trainable = value.get<bool>();
    } else if (key == "dtype") {
      if (Status s = CheckDtype(value, here); !s) return s;
    } else if (schema.is_wrapper && (key == "layer" || key == "backward_layer" || key == "cell")) {
      continue;
    } else if (const std::string_view known = KeyOf(schema, key); !known.empty()) {
      auto read = ReadValue(value, here);
      if (!read) return std::unexpected(std::move(read).error());
      layer.config[std::string(known)] = *std::move(read);
    } else if (IsForgotten(schema, key)) {
      if (Status s = CheckForgotten(schema, key, value, place); !s) return s;
    } else {
      return BadKey(place, key,
                    std::string(schema.class_name) + " \"" + layer.name + "\" has no such key");
    }
  }
  return {};
}

}  // namespace

namespace {

// A shape with batch: null or a size first, then known dimensions.
Result<Shape> ReadBatchShape(const Json& j, const std::string& place) {
  if (!j.is_array() || j.size() < 2 || j.size() > 9) return BadForm(place, "not a batch shape");
  Shape shape;
  for (std::size_t i = 1; i < j.size(); ++i) {
    if (!j[i].is_number_integer()) {
      return Fail(ErrorKind::kShapeInference, place, "a dimension that is not known",
                  "give the model a full input shape");
    }
    shape.push_back(j[i].get<std::int64_t>());
  }
  return shape;
}

const Json* InputShapeOf(const Json& entry) {
  if (!entry.is_object() || !entry.contains("config") || !entry["config"].is_object()) {
    return nullptr;
  }
  for (const char* key : {"batch_shape", "batch_input_shape"}) {
    const auto it = entry["config"].find(key);
    if (it != entry["config"].end() && !it->is_null()) return &*it;
  }
  return nullptr;
}

}  // namespace

// What a wrapper holds: "layer", or "cell" with the cells that are stacked in it.
static Status ReadWrapped(const Json& config, Dialect dialect, std::size_t depth,
                          std::size_t& count, const std::string& place, LayerSpec& wrapper) {
  const Json* cells = nullptr;
  if (wrapper.class_name == "RNN") {
    const auto cell = config.find("cell");
    if (cell == config.end() || !cell->is_object() ||
        cell->value("class_name", Json()) != "StackedRNNCells" || !cell->contains("config") ||
        !(*cell)["config"].is_object() || !(*cell)["config"].contains("cells") ||
        !(*cell)["config"]["cells"].is_array()) {
      return BadKey(place, "cell", "an RNN is read with a list of cells only");
    }
    cells = &(*cell)["config"]["cells"];
    for (const Json& inner : *cells) {
      auto read = ReadLayer(inner, dialect, depth + 1, count, place + "/cell");
      if (!read) return std::unexpected(std::move(read).error());
      wrapper.layers.push_back(*std::move(read));
    }
  } else {
    if (!config.contains("layer")) return BadForm(place, "a wrapper without layer");
    auto read = ReadLayer(config["layer"], dialect, depth + 1, count, place + "/layer");
    if (!read) return std::unexpected(std::move(read).error());
    wrapper.layers.push_back(*std::move(read));
  }
  if (Status s = CompleteParts(wrapper, dialect, place); !s) return s;
  const auto backward = config.find("backward_layer");
  if (backward == config.end() || backward->is_null()) return {};
  auto read = ReadLayer(*backward, dialect, depth + 1, count, place + "/backward_layer");
  if (!read) return std::unexpected(std::move(read).error());
  const LayerSpec derived = WrappedLayers(wrapper).back().spec;
  if (wrapper.class_name == "Bidirectional" && read->class_name == derived.class_name &&
      read->config == derived.config && read->trainable == derived.trainable) {
    return {};
  }
  return BadKey(place, "backward_layer",
                "it differs from the forward layer in more than direction");
}

Result<LayerSpec> ReadLayer(const Json& entry, Dialect dialect, std::size_t depth,
                            std::size_t& count, const std::string& place) {
  if (depth > kNestingDepthMax) {
    return Fail(ErrorKind::kLimitExceeded, place, "nested deeper than kNestingDepthMax",
                "nest less");
  }
  if (++count > kLayersMax) {
    return Fail(ErrorKind::kLimitExceeded, place, "more layers than kLayersMax",
                "use fewer layers");
  }
  if (!entry.is_object() || !entry.contains("class_name") || !entry["class_name"].is_string() ||
      !entry.contains("config") || !entry["config"].is_object()) {
    return BadForm(place, "a layer entry needs class_name and config");
  }
  LayerSpec layer;
  layer.class_name = entry["class_name"].get<std::string>();
  const Json& config = entry["config"];
  const LayerSchema* schema = FindLayerSchema(layer.class_name);
  if (schema == nullptr) {
    return Fail(ErrorKind::kUnknownLayer, place, "no layer class \"" + layer.class_name + "\"",
                "use a class that this library has");
  }
  if (layer.class_name != "Sequential") {
    if (Status s = ReadConfig(*schema, config, layer, place); !s) {
      return std::unexpected(s.error());
    }
    auto complete = CompleteConfig(layer.class_name, layer.config, dialect, place + "/config");
    if (!complete) return std::unexpected(std::move(complete).error());
    layer.config = *std::move(complete);
    if (schema->is_wrapper) {
      if (Status s = ReadWrapped(config, dialect, depth, count, place + "/config", layer); !s) {
        return std::unexpected(s.error());
      }
    }
    return layer;
  }
  if (config.contains("name") && config["name"].is_string()) {
    layer.name = config["name"].get<std::string>();
  }
  if (config.contains("trainable") && config["trainable"].is_boolean()) {
    layer.trainable = config["trainable"].get<bool>();
  }
  if (!config.contains("layers") || !config["layers"].is_array()) {
    return BadForm(place + "/config", "a Sequential without layers");
  }
  for (std::size_t i = 0; i < config["layers"].size(); ++i) {
    const Json& inner = config["layers"][i];
    if (inner.is_object() && inner.contains("class_name") && inner["class_name"] == "InputLayer") {
      const std::string at = place + "/config/layers/" + std::to_string(i);
      const Json* batch_shape = InputShapeOf(inner);
      if (batch_shape == nullptr) return BadForm(at, "an InputLayer without a shape");
      auto shape = ReadBatchShape(*batch_shape, at);
      // tf-keras writes (None, None) for a nested model that begins with an Embedding.
      if (!shape && shape.error().kind != ErrorKind::kShapeInference) {
        return std::unexpected(std::move(shape).error());
      }
      if (shape) layer.input_shape = *std::move(shape);
      continue;
    }
    auto read =
        ReadLayer(inner, dialect, depth + 1, count, place + "/config/layers/" + std::to_string(i));
    if (!read) return read;
    layer.layers.push_back(*std::move(read));
  }
  return layer;
}

}  // namespace keras_json

namespace {

using keras_json::BadForm;
using keras_json::InputShapeOf;
using keras_json::Json;
using keras_json::ReadBatchShape;

bool IsInputLayer(const Json& entry) {
  return entry.is_object() && entry.contains("class_name") && entry["class_name"] == "InputLayer";
}

// keras-formats 2 and 4: what only one of the two libraries writes.
Dialect DialectOf(const Json& root, const std::vector<const Json*>& entries) {
  for (const Json* entry : entries) {
    if (!entry->is_object() || !entry->contains("config") || !(*entry)["config"].is_object()) {
      continue;
    }
    const Json& config = (*entry)["config"];
    if (config.contains("batch_input_shape") || config.contains("time_major")) {
      return Dialect::kTfKeras;
    }
    if (config.contains("batch_shape")) return Dialect::kKeras3;
    if (config.contains("dtype") && config["dtype"].is_object() &&
        config["dtype"].value("class_name", Json()) == "DTypePolicy") {
      return Dialect::kKeras3;
    }
  }
  const Json& config = root["config"];
  if (root.contains("module") || config.contains("build_input_shape") || config.contains("dtype")) {
    return Dialect::kKeras3;
  }
  return Dialect::kTfKeras;
}

// Stops at a depth that no model within kNestingDepthMax has: four levels for each nested model,
// some for what stands inside a layer's config.
Result<Json> Parse(std::string_view text) {
  if (text.size() > kArchitectureJsonBytesMax) {
    return Fail(ErrorKind::kLimitExceeded, "", "more bytes than kArchitectureJsonBytesMax",
                "use a smaller file");
  }
  constexpr int kDepthMax = 4 * static_cast<int>(kNestingDepthMax) + 32;
  bool too_deep = false;
  const auto deep_enough = [&too_deep](int depth, Json::parse_event_t, Json&) {
    too_deep = too_deep || depth > kDepthMax;
    return depth <= kDepthMax;
  };
  Json root;
  std::string problem;
  try {
    root = Json::parse(text, deep_enough);
  } catch (const Json::parse_error& error) {  // the only way to learn where
    problem = "not JSON from byte " + std::to_string(error.byte) + " on";
  } catch (const Json::exception&) {
    problem = "not JSON: a number out of range";
  }
  if (too_deep) {
    return Fail(ErrorKind::kLimitExceeded, "", "JSON nested too deeply", "nest less");
  }
  if (!problem.empty()) return BadForm("", problem);
  if (root.is_discarded()) return BadForm("", "not JSON");
  return root;
}

}  // namespace

Result<ArchitectureSpec> ArchitectureFromKerasJson(std::string_view json) {
  auto parsed = Parse(json);
  if (!parsed) return std::unexpected(std::move(parsed).error());
  const Json& root = *parsed;
  if (!root.is_object() || !root.contains("class_name") || !root["class_name"].is_string() ||
      !root.contains("config") || !root["config"].is_object() ||
      !root["config"].contains("layers") || !root["config"]["layers"].is_array()) {
    return BadForm("", "no class_name, config and layers");
  }
  const std::string class_name = root["class_name"].get<std::string>();
  const Json& config = root["config"];
  std::vector<const Json*> entries;
  if (class_name == "Sequential") {
    for (const Json& entry : config["layers"]) entries.push_back(&entry);
  } else if (class_name == "Functional" || class_name == "Model") {
    auto chain = keras_json::Chain(config);
    if (!chain) return std::unexpected(std::move(chain).error());
    entries = *std::move(chain);
  } else {
    return Fail(ErrorKind::kUnknownLayer, "", "a model of class \"" + class_name + "\"",
                "use a Sequential or a linear functional model");
  }
  ArchitectureSpec out;
  out.dialect = DialectOf(root, entries);
  if (config.contains("name") && config["name"].is_string()) {
    out.name = config["name"].get<std::string>();
  }
  const Json* shape = nullptr;
  std::size_t count = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Json& entry = *entries[i];
    if (shape == nullptr && i == 0) shape = InputShapeOf(entry);
    if (IsInputLayer(entry)) continue;
    auto layer =
        keras_json::ReadLayer(entry, out.dialect, 1, count, "config/layers/" + std::to_string(i));
    if (!layer) return std::unexpected(std::move(layer).error());
    out.layers.push_back(*std::move(layer));
  }
  if (config.contains("build_input_shape") && config["build_input_shape"].is_array() &&
      (shape == nullptr || !IsInputLayer(*entries.front()))) {
    shape = &config["build_input_shape"];
  }
  if (shape == nullptr) {
    return Fail(ErrorKind::kShapeInference, "config", "the model has no input shape",
                "save it after it was built");
  }
  auto input = ReadBatchShape(*shape, "config/input shape");
  if (!input) return std::unexpected(std::move(input).error());
  out.input_shape = *std::move(input);
  return out;
}

}  // namespace weightproof
