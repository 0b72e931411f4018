// Reads the fields of a JSON object one by one and remembers the first thing that is wrong. Only
// for the .cc files that read the parts of a case.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/case/json.h"

namespace weightproof {

// Where a value stands; turned into a JSON pointer only when something is wrong there.
struct JsonPlace {
  const JsonPlace* parent = nullptr;
  std::string_view key;
  std::size_t index = 0;
  bool is_index = false;

  std::string Text() const;
};

class JsonFields {
 public:
  using Json = nlohmann::json;

  // `value` and `place` outlive the reader.
  JsonFields(const Json& value, const JsonPlace& place);

  bool ok() const { return !error_.has_value(); }
  Error error() && { return std::move(*error_); }
  const JsonPlace& place() const { return place_; }

  bool Has(std::string_view key) const { return object_ != nullptr && object_->contains(key); }
  // The field, marked as read; nullptr when absent (an error with `required`).
  const Json* Find(std::string_view key, bool required = false);

  void Text(std::string_view key, std::string& out, bool required = false);
  void Bool(std::string_view key, bool& out, bool required = false);
  void Integer(std::string_view key, std::int64_t min, std::int64_t max, std::int64_t& out,
               bool required = false);
  void Int(std::string_view key, int min, int max, int& out, bool required = false);
  void Unsigned(std::string_view key, std::uint64_t& out);
  void Ints(std::string_view key, std::size_t count_max, std::vector<std::int64_t>& out,
            std::int64_t min, std::int64_t max, bool required = false);
  void Texts(std::string_view key, std::size_t count_max, std::vector<std::string>& out,
             bool required = false);
  // One of the names; `out` becomes its index.
  template <class Enum>
  void Word(std::string_view key, std::span<const std::string_view> names, Enum& out,
            bool required = false) {
    const Json* value = Find(key, required);
    if (value == nullptr) return;
    const auto* text = value->get_ptr<const std::string*>();
    const auto it = text == nullptr ? names.end() : std::find(names.begin(), names.end(), *text);
    if (it == names.end()) return Wrong(key, WordsText(names));
    out = static_cast<Enum>(it - names.begin());
  }

  // Records an error at `key` ("" for the object itself) unless there is one already.
  void Wrong(std::string_view key, const std::string& message,
             ErrorKind kind = ErrorKind::kBadJson);
  void Take(Error error);
  // An unread key is an error. Call last.
  void Done();

 private:
  static std::string WordsText(std::span<const std::string_view> names);
  bool ReadInteger(const Json& value, std::int64_t min, std::int64_t max, std::int64_t& out);

  const Json::object_t* object_ = nullptr;
  const JsonPlace& place_;
  std::array<std::string_view, 24> read_;
  std::size_t read_count_ = 0;
  std::optional<Error> error_;
};

// Readers of the parts, by place; the public functions of json.h wrap them.
Result<LayerSpec> ReadLayer(const nlohmann::json& value, const JsonPlace& place);
Result<ArchitectureSpec> ReadArchitecture(const nlohmann::json& value, const JsonPlace& place);
Result<Build> ReadBuild(const nlohmann::json& value, const JsonPlace& place);
Result<ConfigValue> ReadConfigValue(const nlohmann::json& value, const JsonPlace& place);
nlohmann::json ConfigValueToJson(const ConfigValue& value);
// An array with at most `count_max` elements, or an error.
Result<const nlohmann::json::array_t*> ReadArray(const nlohmann::json& value,
                                                 const JsonPlace& place, std::size_t count_max);

// Of json_damage.cc.
Result<std::vector<Damage>> ReadDamage(const nlohmann::json& value, const JsonPlace& place);

}  // namespace weightproof
