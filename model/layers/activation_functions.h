// Every function that an `activation` string names, for float and Tracked.
#pragma once

#include <cstdint>
#include <string_view>

#include "model/layers/tracked.h"
#include "model/spec/architecture.h"

namespace weightproof {

// In place on `count` values; the softmax family works on runs of `last` values (the last axis),
// of which `count` is a multiple.
struct ActivationFunction {
  std::string_view name;
  void (*apply_float)(float* x, std::int64_t count, std::int64_t last);
  void (*apply_tracked)(Tracked* x, std::int64_t count, std::int64_t last);

  void operator()(float* x, std::int64_t count, std::int64_t last) const {
    apply_float(x, count, last);
  }
  void operator()(Tracked* x, std::int64_t count, std::int64_t last) const {
    apply_tracked(x, count, last);
  }
};

// nullptr: no such name in this dialect. "hard_sigmoid" is another function in each dialect.
const ActivationFunction* FindActivation(std::string_view name, Dialect dialect);

// e^x / sum e^x over each of `count / last` runs.
void ApplySoftmax(float* x, std::int64_t count, std::int64_t last);
void ApplySoftmax(Tracked* x, std::int64_t count, std::int64_t last);
void ApplyLogSoftmax(float* x, std::int64_t count, std::int64_t last);
void ApplyLogSoftmax(Tracked* x, std::int64_t count, std::int64_t last);
// What Keras 3 calls sparsemax: see the definition.
void ApplySparsemax(float* x, std::int64_t count, std::int64_t last);
void ApplySparsemax(Tracked* x, std::int64_t count, std::int64_t last);

// alpha (e^x - 1) for x < 0.
template <class S>
S EluOf(const S& x, double alpha) {
  return Max(x, 0) + Times(alpha, Expm1(Min(x, 0)));
}

template <class S>
S LeakyReluOf(const S& x, double slope) {
  return Max(x, 0) + Times(slope, Min(x, 0));
}

}  // namespace weightproof
