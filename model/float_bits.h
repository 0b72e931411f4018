// Bits of small floats.
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace weightproof {

template <class T>
T LoadBits(const std::byte* p) {
  T value;
  std::memcpy(&value, p, sizeof(T));
  return value;
}

inline float HalfToFloat(std::uint16_t bits) {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000u) << 16;
  const std::uint32_t exponent = (bits >> 10) & 0x1fu;
  const std::uint32_t mantissa = bits & 0x3ffu;
  if (exponent == 0x1f) return std::bit_cast<float>(sign | 0x7f800000u | (mantissa << 13));
  if (exponent == 0) {
    const float magnitude = std::ldexp(static_cast<float>(mantissa), -24);
    return sign != 0 ? -magnitude : magnitude;
  }
  return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (mantissa << 13));
}

// IEEE-like float of 16 bits with the given exponent and mantissa widths (5, 10: half; 8, 7:
// bfloat16); rounds to nearest, ties to even; out of range becomes infinity; a NaN stays a NaN.
inline std::uint16_t DoubleToSmallFloat(double value, int exponent_bits, int mantissa_bits) {
  const std::uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  const int bias = (1 << (exponent_bits - 1)) - 1;
  const auto infinity = static_cast<std::uint16_t>(((1 << exponent_bits) - 1) << mantissa_bits);
  if (std::isnan(value))
    return static_cast<std::uint16_t>(sign | infinity | (1 << (mantissa_bits - 1)));
  const double magnitude = std::fabs(value);
  if (std::isinf(value)) return static_cast<std::uint16_t>(sign | infinity);
  if (magnitude == 0) return sign;
  int exponent = 0;
  std::frexp(magnitude, &exponent);  // magnitude = f * 2^exponent, f in [0.5, 1)
  // The unit in the last place at this magnitude; subnormals share the smallest one.
  const int ulp = std::max(exponent - 1, 1 - bias) - mantissa_bits;
  const auto units = static_cast<std::uint32_t>(std::nearbyint(std::ldexp(magnitude, -ulp)));
  // units counts steps from zero at scale ulp; adding the exponent field carries by itself.
  const int field =
      ulp + mantissa_bits + bias - 1;  // exponent field minus the implicit one's carry
  const std::uint32_t bits = units + (static_cast<std::uint32_t>(field) << mantissa_bits);
  if (bits >= infinity) return static_cast<std::uint16_t>(sign | infinity);
  return static_cast<std::uint16_t>(sign | bits);
}

}  // namespace weightproof
