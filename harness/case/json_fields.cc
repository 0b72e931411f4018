#include "harness/case/json_fields.h"

namespace weightproof {

std::string JsonPlace::Text() const {
  if (parent == nullptr) return std::string(key) + ":";
  std::string text = parent->Text() + "/";
  if (is_index) return text + std::to_string(index);
  for (const char c : key.substr(0, 100)) {  // RFC 6901 escapes
    if (c == '~')
      text += "~0";
    else if (c == '/')
      text += "~1";
    else
      text += c;
  }
  return text;
}

JsonFields::JsonFields(const Json& value, const JsonPlace& place)
    : object_(value.get_ptr<const Json::object_t*>()), place_(place) {
  if (object_ == nullptr) Wrong("", "an object is due here");
}

const JsonFields::Json* JsonFields::Find(std::string_view key, bool required) {
  if (object_ == nullptr) return nullptr;
  const auto it = object_->find(key);
  if (it == object_->end()) {
    if (required) Wrong("", "the key \"" + std::string(key) + "\" is missing");
    return nullptr;
  }
  if (read_count_ < read_.size()) read_[read_count_++] = key;
  return &it->second;
}

void JsonFields::Text(std::string_view key, std::string& out, bool required) {
  const Json* value = Find(key, required);
  if (value == nullptr) return;
  const auto* text = value->get_ptr<const std::string*>();
  if (text == nullptr) return Wrong(key, "text is due here");
  if (text->size() > kCaseTextBytesMax) {
    return Wrong(key, "text of more than " + std::to_string(kCaseTextBytesMax) + " bytes",
                 ErrorKind::kLimitExceeded);
  }
  out = *text;
}

void JsonFields::Bool(std::string_view key, bool& out, bool required) {
  const Json* value = Find(key, required);
  if (value == nullptr) return;
  const auto* flag = value->get_ptr<const bool*>();
  if (flag == nullptr) return Wrong(key, "true or false is due here");
  out = *flag;
}

bool JsonFields::ReadInteger(const Json& value, std::int64_t min, std::int64_t max,
                             std::int64_t& out) {
  if (!value.is_number_integer()) return false;
  if (value.is_number_unsigned() &&
      value.get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
    return false;
  }
  out = value.get<std::int64_t>();
  return out >= min && out <= max;
}

void JsonFields::Integer(std::string_view key, std::int64_t min, std::int64_t max,
                         std::int64_t& out, bool required) {
  const Json* value = Find(key, required);
  if (value == nullptr) return;
  if (!ReadInteger(*value, min, max, out)) {
    Wrong(key, "a whole number from " + std::to_string(min) + " to " + std::to_string(max) +
                   " is due here");
  }
}

void JsonFields::Int(std::string_view key, int min, int max, int& out, bool required) {
  std::int64_t wide = out;
  Integer(key, min, max, wide, required);
  out = static_cast<int>(std::clamp<std::int64_t>(wide, min, max));
}

void JsonFields::Unsigned(std::string_view key, std::uint64_t& out) {
  const Json* value = Find(key);
  if (value == nullptr) return;
  if (!value->is_number_unsigned()) return Wrong(key, "a whole number from 0 is due here");
  out = value->get<std::uint64_t>();
}

void JsonFields::Ints(std::string_view key, std::size_t count_max, std::vector<std::int64_t>& out,
                      std::int64_t min, std::int64_t max, bool required) {
  const Json* value = Find(key, required);
  if (value == nullptr) return;
  const JsonPlace here{&place_, key};
  auto array = ReadArray(*value, here, count_max);
  if (!array) return Take(std::move(array.error()));
  out.assign((*array)->size(), 0);
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (!ReadInteger((**array)[i], min, max, out[i])) {
      return Wrong(key, "element " + std::to_string(i) + " is no whole number from " +
                            std::to_string(min) + " to " + std::to_string(max));
    }
  }
}

void JsonFields::Texts(std::string_view key, std::size_t count_max, std::vector<std::string>& out,
                       bool required) {
  const Json* value = Find(key, required);
  if (value == nullptr) return;
  const JsonPlace here{&place_, key};
  auto array = ReadArray(*value, here, count_max);
  if (!array) return Take(std::move(array.error()));
  for (const Json& element : **array) {
    const auto* text = element.get_ptr<const std::string*>();
    if (text == nullptr) return Wrong(key, "an array of text is due here");
    if (text->size() > kCaseTextBytesMax) {
      return Wrong(key, "text of more than " + std::to_string(kCaseTextBytesMax) + " bytes",
                   ErrorKind::kLimitExceeded);
    }
    out.push_back(*text);
  }
}

void JsonFields::Wrong(std::string_view key, const std::string& message, ErrorKind kind) {
  if (error_) return;
  const JsonPlace here{&place_, key};
  error_ = Error{kind, key.empty() ? place_.Text() : here.Text(), message,
                 kind == ErrorKind::kLimitExceeded ? "make it smaller"
                                                   : "see harness/case/CASE.md for the form"};
}

void JsonFields::Take(Error error) {
  if (!error_) error_ = std::move(error);
}

void JsonFields::Done() {
  if (object_ == nullptr || object_->size() == read_count_) return;
  const std::span<const std::string_view> read(read_.data(), read_count_);
  for (const auto& [key, value] : *object_) {
    if (std::find(read.begin(), read.end(), key) == read.end()) {
      return Wrong(key, "an unknown key");
    }
  }
}

std::string JsonFields::WordsText(std::span<const std::string_view> names) {
  std::string text = "one of";
  for (const std::string_view name : names) text += " \"" + std::string(name) + "\"";
  return text + " is due here";
}

Result<const nlohmann::json::array_t*> ReadArray(const nlohmann::json& value,
                                                 const JsonPlace& place, std::size_t count_max) {
  const auto* array = value.get_ptr<const nlohmann::json::array_t*>();
  if (array == nullptr) {
    return Fail(ErrorKind::kBadJson, place.Text(), "an array is due here",
                "see harness/case/CASE.md for the form");
  }
  if (array->size() > count_max) {
    return Fail(ErrorKind::kLimitExceeded, place.Text(),
                "an array of more than " + std::to_string(count_max) + " elements",
                "make it smaller");
  }
  return array;
}

}  // namespace weightproof
