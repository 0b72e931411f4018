#include "model/layers/tracked.h"

#include <algorithm>

namespace weightproof {
namespace {

// A monotone function on the interval, evaluated with a relative error and an absolute one.
template <class F>
Tracked Monotone(const Tracked& x, F f, double relative, double absolute = 0) {
  const double y = f(x.value);
  double spread = 0;
  if (x.error > 0) {
    spread = std::max(std::fabs(f(x.value + x.error) - y), std::fabs(f(x.value - x.error) - y));
    if (!(spread >= 0) || !(x.error < kInfinity)) spread = kInfinity;
  }
  return Checked(y, spread + relative * (std::fabs(y) + spread) + absolute + kTiny);
}

double SigmoidOf(double x) { return 1 / (1 + std::exp(-x)); }
double SoftplusOf(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::fabs(x))); }

}  // namespace

Tracked operator/(const Tracked& a, const Tracked& b) {
  const double divisor = std::fabs(b.value) - b.error;  // smallest possible
  if (!(divisor > 0)) return {a.value / b.value, kInfinity};
  const double q = a.value / b.value;
  return Rounded(q, (a.error + std::fabs(q) * b.error) / divisor, 2.01 * kUnit);
}

Tracked Max(const Tracked& x, double c) {
  if (x.value + x.error <= c) return {c};
  return {x.value < c ? c : x.value, x.error};
}

Tracked Min(const Tracked& x, double c) {
  if (x.value - x.error >= c) return {c};
  return {x.value > c ? c : x.value, x.error};
}

Tracked Exp(const Tracked& x) {
  return Monotone(x, [](double v) { return std::exp(v); }, kExpError);
}
Tracked Expm1(const Tracked& x) {
  return Monotone(
      x, [](double v) { return std::expm1(v); }, kCompoundError,
      std::fabs(x.value) < 2 ? 2 * kUnit : 0);
}
Tracked Tanh(const Tracked& x) {
  return Monotone(x, [](double v) { return std::tanh(v); }, kCompoundError);
}
Tracked Erf(const Tracked& x) {
  return Monotone(x, [](double v) { return std::erf(v); }, kCompoundError);
}
Tracked Sqrt(const Tracked& x) {
  return Monotone(x, [](double v) { return std::sqrt(v); }, 2 * kUnit);
}
Tracked ReciprocalSqrt(const Tracked& x) {
  if (!(x.value - x.error > 0)) return {1 / std::sqrt(x.value), kInfinity};
  return Monotone(x, [](double v) { return 1 / std::sqrt(v); }, kExpError);
}
Tracked Sigmoid(const Tracked& x) { return Monotone(x, SigmoidOf, kCompoundError); }
Tracked Softplus(const Tracked& x) { return Monotone(x, SoftplusOf, kCompoundError); }

Tracked JoinedAt(const Tracked& x, double c, const Tracked& below, const Tracked& above) {
  const Tracked& chosen = x.value > c ? above : below;
  if (!Straddles(x, c)) return chosen;
  return {chosen.value, below.error + above.error + std::fabs(below.value - above.value)};
}

Tracked JumpAt(const Tracked& x, double c, const Tracked& below, const Tracked& above) {
  const Tracked& chosen = x.value > c ? above : below;
  return Straddles(x, c) ? Tracked(chosen.value, kInfinity) : chosen;
}

Tracked Sum<Tracked>::Total(std::int64_t more) const {
  const double rounding = Gamma(static_cast<double>(terms_ + more) + 2) * magnitude_ +
                          static_cast<double>(terms_ + 1) * kTiny;
  // Partial sums in another order may reach the sum of magnitudes.
  return {value_, magnitude_ <= kFloatMax ? error_ + rounding : kInfinity};
}

}  // namespace weightproof
