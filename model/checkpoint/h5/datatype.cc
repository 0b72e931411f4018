#include "model/checkpoint/h5/datatype.h"

#include <array>
#include <optional>

namespace weightproof::h5 {
namespace {

constexpr std::int64_t kElementsMax = std::int64_t{1} << 48;

enum class TypeClass : std::uint8_t {
  kInteger = 0,
  kFloat = 1,
  kTime = 2,
  kString = 3,
  kBitField = 4,
  kOpaque = 5,
  kCompound = 6,
  kReference = 7,
  kEnum = 8,
  kVlen = 9,
  kArray = 10,
};

struct TypeHead {
  TypeClass cls;
  int version;
  std::uint32_t bits;  // class-specific
  std::uint32_t size;
  std::uint64_t offset;
};

bool KnownVersion(const TypeHead& head) { return head.version >= 1 && head.version <= 3; }

TypeHead ReadHead(Cursor& in) {
  TypeHead head;
  head.offset = in.offset();
  const std::uint8_t first = in.U8();
  head.cls = static_cast<TypeClass>(first & 15);
  head.version = first >> 4;
  head.bits = static_cast<std::uint32_t>(in.Unsigned(3));
  head.size = in.U32();
  return head;
}

Parsed<FileType> NumberOf(DType dtype, const TypeHead& head, bool big_endian) {
  FileType found;
  found.type.dtype = dtype;
  found.type.size = head.size;
  found.type.big_endian = big_endian && head.size > 1;
  found.file_bytes = head.size;
  return found;
}

Parsed<FileType> ReadInteger(Cursor& in, const TypeHead& head) {
  const bool big_endian = (head.bits & 1) != 0;
  const bool is_signed = (head.bits & 8) != 0;
  const std::uint16_t first_bit = in.U16();
  const std::uint16_t precision = in.U16();
  if ((head.bits & ~0x09U) == 0 && first_bit == 0 && precision == 8 * std::uint64_t{head.size}) {
    switch (head.size) {
      case 1:
        return NumberOf(is_signed ? DType::kInt8 : DType::kUInt8, head, big_endian);
      case 2:
        return NumberOf(is_signed ? DType::kInt16 : DType::kUInt16, head, big_endian);
      case 4:
        return NumberOf(is_signed ? DType::kInt32 : DType::kUInt32, head, big_endian);
      case 8:
        return NumberOf(is_signed ? DType::kInt64 : DType::kUInt64, head, big_endian);
      default:
        break;
    }
  }
  return Forbidden(head.offset, "integers of an unusual layout");
}

// Sign in the top bit, then exponent, then mantissa with its leading 1 left out.
struct FloatLayout {
  DType dtype;
  std::uint8_t exponent_bits, mantissa_bits;
};
constexpr std::array kFloats{
    FloatLayout{DType::kFloat32, 8, 23}, FloatLayout{DType::kFloat64, 11, 52},
    FloatLayout{DType::kFloat16, 5, 10}, FloatLayout{DType::kBFloat16, 8, 7}};

Parsed<FileType> ReadFloat(Cursor& in, const TypeHead& head) {
  const std::uint16_t first_bit = in.U16();
  const std::uint16_t precision = in.U16();
  const std::uint8_t exponent_at = in.U8();
  const std::uint8_t exponent_bits = in.U8();
  const std::uint8_t mantissa_at = in.U8();
  const std::uint8_t mantissa_bits = in.U8();
  const std::uint32_t bias = in.U32();
  const bool big_endian = (head.bits & 1) != 0;
  const std::uint32_t sign_at = head.bits >> 8 & 0xff;
  // Bits 1 to 3 pad, 4 and 5 are 2 for "leading 1 left out", 6 is VAX byte order.
  const bool usual_bits = (head.bits & 0xfe) == 0x20 && (head.bits >> 16) == 0;
  for (const FloatLayout& layout : kFloats) {
    const std::uint32_t bits = 1U + layout.exponent_bits + layout.mantissa_bits;
    if (usual_bits && std::uint64_t{head.size} * 8 == bits && first_bit == 0 && precision == bits &&
        sign_at == bits - 1 && exponent_at == layout.mantissa_bits &&
        exponent_bits == layout.exponent_bits && mantissa_at == 0 &&
        mantissa_bits == layout.mantissa_bits && bias == (1U << (layout.exponent_bits - 1)) - 1) {
      return NumberOf(layout.dtype, head, big_endian);
    }
  }
  return Forbidden(head.offset, "floating-point numbers of an unusual layout");
}

std::optional<Padding> PaddingOf(std::uint32_t bits) {
  if (bits > 2) return std::nullopt;
  return static_cast<Padding>(bits);
}

Parsed<FileType> ReadString(const TypeHead& head) {
  const std::optional<Padding> padding = PaddingOf(head.bits & 15);
  const std::uint32_t charset = head.bits >> 4 & 15;
  if (!padding || charset > 1 || head.bits >> 8 != 0) {
    return Forbidden(head.offset, "text of unknown padding or character set");
  }
  if (head.size == 0) return Damaged(head.offset, "text of no bytes");
  FileType found;
  found.type.cls = StoredClass::kFixedString;
  found.type.size = head.size;
  found.type.utf8 = charset == 1;
  found.padding = *padding;
  found.file_bytes = head.size;
  return found;
}

Parsed<FileType> ReadOpaque(Cursor& in, const TypeHead& head) {
  const std::uint32_t tag = head.bits & 0xff;
  in.Skip((tag + 7) / 8 * 8);
  if (head.bits >> 8 != 0) return Forbidden(head.offset, "opaque bytes of an unusual layout");
  if (head.size == 0) return Damaged(head.offset, "opaque elements of no bytes");
  FileType found;
  found.type.cls = StoredClass::kOpaque;
  found.type.size = head.size;
  found.file_bytes = head.size;
  return found;
}

// h5py's bool: FALSE = 0, TRUE = 1 in one signed byte.
Parsed<FileType> ReadEnum(Cursor& in, const TypeHead& head) {
  const auto forbidden = [&head] {
    return Forbidden(head.offset, "an enumeration other than h5py's bool");
  };
  if (head.bits != 2 || head.size != 1) return forbidden();
  const TypeHead base = ReadHead(in);
  const bool little_endian = (base.bits & 1) == 0;
  if (base.cls != TypeClass::kInteger || base.size != 1 || !little_endian || !KnownVersion(base)) {
    return forbidden();
  }
  const Parsed<FileType> number = ReadInteger(in, base);
  if (!number || number->type.dtype != DType::kInt8) return forbidden();
  const std::size_t unit = head.version >= 3 ? 1 : 8;  // names are padded in older versions
  for (const std::string_view name : {std::string_view("FALSE", 6), std::string_view("TRUE", 5)}) {
    const Bytes stored = in.Span((name.size() + unit - 1) / unit * unit);
    if (!in.ok() || std::memcmp(stored.data(), name.data(), name.size()) != 0) return forbidden();
  }
  const bool values = in.U8() == 0 && in.U8() == 1;
  if (!in.ok() || !values) return forbidden();
  return NumberOf(DType::kBool, head, false);
}

Parsed<FileType> ReadVlen(Cursor& in, const TypeHead& head) {
  if ((head.bits & 15) != 1) return Forbidden(head.offset, "sequences of variable length");
  const std::optional<Padding> padding = PaddingOf(head.bits >> 4 & 15);
  const std::uint32_t charset = head.bits >> 8 & 15;
  if (!padding || charset > 1 || head.bits >> 12 != 0) {
    return Forbidden(head.offset, "text of unknown padding or character set");
  }
  if (head.size != kVlenReferenceBytes) {
    return Damaged(head.offset, "text of variable length with references of " +
                                    std::to_string(head.size) + " bytes");
  }
  const TypeHead base = ReadHead(in);
  if (base.size != 1 || !KnownVersion(base))
    return Damaged(base.offset, "text of characters other than bytes");
  if (base.cls == TypeClass::kInteger) {
    if (const Parsed<FileType> unit = ReadInteger(in, base); !unit) return unit;
  } else if (base.cls == TypeClass::kString) {
    if (const Parsed<FileType> unit = ReadString(base); !unit) return unit;
  } else {
    return Damaged(base.offset, "text of characters other than bytes");
  }
  FileType found;
  found.type.cls = StoredClass::kVlenString;
  found.type.size = 0;
  found.type.utf8 = charset == 1;
  found.padding = *padding;
  found.file_bytes = kVlenReferenceBytes;
  return found;
}

Parsed<FileType> ReadClass(Cursor& in, const TypeHead& head) {
  switch (head.cls) {
    case TypeClass::kInteger:
      return ReadInteger(in, head);
    case TypeClass::kFloat:
      return ReadFloat(in, head);
    case TypeClass::kString:
      return ReadString(head);
    case TypeClass::kOpaque:
      return ReadOpaque(in, head);
    case TypeClass::kEnum:
      return ReadEnum(in, head);
    case TypeClass::kVlen:
      return ReadVlen(in, head);
    case TypeClass::kTime:
      return Forbidden(head.offset, "values of the time type");
    case TypeClass::kBitField:
      return Forbidden(head.offset, "a bit field");
    case TypeClass::kCompound:
      return Forbidden(head.offset, "a compound type");
    case TypeClass::kReference:
      return Forbidden(head.offset, "references");
    case TypeClass::kArray:
      return Forbidden(head.offset, "an array type");
  }
  return Forbidden(head.offset, "an unknown type class");
}

}  // namespace

Parsed<FileType> ReadDatatype(Cursor& in) {
  const TypeHead head = ReadHead(in);
  if (!in.ok()) return Damaged(head.offset, "an element type that is cut short");
  if (!KnownVersion(head)) {
    return Forbidden(head.offset, "an element type of version " + std::to_string(head.version));
  }
  Parsed<FileType> found = ReadClass(in, head);
  if (found && !in.ok()) return Damaged(head.offset, "an element type that is cut short");
  return found;
}

Parsed<FileSpace> ReadDataspace(Cursor& in) {
  const std::uint64_t offset = in.offset();
  const std::uint8_t version = in.U8();
  const std::uint8_t rank = in.U8();
  const std::uint8_t flags = in.U8();
  FileSpace space;
  if (version != 1 && version != 2) {
    return Forbidden(offset, "a shape of version " + std::to_string(version));
  }
  if (rank > kRankMax) return Damaged(offset, "a shape of rank " + std::to_string(rank));
  if ((flags & ~1) != 0) return Forbidden(offset, "a shape with permuted dimensions");
  const std::uint8_t kind = in.U8();  // reserved in version 1
  if (version == 1) in.Skip(4);
  if (version == 2 && (kind > 2 || (kind == 1) != (rank > 0))) {
    return Damaged(offset, "a shape of an unknown kind");
  }
  space.null_space = version == 2 && kind == 2;
  space.shape.reserve(rank);
  for (int i = 0; i < rank; ++i) space.shape.push_back(static_cast<std::int64_t>(in.U64()));
  if ((flags & 1) != 0) {
    for (int i = 0; i < rank; ++i) {
      if (in.U64() < static_cast<std::uint64_t>(space.shape[static_cast<std::size_t>(i)])) {
        return Damaged(offset, "a dimension over its own maximum");
      }
    }
  }
  if (!in.ok()) return Damaged(offset, "a shape that is cut short");
  if (space.null_space) return space;
  const std::optional<std::int64_t> count = ElementCount(space.shape);
  if (!count || *count > kElementsMax) {
    return Exceeds(offset, "a shape with more elements than any file holds", "");
  }
  space.count = static_cast<std::uint64_t>(*count);
  return space;
}

}  // namespace weightproof::h5
