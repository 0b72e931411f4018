// A scalar that knows how far a float32 evaluation may lie from it. Layers are templates over float
// and Tracked, so their equations stand once.
//
// `value` is the exact result in double precision (whose own rounding, 2^-53, is far below all that
// is counted here). `error` bounds |y - value| for the result y of any float32 evaluation: sums in
// any order, with or without fused multiply-add, denormals kept or flushed, elementary functions
// within the ulps stated below. Overflow, a value that is no number, and a discontinuity inside the
// interval make `error` infinite.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

namespace weightproof {

struct Tracked {
  double value = 0;
  double error = 0;

  Tracked() = default;
  Tracked(double exact) : value(exact) {}  // NOLINT: a number is a tracked number
  Tracked(double v, double e) : value(v), error(e) {}
};

inline constexpr double kUnit = 0x1p-24;   // unit roundoff of float32
inline constexpr double kTiny = 0x1p-126;  // smallest normal float32: what flushing may lose
// Errors of elementary functions in float32. Measured as units in the last place on 10^6 points,
// the worst of numpy 2, TensorFlow 2.21 (eager, graph, XLA) on a CPU: exp 2.3, rsqrt 1.9; tanh 5.1,
// erf 6.1, sigmoid 6.0, expm1 5.8, softplus 7.2. One ulp is at most 2 kUnit of the value.
inline constexpr double kExpUlps = 4;       // exp, log, rsqrt
inline constexpr double kCompoundUlps = 8;  // tanh, erf, sigmoid, expm1, softplus
inline constexpr double kExpError = 2 * kExpUlps * kUnit;
inline constexpr double kCompoundError = 2 * kCompoundUlps * kUnit;
// TensorFlow's elu is e^x - 1 near 0: 1.1 kUnit measured, absolute.
inline constexpr double kExpm1Absolute = 2 * kUnit;
inline constexpr double kInfinity = std::numeric_limits<double>::infinity();
inline constexpr double kFloatMax = std::numeric_limits<float>::max();

// Relative error of n roundings in a row: n u / (1 - n u).
inline double Gamma(double n) { return n * kUnit < 0.5 ? n * kUnit / (1 - n * kUnit) : kInfinity; }

// `value` with `error`, or an infinite error where a float32 would overflow or is no number.
inline Tracked Checked(double value, double error) {
  return {value, std::fabs(value) + error <= kFloatMax ? error : kInfinity};
}
// The same after one more operation with relative error `relative`.
inline Tracked Rounded(double value, double error, double relative = kUnit) {
  return Checked(value, error + relative * (std::fabs(value) + error) + kTiny);
}

inline Tracked operator-(const Tracked& a) { return {-a.value, a.error}; }
inline Tracked operator+(const Tracked& a, const Tracked& b) {
  return Rounded(a.value + b.value, a.error + b.error);
}
inline Tracked operator-(const Tracked& a, const Tracked& b) {
  return Rounded(a.value - b.value, a.error + b.error);
}
inline Tracked operator*(const Tracked& a, const Tracked& b) {
  return Rounded(a.value * b.value,
                 std::fabs(a.value) * b.error + a.error * std::fabs(b.value) + a.error * b.error);
}
// Constants of the equations are rounded to float32 by the libraries: one more rounding.
inline Tracked operator*(double c, const Tracked& a) {
  return Rounded(c * a.value, std::fabs(c) * a.error, 2.01 * kUnit);
}
inline Tracked operator+(double c, const Tracked& a) {
  return Rounded(c + a.value, a.error + kUnit * std::fabs(c));
}
inline Tracked operator-(double c, const Tracked& a) { return c + -a; }
Tracked operator/(const Tracked& a, const Tracked& b);

// Whether the interval holds points on both sides of `c`. An exact value does not straddle.
inline bool Straddles(const Tracked& x, double c) {
  return x.error > 0 && !(std::fabs(x.value - c) > x.error);
}
inline bool Straddles(float, double) { return false; }

// ---- Functions of a scalar, for float and Tracked alike. ----

inline float Max(float x, double c) {
  return x < static_cast<float>(c) ? static_cast<float>(c) : x;
}
inline float Min(float x, double c) {
  return x > static_cast<float>(c) ? static_cast<float>(c) : x;
}
Tracked Max(const Tracked& x, double c);
Tracked Min(const Tracked& x, double c);
inline float Larger(float a, float b) { return a < b || b != b ? b : a; }
inline Tracked Larger(const Tracked& a, const Tracked& b) {
  return {a.value < b.value ? b.value : a.value, a.error < b.error ? b.error : a.error};
}

inline float Abs(float x) { return std::fabs(x); }
inline Tracked Abs(const Tracked& x) { return {std::fabs(x.value), x.error}; }

// c * x and c + x with a constant of the equations.
inline float Times(double c, float x) { return static_cast<float>(c) * x; }
inline Tracked Times(double c, const Tracked& x) { return c * x; }
inline float Plus(double c, float x) { return static_cast<float>(c) + x; }
inline Tracked Plus(double c, const Tracked& x) { return c + x; }

inline float Exp(float x) { return std::exp(x); }
inline float Expm1(float x) { return std::expm1(x); }
inline float Tanh(float x) { return std::tanh(x); }
inline float Erf(float x) { return std::erf(x); }
inline float Sqrt(float x) { return std::sqrt(x); }
inline float ReciprocalSqrt(float x) { return 1.0F / std::sqrt(x); }
inline float Sigmoid(float x) { return 1.0F / (1.0F + std::exp(-x)); }
inline float Softplus(float x) {  // log(1 + e^x)
  return Max(x, 0) + std::log1p(std::exp(-std::fabs(x)));
}
Tracked Exp(const Tracked& x);
Tracked Expm1(const Tracked& x);  // also as e^x - 1, whose error is absolute
Tracked Tanh(const Tracked& x);
Tracked Erf(const Tracked& x);
Tracked Sqrt(const Tracked& x);
Tracked ReciprocalSqrt(const Tracked& x);
Tracked Sigmoid(const Tracked& x);
Tracked Softplus(const Tracked& x);

// x > c ? above : below, for branches that meet at c.
inline float JoinedAt(float x, double c, float below, float above) {
  return x > static_cast<float>(c) ? above : below;
}
Tracked JoinedAt(const Tracked& x, double c, const Tracked& below, const Tracked& above);

// x > c ? above : below, for branches that do not meet at c.
inline float JumpAt(float x, double c, float below, float above) {
  return x > static_cast<float>(c) ? above : below;
}
Tracked JumpAt(const Tracked& x, double c, const Tracked& below, const Tracked& above);

// The same with an absolute error of `units` kUnit more, for libraries that cancel on the way.
inline float Loosened(float x, double) { return x; }
inline Tracked Loosened(const Tracked& x, double units) {
  return {x.value, x.error + units * kUnit};
}

// A sum of terms and products in any order.
template <class S>
class Sum;

template <>
class Sum<float> {
 public:
  void Add(float x) { total_ += x; }
  void AddProduct(float x, float w) { total_ += x * w; }
  float Total(std::int64_t = 0) const { return total_; }

 private:
  float total_ = 0;
};

template <>
class Sum<Tracked> {
 public:
  void Add(const Tracked& x) { AddProduct(x, 1); }
  void AddProduct(const Tracked& x, double w) {
    value_ += x.value * w;
    error_ += x.error * std::fabs(w);
    magnitude_ += (std::fabs(x.value) + x.error) * std::fabs(w);
    ++terms_;
  }
  // `more`: terms of a larger sum that this one may be evaluated together with.
  Tracked Total(std::int64_t more = 0) const;

 private:
  double value_ = 0, error_ = 0, magnitude_ = 0;
  std::int64_t terms_ = 0;
};

}  // namespace weightproof
