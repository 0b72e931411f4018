#include "harness/oracle/agreement.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "harness/oracle/weights.h"

namespace weightproof {
namespace {

constexpr double kNudge = 0x1p-20;
constexpr double kUnitInTheLastPlace = 0x1p-23;
// Where no nudge was played: what a sum of a few products may be off by, of the largest output.
constexpr double kPlainUnits = 8;
// A nudge is eight roundings; a network of a few layers and thousands of products has more, which
// mostly cancel.
constexpr double kSpreads = 16;
constexpr double kSpreadShareMax = 0.01;
// Nudges do not reach what rounds behind a saturated activation: a normalization of values that are
// all but equal makes a hundredfold of their last bits. Other functions differ by more than this
// share of the largest output.
constexpr double kClearShare = 0x1p-13;

double LargestOf(std::span<const float> values) {
  double largest = 0;
  for (const float value : values) {
    if (std::isfinite(value)) largest = std::max(largest, std::abs(static_cast<double>(value)));
  }
  return largest;
}

bool SameSpecial(float a, float b) { return (std::isnan(a) && std::isnan(b)) || a == b; }

}  // namespace

Tensor Nudged(const Tensor& tensor, std::uint64_t seed) {
  Tensor out = tensor;
  if (out.dtype() != DType::kFloat32) return out;
  const std::span<float> values = out.values<float>();
  const bool indices =
      std::ranges::all_of(values, [](float x) { return std::isfinite(x) && x == std::floor(x); });
  if (indices) return out;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint64_t hash = WeightHash(seed, "nudge", i + values.size());
    const double share = static_cast<double>(hash >> 11) * 0x1p-53;  // in [0, 1)
    values[i] = static_cast<float>(values[i] * (1 + kNudge * (2 * share - 1)));
  }
  return out;
}

std::vector<NamedTensor> Nudged(const std::vector<NamedTensor>& tensors, std::uint64_t seed) {
  std::vector<NamedTensor> out;
  out.reserve(tensors.size());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    out.push_back({tensors[i].id, Nudged(tensors[i].tensor, seed * 1'000'003 + i + 1)});
  }
  return out;
}

PredictionAgreement Agree(const Tensor& first, const Tensor& second,
                          std::span<const Tensor> nudged) {
  PredictionAgreement result;
  // A backend may answer in another float type.
  const std::optional<Tensor> a = Convert(first, DType::kFloat32);
  const std::optional<Tensor> b = Convert(second, DType::kFloat32);
  if (!a || !b || a->shape() != b->shape()) {
    result.agree = first == second;
    return result;
  }
  std::vector<Tensor> moved;
  for (const Tensor& tensor : nudged) {
    std::optional<Tensor> one = Convert(tensor, DType::kFloat32);
    if (one && one->shape() == b->shape()) moved.push_back(*std::move(one));
  }
  const std::span<const float> x = a->values<float>();
  const std::span<const float> y = b->values<float>();
  const double largest = LargestOf(y);
  const double plain = kPlainUnits * kUnitInTheLastPlace * largest;
  double worst = -1;
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (SameSpecial(x[i], y[i])) continue;
    double spread = 0;
    bool finite = std::isfinite(x[i]) && std::isfinite(y[i]);
    for (const Tensor& tensor : moved) {
      const float there = tensor.values<float>()[i];
      finite = finite && std::isfinite(there);
      spread = std::max(spread, std::abs(static_cast<double>(there) - y[i]));
    }
    const double difference = std::abs(static_cast<double>(x[i]) - y[i]);
    const double bound = plain + kSpreads * spread;
    if (finite && difference <= bound) continue;
    result.agree = false;
    if (!finite || spread > kSpreadShareMax * largest || difference <= kClearShare * largest) {
      result.decided = false;
      continue;
    }
    const double excess = difference - bound;
    if (excess <= worst) continue;
    worst = excess;
    result.difference = difference;
    result.bound = bound;
  }
  // One clear difference is enough, whatever else is unclear.
  if (worst >= 0) result.decided = true;
  return result;
}

}  // namespace weightproof
