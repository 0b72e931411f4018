// What both ends of the worker protocol share: tensors and lists as JSON. Only for wire*.cc.
#pragma once

#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "harness/case/json_fields.h"
#include "harness/testee/testee.h"
#include "harness/testee/wire.h"

namespace weightproof {

inline constexpr std::array<std::string_view, 4> kWireOutcomes = {"ok", "refused", "unsupported",
                                                                  "worker_error"};

nlohmann::json TensorToWire(const Tensor& tensor);
nlohmann::json TensorsToWire(const std::vector<NamedTensor>& tensors);

// Text of any length, cut: a traceback must not make its answer unreadable.
void ReadLongText(JsonFields& fields, std::string_view key, std::string& out,
                  bool required = false);
// The tensor that the object itself is.
void ReadTensor(JsonFields& fields, Tensor& out);
// The tensor at `key`, if there is one.
void ReadTensorAt(JsonFields& fields, std::string_view key, Tensor& out);
void ReadVariables(JsonFields& fields, std::string_view key, std::vector<NamedTensor>& out);

// Calls `read` with the fields of each element of the list `key`.
template <class Read>
void ReadEachObject(JsonFields& fields, std::string_view key, std::size_t count_max, Read read) {
  const nlohmann::json* value = fields.Find(key);
  if (value == nullptr) return;
  const auto* list = value->get_ptr<const nlohmann::json::array_t*>();
  if (list == nullptr) return fields.Wrong(key, "a list is due here");
  if (list->size() > count_max) {
    return fields.Wrong(key, "too many entries", ErrorKind::kLimitExceeded);
  }
  const JsonPlace place{&fields.place(), key};
  for (std::size_t i = 0; i < list->size() && fields.ok(); ++i) {
    const JsonPlace here{&place, {}, i, true};
    JsonFields inner((*list)[i], here);
    read(inner);
    inner.Done();
    if (!inner.ok()) fields.Take(std::move(inner).error());
  }
}

// Calls `read` with the fields of the object at `key`, if there is one.
template <class Read>
void ReadObject(JsonFields& fields, std::string_view key, Read read) {
  const nlohmann::json* value = fields.Find(key);
  if (value == nullptr) return;
  const JsonPlace place{&fields.place(), key};
  JsonFields inner(*value, place);
  read(inner);
  inner.Done();
  if (!inner.ok()) fields.Take(std::move(inner).error());
}

}  // namespace weightproof
