#include "harness/testee/wire_parts.h"

#include <cstring>
#include <set>

#include "harness/testee/base64.h"

namespace weightproof {

using Json = nlohmann::json;

Json TensorToWire(const Tensor& tensor) {
  return {{"dtype", DTypeName(tensor.dtype())},
          {"shape", tensor.shape()},
          {"data", Base64Encode(tensor.bytes())}};
}

Json TensorsToWire(const std::vector<NamedTensor>& tensors) {
  Json list = Json::array();
  for (const NamedTensor& named : tensors) {
    Json entry = TensorToWire(named.tensor);
    entry["id"] = named.id;
    list.push_back(std::move(entry));
  }
  return list;
}

void ReadLongText(JsonFields& fields, std::string_view key, std::string& out, bool required) {
  const Json* value = fields.Find(key, required);
  if (value == nullptr) return;
  const auto* text = value->get_ptr<const std::string*>();
  if (text == nullptr) return fields.Wrong(key, "a text is due here");
  out = text->substr(0, kAnswerTextBytesMax);
  if (text->size() > out.size()) out += " [cut]";
}

void ReadTensor(JsonFields& fields, Tensor& out) {
  std::string dtype_name;
  Shape shape;
  fields.Text("dtype", dtype_name, true);
  fields.Ints("shape", kAnswerRankMax, shape, 0, kDimensionMax, true);
  const Json* data = fields.Find("data", true);
  if (!fields.ok()) return;
  const auto* text = data->get_ptr<const std::string*>();
  const auto dtype = DTypeFromName(dtype_name);
  const auto count = ElementCount(shape);
  if (text == nullptr) return fields.Wrong("data", "a text is due here");
  if (!dtype) return fields.Wrong("dtype", "no dtype of this program");
  // The size is checked before any memory is asked for.
  if (!count || static_cast<std::size_t>(*count) > kWireLineBytesMax) {
    return fields.Wrong("shape", "too many elements", ErrorKind::kLimitExceeded);
  }
  const std::size_t bytes_due = static_cast<std::size_t>(*count) * DTypeSize(*dtype);
  if (text->size() != (bytes_due + 2) / 3 * 4) {
    return fields.Wrong("data", "the bytes do not fit dtype and shape");
  }
  const auto bytes = Base64Decode(*text);
  if (!bytes || bytes->size() != bytes_due) {
    return fields.Wrong("data", "no base64 of the bytes that dtype and shape ask for");
  }
  out = Tensor(*dtype, std::move(shape));
  if (bytes_due != 0) std::memcpy(out.bytes().data(), bytes->data(), bytes_due);
}

void ReadTensorAt(JsonFields& fields, std::string_view key, Tensor& out) {
  ReadObject(fields, key, [&](JsonFields& inner) { ReadTensor(inner, out); });
}

void ReadVariables(JsonFields& fields, std::string_view key, std::vector<NamedTensor>& out) {
  std::set<std::string> ids;
  ReadEachObject(fields, key, kAnswerVariablesMax, [&](JsonFields& inner) {
    NamedTensor named;
    inner.Text("id", named.id, true);
    ReadTensor(inner, named.tensor);
    if (!ids.insert(named.id).second) inner.Wrong("id", "the id \"" + named.id + "\" twice");
    out.push_back(std::move(named));
  });
}

}  // namespace weightproof
