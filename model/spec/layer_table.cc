#include "model/spec/layer_table.h"

#include <algorithm>
#include <string>

namespace weightproof::table {

KeySchema Bool(std::string_view key, bool value) {
  KeySchema schema;
  schema.key = key;
  schema.type = KeyType::kBool;
  schema.default_value = value;
  return schema;
}

KeySchema Int(std::string_view key, std::int64_t value, double minimum) {
  KeySchema schema;
  schema.key = key;
  schema.type = KeyType::kInt;
  schema.default_value = value;
  schema.minimum = minimum;
  schema.maximum = static_cast<double>(kDimensionMax);
  return schema;
}

KeySchema Units(std::string_view key) {
  KeySchema schema = Int(key, 1, 1);
  schema.required = true;
  return schema;
}

KeySchema Float(std::string_view key, double value) {
  KeySchema schema;
  schema.key = key;
  schema.type = KeyType::kFloat;
  schema.default_value = value;
  return schema;
}

KeySchema Choice(std::string_view key, std::string_view value,
                 std::vector<std::string_view> allowed) {
  KeySchema schema;
  schema.key = key;
  schema.type = KeyType::kString;
  schema.default_value = std::string(value);
  schema.allowed = std::move(allowed);
  return schema;
}

KeySchema Text(std::string_view key) {
  KeySchema schema = Choice(key, "", {});
  schema.required = true;
  return schema;
}

KeySchema Activation(std::string_view key, std::string_view value) {
  KeySchema schema;
  schema.key = key;
  schema.type = KeyType::kActivation;
  schema.default_value = std::string(value);
  return schema;
}

KeySchema Window(std::string_view key, int rank, std::int64_t value) {
  KeySchema schema;
  schema.key = key;
  schema.type = KeyType::kInts;
  schema.default_value = std::vector<std::int64_t>(static_cast<std::size_t>(rank), value);
  schema.minimum = 1;
  schema.maximum = static_cast<double>(kDimensionMax);
  schema.rank = rank;
  return schema;
}

KeySchema RequiredWindow(std::string_view key, int rank) {
  KeySchema schema = Window(key, rank, 1);
  schema.required = true;
  return schema;
}

KeySchema DataFormat() {
  return Choice("data_format", "channels_last", {"channels_last", "channels_first"});
}

KeySchema Inert(KeySchema key) {
  key.inert = true;
  return key;
}

KeySchema Nullable(KeySchema key) {
  key.nullable = true;
  key.default_value = std::monostate{};
  return key;
}

ForgottenKey Initializer(std::string_view key, std::string_view class_name) {
  static constexpr std::pair<std::string_view, std::string_view> kJson[] = {
      {"GlorotUniform",
       R"({"module":"keras.initializers","class_name":"GlorotUniform","config":{"seed":null},)"
       R"("registered_name":null})"},
      {"Zeros", R"({"module":"keras.initializers","class_name":"Zeros","config":{},)"
                R"("registered_name":null})"},
      {"Ones", R"({"module":"keras.initializers","class_name":"Ones","config":{},)"
               R"("registered_name":null})"},
      {"Orthogonal", R"({"module":"keras.initializers","class_name":"Orthogonal",)"
                     R"("config":{"gain":1.0,"seed":null},"registered_name":null})"},
      {"RandomUniform",
       R"({"module":"keras.initializers","class_name":"RandomUniform",)"
       R"("config":{"maxval":0.05,"minval":-0.05,"seed":null},"registered_name":null})"},
  };
  for (const auto& [name, json] : kJson) {
    if (name == class_name) return {.key = key, .json = json};
  }
  return {.key = key, .json = "null"};
}

std::vector<ForgottenKey> Nulls(std::vector<std::string_view> keys) {
  std::vector<ForgottenKey> out;
  for (std::string_view key : keys) out.push_back({.key = key, .json = "null"});
  return out;
}

std::vector<ForgottenKey> Join(std::vector<std::vector<ForgottenKey>> lists) {
  std::vector<ForgottenKey> out;
  for (const auto& list : lists) out.insert(out.end(), list.begin(), list.end());
  return out;
}

std::unexpected<Error> BadShape(std::string message) {
  return Fail(ErrorKind::kShapeInference, "", std::move(message),
              "change the layer's arguments or the input shape");
}

Result<Shape> SameShape(const Config&, const Shape& input) { return input; }

int InputAxis(std::int64_t axis, const Shape& input) {
  const auto rank = static_cast<std::int64_t>(input.size()) + 1;  // with batch
  const std::int64_t index = axis < 0 ? axis + rank : axis;
  return index >= 1 && index < rank ? static_cast<int>(index - 1) : -1;
}

}  // namespace weightproof::table
