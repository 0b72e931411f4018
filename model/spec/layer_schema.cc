#include "model/spec/layer_schema.h"

#include <algorithm>

#include "model/spec/layer_table.h"

namespace weightproof {
namespace {

std::vector<LayerSchema> BuildTable() {
  std::vector<LayerSchema> out;
  table::AddCoreLayers(out);
  table::AddLookupLayers(out);
  table::AddNoOpLayers(out);
  table::AddNormalizationLayers(out);
  table::AddSpatialLayers(out);
  table::AddRecurrentLayers(out);
  table::AddFilterLayers(out);
  table::AddMergeLayers(out);
  table::AddWrappers(out);
  std::ranges::sort(out, {}, &LayerSchema::class_name);
  return out;
}

const std::vector<LayerSchema>& Table() {
  static const std::vector<LayerSchema> kTable = BuildTable();
  return kTable;
}

// keras-formats 6.3: both libraries' names first, then those only Keras 3 has.
constexpr std::string_view kActivations[] = {
    "relu",        "relu6",       "elu",         "selu",        "gelu",           "softplus",
    "softsign",    "silu",        "swish",       "sigmoid",     "tanh",           "exponential",
    "linear",      "softmax",     "log_softmax", "mish",        "hard_sigmoid",   "leaky_relu",
    "hard_silu",   "celu",        "hard_swish",  "hard_tanh",   "log_sigmoid",    "soft_shrink",
    "hard_shrink", "tanh_shrink", "squareplus",  "sparse_plus", "sparse_sigmoid", "sparsemax"};
// Keras 3 lists them, yet no layer can use their names: glu halves the last axis against the shape
// that Keras itself infers, threshold lacks its arguments.
constexpr std::string_view kUnusableActivations[] = {"glu", "threshold"};
constexpr std::size_t kSharedActivations = 18;

std::unexpected<Error> Bad(const std::string& place, std::string_view key, std::string message,
                           std::string remedy) {
  return Fail(ErrorKind::kBadConfig, place + "/" + std::string(key), std::move(message),
              std::move(remedy));
}

bool InRange(const KeySchema& schema, double value) {
  return value >= schema.minimum && value <= schema.maximum;
}

std::string RangeText(const KeySchema& schema) {
  std::string text = "give a number";
  if (schema.minimum > -1e300) {
    text += " of at least " + std::to_string(static_cast<std::int64_t>(schema.minimum));
  }
  if (schema.maximum < 1e300) {
    text += " and at most " + std::to_string(static_cast<std::int64_t>(schema.maximum));
  }
  return text;
}

Result<ConfigValue> CompleteName(const KeySchema& schema, const std::string& name, Dialect dialect,
                                 const std::string& place) {
  if (schema.type == KeyType::kString) {
    if (schema.allowed.empty() || std::ranges::find(schema.allowed, name) != schema.allowed.end()) {
      return name;
    }
    std::string choices;
    for (std::string_view choice : schema.allowed) {
      choices += (choices.empty() ? "" : ", ") + std::string(choice);
    }
    return Bad(place, schema.key, "unknown value \"" + name + "\"", "use one of " + choices);
  }
  const auto names = ActivationNames(dialect);
  if (std::ranges::find(names, name) == names.end()) {
    if (std::ranges::find(kUnusableActivations, name) != std::end(kUnusableActivations)) {
      return Bad(place, schema.key, "Keras cannot call the activation \"" + name + "\" by its name",
                 "use another activation");
    }
    const auto all = ActivationNames(Dialect::kKeras3);
    const bool other = std::ranges::find(all, name) != all.end();
    return Bad(place, schema.key, "unknown activation \"" + name + "\"",
               other ? "tf_keras does not have it; keras3 does"
                     : "use one of the names in keras.activations");
  }
  if (name == "swish") return std::string("silu");
  if (name == "hard_swish") return std::string("hard_silu");
  return name;
}

Result<ConfigValue> CompleteInts(const KeySchema& schema, std::vector<std::int64_t> list,
                                 const std::string& place) {
  if (list.empty() || list.size() > 16 ||
      (schema.rank > 0 && list.size() != static_cast<std::size_t>(schema.rank))) {
    return Bad(place, schema.key, "a list of " + std::to_string(list.size()) + " numbers",
               schema.rank > 0 ? "give " + std::to_string(schema.rank) : "give 1 to 16");
  }
  for (std::int64_t value : list) {
    if (!InRange(schema, static_cast<double>(value))) {
      return Bad(place, schema.key, std::to_string(value) + " is out of range", RangeText(schema));
    }
  }
  if (schema.type == KeyType::kIntOrInts && list.size() == 1) return list.front();
  return list;
}

Result<ConfigValue> CompleteValue(const KeySchema& schema, const ConfigValue& value,
                                  Dialect dialect, const std::string& place) {
  if (std::holds_alternative<std::monostate>(value)) {
    if (schema.type == KeyType::kActivation) return std::string("linear");
    if (schema.nullable) return value;
    if (schema.key == "data_format") return schema.default_value;
    return Bad(place, schema.key, "null", "give a value");
  }
  const auto* integer = std::get_if<std::int64_t>(&value);
  const auto* list = std::get_if<std::vector<std::int64_t>>(&value);
  switch (schema.type) {
    case KeyType::kBool:
      if (std::holds_alternative<bool>(value)) return value;
      return Bad(place, schema.key, "not true or false", "give true or false");
    case KeyType::kInt: {
      if (list != nullptr && list->size() == 1) integer = &list->front();
      if (integer == nullptr) return Bad(place, schema.key, "not an integer", "give an integer");
      if (InRange(schema, static_cast<double>(*integer))) return *integer;
      return Bad(place, schema.key, std::to_string(*integer) + " is out of range",
                 RangeText(schema));
    }
    case KeyType::kFloat: {
      const auto* number = std::get_if<double>(&value);
      if (number == nullptr && integer == nullptr) {
        return Bad(place, schema.key, "not a number", "give a number");
      }
      const double given = number != nullptr ? *number : static_cast<double>(*integer);
      if (InRange(schema, given)) return given;
      return Bad(place, schema.key, std::to_string(given) + " is out of range", RangeText(schema));
    }
    case KeyType::kString:
    case KeyType::kActivation: {
      const auto* name = std::get_if<std::string>(&value);
      if (name == nullptr) return Bad(place, schema.key, "not a text", "give a name");
      return CompleteName(schema, *name, dialect, place);
    }
    case KeyType::kInts:
    case KeyType::kIntOrInts: {
      if (list != nullptr) return CompleteInts(schema, *list, place);
      if (integer == nullptr) return Bad(place, schema.key, "not integers", "give integers");
      const auto count = static_cast<std::size_t>(std::max(schema.rank, 1));
      return CompleteInts(schema, std::vector<std::int64_t>(count, *integer), place);
    }
  }
  return value;
}

}  // namespace

const KeySchema* LayerSchema::FindKey(std::string_view key) const {
  const auto it = std::ranges::find(keys, key, &KeySchema::key);
  return it == keys.end() ? nullptr : &*it;
}

std::span<const LayerSchema> LayerSchemas() { return Table(); }

const LayerSchema* FindLayerSchema(std::string_view class_name) {
  const auto& all = Table();
  const auto it = std::ranges::lower_bound(all, class_name, {}, &LayerSchema::class_name);
  return it == all.end() || it->class_name != class_name ? nullptr : &*it;
}

std::span<const std::string_view> ActivationNames(Dialect dialect) {
  const std::span<const std::string_view> all(kActivations);
  return dialect == Dialect::kKeras3 ? all : all.first(kSharedActivations);
}

Result<Config> CompleteConfig(std::string_view class_name, const Config& config, Dialect dialect,
                              const std::string& place) {
  const LayerSchema* schema = FindLayerSchema(class_name);
  if (schema == nullptr) {
    return Fail(ErrorKind::kUnknownLayer, place,
                "no layer class \"" + std::string(class_name) + "\"",
                "use a class that this library has");
  }
  for (const auto& [key, value] : config) {
    if (schema->FindKey(key) == nullptr) {
      return Bad(place, key, std::string(class_name) + " has no such key here",
                 "leave the key out");
    }
  }
  Config out;
  for (const KeySchema& key : schema->keys) {
    const auto it = config.find(key.key);
    if (it == config.end()) {
      if (key.required) {
        return Bad(place, key.key, std::string(class_name) + " needs this key", "give it a value");
      }
      out.emplace(key.key, key.default_value);
      continue;
    }
    auto value = CompleteValue(key, it->second, dialect, place);
    if (!value) return std::unexpected(std::move(value).error());
    const bool foreign = dialect == Dialect::kTfKeras ? key.dialects == KeyDialects::kKeras3Only
                                                      : key.dialects == KeyDialects::kTfKerasOnly;
    if (foreign && *value != key.default_value) {
      return Bad(place, key.key, std::string(DialectName(dialect)) + " has no such key",
                 "leave the key out");
    }
    out.emplace(key.key, *std::move(value));
  }
  if (const auto strides = out.find("strides");
      strides != out.end() && std::holds_alternative<std::monostate>(strides->second)) {
    strides->second = out.find("pool_size")->second;
  }
  return out;
}

Result<Shape> InferShape(std::string_view class_name, const Config& config, const Shape& input,
                         const std::string& place) {
  const LayerSchema* schema = FindLayerSchema(class_name);
  if (schema == nullptr || schema->output_shape == nullptr) {
    return Fail(ErrorKind::kUnknownLayer, place,
                "no layer class \"" + std::string(class_name) + "\" with a shape of its own",
                "use a class that this library has");
  }
  const int rank = static_cast<int>(input.size());
  if (rank < schema->input_rank_min || rank > schema->input_rank_max) {
    return Fail(ErrorKind::kShapeInference, place,
                std::string(class_name) + " cannot take an input of shape " + ShapeText(input) +
                    " (without batch)",
                "put it where its input has " + std::to_string(schema->input_rank_min) +
                    " or more dimensions that it knows");
  }
  auto out = schema->output_shape(config, input);
  if (!out) {
    Error error = std::move(out).error();
    error.place = place;
    return std::unexpected(std::move(error));
  }
  for (std::int64_t dimension : *out) {
    if (dimension > kDimensionMax) {
      return Fail(ErrorKind::kLimitExceeded, place, "a dimension over kDimensionMax",
                  "make the layer smaller");
    }
  }
  return out;
}

bool IsNoOp(std::string_view class_name, const Config& config) {
  const LayerSchema* schema = FindLayerSchema(class_name);
  if (schema == nullptr) return false;
  if (schema->no_op) return true;
  if (class_name != "Activation") return false;
  // A config as it was given may leave the default out.
  const auto given = config.find("activation");
  return given == config.end() || given->second == ConfigValue(std::string("linear"));
}

bool GetBool(const Config& config, std::string_view key) {
  return std::get<bool>(config.find(key)->second);
}
std::int64_t GetInt(const Config& config, std::string_view key) {
  return std::get<std::int64_t>(config.find(key)->second);
}
double GetFloat(const Config& config, std::string_view key) {
  return std::get<double>(config.find(key)->second);
}
const std::string& GetString(const Config& config, std::string_view key) {
  return std::get<std::string>(config.find(key)->second);
}
std::vector<std::int64_t> GetInts(const Config& config, std::string_view key) {
  const ConfigValue& value = config.find(key)->second;
  if (const auto* one = std::get_if<std::int64_t>(&value)) return {*one};
  return std::get<std::vector<std::int64_t>>(value);
}
bool IsNull(const Config& config, std::string_view key) {
  return std::holds_alternative<std::monostate>(config.find(key)->second);
}

}  // namespace weightproof
