#include "model/checkpoint/h5/values.h"

#include <algorithm>
#include <string>
#include <utility>

namespace weightproof::h5 {
namespace {

std::string FixedText(std::string_view text, Padding padding) {
  switch (padding) {
    case Padding::kNullTerminated:
      return std::string(text.substr(0, text.find('\0')));
    case Padding::kNullPadded:
      return std::string(text.substr(0, text.find_last_not_of('\0') + 1));
    case Padding::kSpacePadded:
      return std::string(text.substr(0, text.find_last_not_of(' ') + 1));
  }
  return std::string(text);
}

Checked DecodeVlen(Bytes raw, std::uint64_t offset, std::uint64_t count, GlobalHeap& heap,
                   std::size_t text_bytes_max, std::vector<std::string>& strings) {
  strings.reserve(count);
  std::size_t text_bytes = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t at = i * kVlenReferenceBytes;
    const Parsed<std::string_view> text =
        heap.Text(raw.subspan(at, kVlenReferenceBytes), offset + at);
    if (!text) return std::unexpected(text.error());
    text_bytes += text->size();
    if (text_bytes > text_bytes_max) {
      return Exceeds(
          offset, "more than " + std::to_string(text_bytes_max) + " bytes of text in one attribute",
          "attribute_bytes_max");
    }
    strings.emplace_back(*text);
  }
  return {};
}

}  // namespace

Checked Decode(Values values, const FileType& type, std::uint64_t count, GlobalHeap& heap,
               std::size_t text_bytes_max, const std::shared_ptr<const void>& keep_alive,
               StoredArray& array) {
  const Bytes raw = values.is_view ? values.view : Bytes(values.owned);
  switch (type.type.cls) {
    case StoredClass::kVlenString:
      return DecodeVlen(raw, values.offset, count, heap, text_bytes_max, array.strings);
    case StoredClass::kFixedString:
      array.strings.reserve(count);
      for (std::uint64_t i = 0; i < count; ++i) {
        array.strings.push_back(FixedText(
            {reinterpret_cast<const char*>(raw.data()) + i * type.file_bytes, type.file_bytes},
            type.padding));
      }
      return {};
    case StoredClass::kNumber:
    case StoredClass::kOpaque:
      break;
  }
  if (type.type.dtype == DType::kBool && type.type.cls == StoredClass::kNumber &&
      std::ranges::any_of(raw, [](std::byte b) { return b > std::byte{1}; })) {
    return Damaged(values.offset, "a bool that is neither FALSE nor TRUE");
  }
  if (values.is_view && !type.type.big_endian && keep_alive != nullptr) {
    array.bytes = ByteArray::View(values.view, keep_alive);
    return {};
  }
  if (values.is_view) values.owned.assign(raw.begin(), raw.end());
  if (type.type.big_endian) {
    const std::size_t element = type.file_bytes;
    for (auto at = values.owned.begin(); at != values.owned.end();
         at += static_cast<std::ptrdiff_t>(element)) {
      std::reverse(at, at + static_cast<std::ptrdiff_t>(element));
    }
  }
  array.bytes = std::move(values.owned);
  return {};
}

}  // namespace weightproof::h5
