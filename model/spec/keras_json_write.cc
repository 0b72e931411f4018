#include "model/spec/build.h"
#include "model/spec/keras_json.h"

namespace weightproof {
namespace {

using keras_json::Json;

Json FromValue(const ConfigValue& value) {
  return std::visit(
      [](const auto& v) -> Json {
        if constexpr (std::is_same_v<std::decay_t<decltype(v)>, std::monostate>) {
          return nullptr;
        } else {
          return v;
        }
      },
      value);
}

bool Foreign(KeyDialects dialects, Dialect dialect) {
  return dialects ==
         (dialect == Dialect::kKeras3 ? KeyDialects::kTfKerasOnly : KeyDialects::kKeras3Only);
}

class Writer {
 public:
  explicit Writer(Dialect dialect) : dialect_(dialect) {}

  std::string Write(const ArchitectureSpec& architecture) {
    Json layers = Json::array();
    layers.push_back(Entry("InputLayer", InputConfig(architecture.input_shape)));
    for (const LayerSpec& layer : architecture.layers) layers.push_back(Layer(layer));
    Json config = {{"layers", std::move(layers)}};
    config["name"] = Name(architecture.name, "sequential");
    Json root = {{"class_name", "Sequential"}};
    if (keras3()) {
      config["trainable"] = true;
      config["dtype"] = Policy();
      config["build_input_shape"] = BatchShape(architecture.input_shape);
      root["module"] = "keras";
      root["registered_name"] = nullptr;
      root["build_config"] = {{"input_shape", BatchShape(architecture.input_shape)}};
    } else {
      root["backend"] = "tensorflow";
      root["keras_version"] = "2.21.0";
    }
    root["config"] = std::move(config);
    return root.dump(-1, ' ', false, Json::error_handler_t::replace);
  }

 private:
  bool keras3() const { return dialect_ == Dialect::kKeras3; }

  static Json BatchShape(const Shape& shape) {
    Json out = Json::array({nullptr});
    for (std::int64_t dimension : shape) out.push_back(dimension);
    return out;
  }

  static Json Policy() {
    return {{"module", "keras"},
            {"class_name", "DTypePolicy"},
            {"config", {{"name", "float32"}}},
            {"registered_name", nullptr}};
  }

  Json InputConfig(const Shape& shape) const {
    return {{keras3() ? "batch_shape" : "batch_input_shape", BatchShape(shape)},
            {"dtype", "float32"},
            {"sparse", false},
            {"ragged", false},
            {"name", keras3() ? "input_layer" : "input_1"}};
  }

  static Json Entry(const std::string& class_name, Json config) {
    return {{"module", class_name == "Sequential" ? "keras" : "keras.layers"},
            {"class_name", class_name},
            {"config", std::move(config)},
            {"registered_name", nullptr}};
  }

  // A fresh session's choice where nobody gave a name.
  std::string Name(const std::string& given, std::string_view prefix) {
    if (!given.empty()) return given;
    const int before = counters_[std::string(prefix)]++;
    return std::string(prefix) + (before == 0 ? "" : "_" + std::to_string(before));
  }

  Json Layer(const LayerSpec& layer) {
    const LayerSchema* schema = FindLayerSchema(layer.class_name);
    if (layer.class_name == "Sequential") {
      Json layers = Json::array();
      if (layer.input_shape) {
        Json input = InputConfig(*layer.input_shape);
        input["name"] = Name("", keras3() ? "input_layer" : "input");
        layers.push_back(Entry("InputLayer", std::move(input)));
      }
      for (const LayerSpec& inner : layer.layers) layers.push_back(Layer(inner));
      Json config = {{"layers", std::move(layers)}, {"name", Name(layer.name, "sequential")}};
      if (keras3()) {
        config["trainable"] = layer.trainable;
        config["dtype"] = Policy();
      }
      return Entry(layer.class_name, std::move(config));
    }
    Json config = Json::object();
    const bool plain = keras3() && schema != nullptr && !schema->keras3_takes_trainable;
    config["dtype"] = keras3() && !plain ? Policy() : Json("float32");
    if (!plain) config["trainable"] = layer.trainable;
    if (schema == nullptr) {
      config["name"] = Name(layer.name, layer.class_name);
      return Entry(layer.class_name, std::move(config));
    }
    config["name"] = Name(layer.name, schema->snake_name);
    auto complete = CompleteConfig(layer.class_name, layer.config, dialect_);
    for (const auto& [key, value] : complete ? *complete : layer.config) {
      const KeySchema* k = schema->FindKey(key);
      if (k == nullptr || Foreign(k->dialects, dialect_)) continue;
      if (!keras3() && key == "zero_output_for_mask" && value == k->default_value) continue;
      const bool respelled = !keras3() && !k->tf_keras_spelling.empty();
      config[respelled ? std::string(k->tf_keras_spelling) : key] = FromValue(value);
    }
    if (schema->is_wrapper) AddWrapped(layer, config);
    for (const ForgottenKey& key : schema->forgotten) {
      if (key.json.empty() || Foreign(key.dialects, dialect_)) continue;
      config[std::string(key.key)] = Json::parse(key.json, nullptr, false);
    }
    return Entry(layer.class_name, std::move(config));
  }

  void AddWrapped(const LayerSpec& layer, Json& config) {
    if (layer.layers.empty()) return;
    if (layer.class_name == "RNN") {
      Json cells = Json::array();
      for (const LayerSpec& cell : layer.layers) cells.push_back(Layer(cell));
      Json stacked = {{"cells", std::move(cells)},
                      {"name", Name("", "stacked_rnn_cells")},
                      {"trainable", true},
                      {"dtype", keras3() ? Policy() : Json("float32")}};
      config["cell"] = Entry("StackedRNNCells", std::move(stacked));
      return;
    }
    LayerSpec inner = layer.layers[0];
    if (layer.class_name == "Bidirectional" && keras3()) {
      // Keras 3 writes both halves under the names that they have in the model.
      const LayerSchema* schema = FindLayerSchema(inner.class_name);
      if (schema == nullptr) return;
      std::string name = Name(inner.name, schema->snake_name);
      if (name.starts_with("forward_")) name.erase(0, 8);
      LayerSpec backward = inner;
      const auto turned = inner.config.find("go_backwards");
      const bool* turns =
          turned == inner.config.end() ? nullptr : std::get_if<bool>(&turned->second);
      backward.config["go_backwards"] = turns == nullptr || !*turns;
      inner.name = "forward_" + name;
      backward.name = "backward_" + name;
      config["backward_layer"] = Layer(backward);
    }
    config["layer"] = Layer(inner);
  }

  Dialect dialect_;
  NameCounters counters_;
};

}  // namespace

std::string ArchitectureToKerasJson(const ArchitectureSpec& architecture) {
  return Writer(architecture.dialect).Write(architecture);
}

}  // namespace weightproof
