#include "model/tensor.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "model/float_bits.h"

namespace weightproof {
namespace {

struct DTypeRow {
  DType dtype;
  std::string_view name;
  std::size_t size;
  int exponent_bits;  // floats only
  int mantissa_bits;  // floats: explicit ones; integers: value bits
  bool is_float;
  bool is_signed;
};

constexpr std::array kDTypes{
    DTypeRow{DType::kFloat16, "float16", 2, 5, 10, true, true},
    DTypeRow{DType::kBFloat16, "bfloat16", 2, 8, 7, true, true},
    DTypeRow{DType::kFloat32, "float32", 4, 8, 23, true, true},
    DTypeRow{DType::kFloat64, "float64", 8, 11, 52, true, true},
    DTypeRow{DType::kInt8, "int8", 1, 0, 7, false, true},
    DTypeRow{DType::kInt16, "int16", 2, 0, 15, false, true},
    DTypeRow{DType::kInt32, "int32", 4, 0, 31, false, true},
    DTypeRow{DType::kInt64, "int64", 8, 0, 63, false, true},
    DTypeRow{DType::kUInt8, "uint8", 1, 0, 8, false, false},
    DTypeRow{DType::kUInt16, "uint16", 2, 0, 16, false, false},
    DTypeRow{DType::kUInt32, "uint32", 4, 0, 32, false, false},
    DTypeRow{DType::kUInt64, "uint64", 8, 0, 64, false, false},
    DTypeRow{DType::kBool, "bool", 1, 0, 1, false, false},
};

const DTypeRow& Row(DType dtype) { return kDTypes[static_cast<std::size_t>(dtype)]; }

// Every offered source fits into double or int64/uint64; doubles carry all floats and small ints.
double LoadAsDouble(DType dtype, const std::byte* p) {
  switch (dtype) {
    case DType::kFloat16:
      return HalfToFloat(LoadBits<std::uint16_t>(p));
    case DType::kBFloat16:
      return std::bit_cast<float>(static_cast<std::uint32_t>(LoadBits<std::uint16_t>(p)) << 16);
    case DType::kFloat32:
      return LoadBits<float>(p);
    case DType::kFloat64:
      return LoadBits<double>(p);
    case DType::kInt8:
      return LoadBits<std::int8_t>(p);
    case DType::kInt16:
      return LoadBits<std::int16_t>(p);
    case DType::kInt32:
      return LoadBits<std::int32_t>(p);
    case DType::kInt64:
      return static_cast<double>(LoadBits<std::int64_t>(p));
    case DType::kUInt8:
      return LoadBits<std::uint8_t>(p);
    case DType::kUInt16:
      return LoadBits<std::uint16_t>(p);
    case DType::kUInt32:
      return LoadBits<std::uint32_t>(p);
    case DType::kUInt64:
      return static_cast<double>(LoadBits<std::uint64_t>(p));
    case DType::kBool:
      return LoadBits<std::uint8_t>(p) != 0 ? 1.0 : 0.0;
  }
  return 0;
}

float LoadAsFloat(DType dtype, const std::byte* p) {
  // Integers of 64 bits go to float in one rounding, not by way of double.
  if (dtype == DType::kInt64) return static_cast<float>(LoadBits<std::int64_t>(p));
  if (dtype == DType::kUInt64) return static_cast<float>(LoadBits<std::uint64_t>(p));
  return static_cast<float>(LoadAsDouble(dtype, p));
}

template <class T>
void StoreBits(std::byte* p, T value) {
  std::memcpy(p, &value, sizeof(T));
}

template <class To>
bool ConvertIntegers(const Tensor& in, Tensor& out) {
  const std::size_t size = DTypeSize(in.dtype());
  for (std::int64_t i = 0; i < in.size(); ++i) {
    const std::byte* p = in.bytes().data() + static_cast<std::size_t>(i) * size;
    // Widening only (checked by the caller), so the detour over int64 or uint64 is exact.
    const auto value =
        Row(in.dtype()).is_signed
            ? static_cast<To>(static_cast<std::int64_t>(
                  in.dtype() == DType::kInt64 ? LoadBits<std::int64_t>(p)
                                              : std::llround(LoadAsDouble(in.dtype(), p))))
            : static_cast<To>(
                  in.dtype() == DType::kUInt64
                      ? LoadBits<std::uint64_t>(p)
                      : static_cast<std::uint64_t>(std::llround(LoadAsDouble(in.dtype(), p))));
    StoreBits(out.bytes().data() + static_cast<std::size_t>(i) * sizeof(To), value);
  }
  return true;
}

bool StoreFloats(const Tensor& in, Tensor& out) {
  const std::size_t from_size = DTypeSize(in.dtype());
  const std::size_t to_size = DTypeSize(out.dtype());
  for (std::int64_t i = 0; i < in.size(); ++i) {
    const std::byte* p = in.bytes().data() + static_cast<std::size_t>(i) * from_size;
    std::byte* q = out.bytes().data() + static_cast<std::size_t>(i) * to_size;
    switch (out.dtype()) {
      case DType::kFloat64:
        StoreBits(q, LoadAsDouble(in.dtype(), p));
        break;
      case DType::kFloat32:
        StoreBits(q, LoadAsFloat(in.dtype(), p));
        break;
      case DType::kFloat16:
        StoreBits(q, DoubleToSmallFloat(LoadAsDouble(in.dtype(), p), 5, 10));
        break;
      case DType::kBFloat16:
        StoreBits(q, DoubleToSmallFloat(LoadAsDouble(in.dtype(), p), 8, 7));
        break;
      default:
        return false;
    }
  }
  return true;
}

}  // namespace

std::string_view DTypeName(DType dtype) { return Row(dtype).name; }

std::optional<DType> DTypeFromName(std::string_view name) {
  for (const DTypeRow& row : kDTypes) {
    if (row.name == name) return row.dtype;
  }
  return std::nullopt;
}

std::size_t DTypeSize(DType dtype) { return Row(dtype).size; }

bool WidensExactly(DType from, DType to) {
  if (from == to) return true;
  const DTypeRow& a = Row(from);
  const DTypeRow& b = Row(to);
  if (to == DType::kBool) return false;
  if (a.is_float) {
    return b.is_float && b.exponent_bits >= a.exponent_bits && b.mantissa_bits >= a.mantissa_bits;
  }
  // Every integer of n value bits is a float of n - 1 explicit mantissa bits; float16 has the range
  // for 11 bits.
  if (b.is_float) return a.mantissa_bits <= b.mantissa_bits + 1;
  return b.mantissa_bits >= a.mantissa_bits && (b.is_signed || !a.is_signed);
}

std::string ShapeText(std::span<const std::int64_t> shape) {
  std::string text = "(";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (i > 0) text += ", ";
    text += std::to_string(shape[i]);
  }
  if (shape.size() == 1) text += ",";
  return text + ")";
}

std::optional<std::int64_t> ElementCount(std::span<const std::int64_t> shape) {
  constexpr std::int64_t kMax = std::int64_t{1} << 48;
  std::int64_t count = 1;
  for (const std::int64_t dimension : shape) {
    if (dimension < 0) return std::nullopt;
    if (dimension == 0) {
      count = 0;
    } else if (count > kMax / dimension) {
      return std::nullopt;
    } else {
      count *= dimension;
    }
  }
  return count;
}

Tensor::Tensor(DType dtype, Shape shape)
    : dtype_(dtype),
      shape_(std::move(shape)),
      size_(ElementCount(shape_).value_or(0)),
      data_(static_cast<std::size_t>(size_) * DTypeSize(dtype)) {}

bool Tensor::operator==(const Tensor& other) const {
  return dtype_ == other.dtype_ && shape_ == other.shape_ && data_ == other.data_;
}

std::optional<Tensor> Convert(const Tensor& tensor, DType to) {
  if (tensor.dtype() == to) return tensor;
  Tensor out(to, tensor.shape());
  if (Row(to).is_float) {
    if (!StoreFloats(tensor, out)) return std::nullopt;
    return out;
  }
  if (Row(tensor.dtype()).is_float || !WidensExactly(tensor.dtype(), to)) return std::nullopt;
  switch (to) {
    case DType::kInt16:
      ConvertIntegers<std::int16_t>(tensor, out);
      break;
    case DType::kInt32:
      ConvertIntegers<std::int32_t>(tensor, out);
      break;
    case DType::kInt64:
      ConvertIntegers<std::int64_t>(tensor, out);
      break;
    case DType::kUInt8:
      ConvertIntegers<std::uint8_t>(tensor, out);
      break;
    case DType::kUInt16:
      ConvertIntegers<std::uint16_t>(tensor, out);
      break;
    case DType::kUInt32:
      ConvertIntegers<std::uint32_t>(tensor, out);
      break;
    case DType::kUInt64:
      ConvertIntegers<std::uint64_t>(tensor, out);
      break;
    case DType::kInt8:
      ConvertIntegers<std::int8_t>(tensor, out);
      break;
    default:
      return std::nullopt;
  }
  return out;
}

}  // namespace weightproof
