// Layers and architectures as JSON.
#include "harness/case/json_fields.h"

namespace weightproof {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 2> kDialects = {"keras3", "tf_keras"};
constexpr int kCallPlaceMax = static_cast<int>(kCaseLayersMax);

}  // namespace

Json ConfigValueToJson(const ConfigValue& value) {
  return std::visit(
      [](const auto& v) -> Json {
        if constexpr (std::is_same_v<std::decay_t<decltype(v)>, std::monostate>)
          return nullptr;
        else
          return v;
      },
      value);
}

Result<ConfigValue> ReadConfigValue(const Json& value, const JsonPlace& place) {
  const auto wrong = [&] {
    return Fail(ErrorKind::kBadJson, place.Text(),
                "null, true, false, a number, text or a list of whole numbers is due here",
                "see harness/case/CASE.md for the form");
  };
  const auto fits = [](const Json& v) {
    return !v.is_number_unsigned() || v.get<std::uint64_t>() >> 63 == 0;
  };
  switch (value.type()) {
    case Json::value_t::null:
      return ConfigValue();
    case Json::value_t::boolean:
      return ConfigValue(value.get<bool>());
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
      if (!fits(value)) return wrong();
      return ConfigValue(value.get<std::int64_t>());
    case Json::value_t::number_float:
      return ConfigValue(value.get<double>());
    case Json::value_t::string:
      if (value.get_ref<const std::string&>().size() > kCaseTextBytesMax) return wrong();
      return ConfigValue(value.get<std::string>());
    case Json::value_t::array: {
      std::vector<std::int64_t> list;
      for (const Json& element : value) {
        if (!element.is_number_integer() || !fits(element)) return wrong();
        list.push_back(element.get<std::int64_t>());
      }
      return ConfigValue(std::move(list));
    }
    default:
      return wrong();
  }
}

Json LayerToJson(const LayerSpec& layer) {
  Json out = Json::object();
  out["class"] = layer.class_name;
  for (const LayerSpec& inner : layer.layers) out["layers"].push_back(LayerToJson(inner));
  if (layer.config.empty()) return out;
  Json& config = out["config"] = Json::object();
  for (const auto& [key, value] : layer.config) config[key] = ConfigValueToJson(value);
  return out;
}

Result<LayerSpec> ReadLayer(const Json& value, const JsonPlace& place) {
  JsonFields fields(value, place);
  LayerSpec layer;
  fields.Text("class", layer.class_name, true);
  if (const Json* config = fields.Find("config")) {
    const auto* object = config->get_ptr<const Json::object_t*>();
    const JsonPlace here{&place, "config"};
    if (object == nullptr) fields.Wrong("config", "an object is due here");
    for (const auto& [key, element] : object == nullptr ? Json::object_t() : *object) {
      auto read = ReadConfigValue(element, JsonPlace{&here, key});
      if (!read)
        fields.Take(std::move(read.error()));
      else
        layer.config.emplace(key, std::move(*read));
    }
  }
  if (const Json* layers = fields.Find("layers")) {
    const JsonPlace here{&place, "layers"};
    auto array = ReadArray(*layers, here, kCaseLayersMax);
    if (!array) return std::unexpected(std::move(array.error()));
    for (std::size_t i = 0; i < (*array)->size(); ++i) {
      auto inner = ReadLayer((**array)[i], JsonPlace{&here, "", i, true});
      if (!inner) return inner;
      layer.layers.push_back(*std::move(inner));
    }
  }
  fields.Done();
  if (!fields.ok()) return std::unexpected(std::move(fields).error());
  return layer;
}

Result<LayerSpec> LayerFromJson(const Json& value, const std::string& place) {
  return ReadLayer(value, JsonPlace{nullptr, place});
}

Json ArchitectureToJson(const ArchitectureSpec& architecture) {
  Json layers = Json::array();
  for (const LayerSpec& layer : architecture.layers) layers.push_back(LayerToJson(layer));
  Json out = {{"dialect", kDialects[static_cast<std::size_t>(architecture.dialect)]},
              {"input_shape", architecture.input_shape},
              {"layers", std::move(layers)}};
  for (const CallSpec& call : architecture.calls) {
    std::vector<int> numbers{call.layer};
    numbers.insert(numbers.end(), call.from.begin(), call.from.end());
    out["calls"].push_back(std::move(numbers));
  }
  if (!architecture.more_inputs.empty()) out["more_inputs"] = architecture.more_inputs;
  if (!architecture.outputs.empty()) out["outputs"] = architecture.outputs;
  return out;
}

static Result<Shape> ReadShape(const Json& value, const JsonPlace& place) {
  auto numbers = ReadArray(value, place, 8);
  if (!numbers) return std::unexpected(std::move(numbers.error()));
  Shape shape;
  for (const Json& number : **numbers) {
    if (!number.is_number_integer() || number.get<std::int64_t>() < 1) break;
    shape.push_back(number.get<std::int64_t>());
  }
  if (shape.size() == (*numbers)->size() && !shape.empty()) return shape;
  return Fail(ErrorKind::kBadJson, place.Text(), "a shape of whole numbers from 1 is due here",
              "see harness/case/CASE.md for graphs");
}

// [layer, operand, ...]: whole numbers, operands down to -16 for the inputs.
static Result<CallSpec> ReadCall(const Json& value, const JsonPlace& place) {
  auto numbers = ReadArray(value, place, kCaseLayersMax);
  if (!numbers) return std::unexpected(std::move(numbers.error()));
  std::vector<int> read;
  for (const Json& number : **numbers) {
    const bool whole = number.is_number_integer() && number.get<std::int64_t>() >= -16 &&
                       number.get<std::int64_t>() < kCallPlaceMax;
    if (!whole) break;
    read.push_back(number.get<int>());
  }
  if (read.size() != (*numbers)->size() || read.size() < 2 || read[0] < 0) {
    return Fail(ErrorKind::kBadJson, place.Text(), "a call is a layer and its operands",
                "see harness/case/CASE.md for graphs");
  }
  return CallSpec{read[0], {read.begin() + 1, read.end()}};
}

static void ReadGraph(JsonFields& fields, const JsonPlace& place, ArchitectureSpec& architecture) {
  std::vector<std::int64_t> outputs;
  fields.Ints("outputs", kCaseLayersMax, outputs, 0, kCallPlaceMax, false);
  architecture.outputs.assign(outputs.begin(), outputs.end());
  for (const std::string_view key : {"calls", "more_inputs"}) {
    const Json* list = fields.Find(key);
    if (list == nullptr) continue;
    const JsonPlace here{&place, key};
    auto array = ReadArray(*list, here, kCaseLayersMax);
    if (!array) return fields.Take(std::move(array.error()));
    for (std::size_t i = 0; i < (*array)->size(); ++i) {
      const JsonPlace at{&here, "", i, true};
      if (key == "more_inputs") {
        auto shape = ReadShape((**array)[i], at);
        if (!shape) return fields.Take(std::move(shape.error()));
        architecture.more_inputs.push_back(*std::move(shape));
        continue;
      }
      auto call = ReadCall((**array)[i], at);
      if (!call) return fields.Take(std::move(call.error()));
      architecture.calls.push_back(*std::move(call));
    }
  }
}

Result<ArchitectureSpec> ReadArchitecture(const Json& value, const JsonPlace& place) {
  JsonFields fields(value, place);
  ArchitectureSpec architecture;
  fields.Word("dialect", kDialects, architecture.dialect, true);
  fields.Ints("input_shape", 8, architecture.input_shape, 1, kDimensionMax, true);
  if (const Json* layers = fields.Find("layers", true)) {
    const JsonPlace here{&place, "layers"};
    auto array = ReadArray(*layers, here, kCaseLayersMax);
    if (!array) return std::unexpected(std::move(array.error()));
    architecture.layers.reserve((*array)->size());
    for (std::size_t i = 0; i < (*array)->size(); ++i) {
      auto layer = ReadLayer((**array)[i], JsonPlace{&here, "", i, true});
      if (!layer) return std::unexpected(std::move(layer.error()));
      architecture.layers.push_back(std::move(*layer));
    }
  }
  ReadGraph(fields, place, architecture);
  fields.Done();
  if (!fields.ok()) return std::unexpected(std::move(fields).error());
  return architecture;
}

Result<ArchitectureSpec> ArchitectureFromJson(const Json& value, const std::string& place) {
  return ReadArchitecture(value, JsonPlace{nullptr, place});
}

}  // namespace weightproof
