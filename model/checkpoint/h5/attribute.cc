#include "model/checkpoint/h5/attribute.h"

namespace weightproof::h5 {

Checked ReadAttributeMessage(const Message& message, std::size_t bytes_max, AttributeParts& parts) {
  Cursor in(message.data, message.offset);
  const std::uint8_t version = in.U8();
  const std::uint8_t flags = in.U8();
  const std::uint16_t name_bytes = in.U16();
  const std::uint16_t type_bytes = in.U16();
  const std::uint16_t space_bytes = in.U16();
  if (version < 1 || version > 3) {
    return Forbidden(message.offset, "an attribute of version " + std::to_string(version));
  }
  if (version > 1 && flags != 0) {
    return Forbidden(message.offset, "an attribute whose type is stored elsewhere");
  }
  if (version == 3 && in.U8() > 1) {
    return Forbidden(message.offset, "an attribute's name of an unknown character set");
  }
  // Parts are padded in version 1; the library reads none beyond its stated size.
  const auto part = [&in, version](std::size_t bytes) {
    const Bytes padded = in.Span(version == 1 ? (bytes + 7) / 8 * 8 : bytes);
    return in.ok() ? padded.first(bytes) : Bytes();
  };
  const Bytes name = part(name_bytes);
  if (in.ok() && name_bytes > 0) {
    const std::string_view text(reinterpret_cast<const char*>(name.data()), name_bytes);
    parts.name = text.substr(0, text.find('\0'));
    if (parts.name.size() + 1 != name_bytes) {
      return Damaged(message.offset, "an attribute's name of a wrong length");
    }
  }
  const std::uint64_t type_at = in.offset();
  Cursor type_in(part(type_bytes), type_at);
  const std::uint64_t space_at = in.offset();
  Cursor space_in(part(space_bytes), space_at);
  if (!in.ok() || parts.name.empty()) {
    return Damaged(message.offset, "an attribute without a name, or cut short");
  }
  const Parsed<FileType> type = ReadDatatype(type_in);
  if (!type) return std::unexpected(type.error());
  Parsed<FileSpace> space = ReadDataspace(space_in);
  if (!space) return std::unexpected(space.error());
  parts.type = *type;
  parts.space = *std::move(space);
  const std::uint64_t bytes = parts.space.count * parts.type.file_bytes;
  if (bytes > bytes_max) {
    return Exceeds(message.offset, std::to_string(bytes) + " bytes in one attribute",
                   "attribute_bytes_max");
  }
  parts.values.offset = in.offset();
  parts.values.view = in.Span(bytes);
  parts.values.is_view = true;
  if (!in.ok()) {
    return Damaged(parts.values.offset, "an attribute without all of its values");
  }
  return {};
}

}  // namespace weightproof::h5
