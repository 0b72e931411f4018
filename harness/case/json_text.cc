// JSON text to values and back, without exceptions: a SAX handler that builds the value and counts.
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "harness/case/json.h"

namespace weightproof {
namespace {

using Json = nlohmann::json;

class Builder final : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return Put(Json()); }
  bool boolean(bool value) override { return Put(Json(value)); }
  bool number_integer(number_integer_t value) override { return Put(Json(value)); }
  bool number_unsigned(number_unsigned_t value) override { return Put(Json(value)); }
  bool number_float(number_float_t value, const string_t&) override {
    if (!std::isfinite(value)) return Stop(ErrorKind::kBadJson, "a number out of range");
    return Put(Json(value));
  }
  bool string(string_t& value) override { return Put(Json(std::move(value))); }
  bool binary(binary_t&) override { return Stop(ErrorKind::kBadJson, "binary data"); }
  bool start_object(std::size_t) override { return Open(Json::object()); }
  bool start_array(std::size_t) override { return Open(Json::array()); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }
  bool key(string_t& key) override {
    Json::object_t& object = *stack_.back()->get_ptr<Json::object_t*>();
    auto [it, inserted] = object.try_emplace(std::move(key));
    if (!inserted) return Stop(ErrorKind::kBadJson, "the key \"" + it->first + "\" twice");
    slot_ = &it->second;
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const Json::exception&) override {
    return Stop(ErrorKind::kBadJson, "no JSON from byte " + std::to_string(position));
  }

  Json root;
  ErrorKind kind = ErrorKind::kBadJson;
  std::string message;

 private:
  bool Stop(ErrorKind error, std::string text) {
    kind = error;
    message = std::move(text);
    return false;
  }
  // Where the next value goes: after a key, at the end of an array, or the root.
  Json* Put(Json value, Json*) {
    if (stack_.empty()) return &(root = std::move(value));
    if (auto* array = stack_.back()->get_ptr<Json::array_t*>()) {
      array->push_back(std::move(value));
      return &array->back();
    }
    *slot_ = std::move(value);
    return slot_;
  }
  bool Put(Json value) {
    if (++values_ > kJsonValuesMax) {
      return Stop(ErrorKind::kLimitExceeded,
                  "more than " + std::to_string(kJsonValuesMax) + " values");
    }
    Put(std::move(value), nullptr);
    return true;
  }
  bool Open(Json value) {
    if (stack_.size() >= kJsonDepthMax) {
      return Stop(ErrorKind::kLimitExceeded, "nested deeper than " + std::to_string(kJsonDepthMax));
    }
    if (++values_ > kJsonValuesMax) {
      return Stop(ErrorKind::kLimitExceeded,
                  "more than " + std::to_string(kJsonValuesMax) + " values");
    }
    stack_.push_back(Put(std::move(value), nullptr));
    return true;
  }
  bool Close() {
    stack_.pop_back();
    return true;
  }

  std::vector<Json*> stack_;  // open objects and arrays; only the last one grows
  Json* slot_ = nullptr;
  std::size_t values_ = 0;
};

}  // namespace

Result<Json> ParseJson(std::string_view text, const std::string& place, std::size_t bytes_max) {
  if (text.size() > bytes_max) {
    return Fail(ErrorKind::kLimitExceeded, place,
                std::to_string(text.size()) + " bytes, at most " + std::to_string(bytes_max),
                "give a smaller document");
  }
  Builder builder;
  if (!Json::sax_parse(text, &builder)) {
    return Fail(
        builder.kind, place, builder.message,
        builder.kind == ErrorKind::kBadJson ? "correct the JSON text" : "give a smaller document");
  }
  return std::move(builder.root);
}

std::string DumpJson(const Json& value, int indent) {
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace weightproof
