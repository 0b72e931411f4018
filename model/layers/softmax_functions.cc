// The activations that look at a whole axis.
#include <algorithm>
#include <functional>
#include <vector>

#include "model/layers/activation_functions.h"

namespace weightproof {
namespace {

template <class S, class F>
void EachRun(S* x, std::int64_t count, std::int64_t last, F run) {
  for (std::int64_t i = 0; i < count; i += last) run(x + i);
}

double LargestValue(const Tracked* x, std::int64_t n) {
  double largest = x[0].value;
  for (std::int64_t i = 1; i < n; ++i) largest = std::max(largest, x[i].value);
  return largest;
}

// How far x[i] - max may be off in a float32 evaluation. The maximum itself cancels out.
double ShiftedError(const Tracked& x, double largest) {
  return x.error + kUnit * (std::fabs(x.value - largest) + x.error);
}

struct ExpSum {
  double total = 0;     // sum of e^(x - max)
  double relative = 0;  // relative error of that sum; infinite when unknown
  bool finite = true;   // every term is a finite float32, so every share lies in [0, 1]
};

ExpSum SumOfExponentials(const Tracked* x, std::int64_t n, double largest) {
  ExpSum sum;
  double error = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const double e = std::exp(x[i].value - largest);
    sum.total += e;
    error += e * std::expm1(ShiftedError(x[i], largest)) + kTiny;
    sum.finite = sum.finite && std::fabs(x[i].value) + x[i].error < kInfinity;
  }
  sum.relative = error / sum.total + kExpError + Gamma(static_cast<double>(n) + 2);
  if (!(sum.relative < 0.5)) sum.relative = kInfinity;
  return sum;
}

}  // namespace

void ApplySoftmax(float* x, std::int64_t count, std::int64_t last) {
  EachRun(x, count, last, [last](float* run) {
    float largest = run[0];
    for (std::int64_t i = 1; i < last; ++i) largest = Larger(largest, run[i]);
    float total = 0;
    for (std::int64_t i = 0; i < last; ++i) total += run[i] = Exp(run[i] - largest);
    for (std::int64_t i = 0; i < last; ++i) run[i] /= total;
  });
}

void ApplySoftmax(Tracked* x, std::int64_t count, std::int64_t last) {
  EachRun(x, count, last, [last](Tracked* run) {
    const double largest = LargestValue(run, last);
    const ExpSum sum = SumOfExponentials(run, last, largest);
    for (std::int64_t i = 0; i < last; ++i) {
      const double p = std::exp(run[i].value - largest) / sum.total;
      const double relative = (std::exp(ShiftedError(run[i], largest)) * (1 + kExpError)) /
                                  (1 - sum.relative) * (1 + 3 * kUnit) -
                              1;
      const double error = sum.relative < kInfinity ? std::min(p * relative, 1.0) : 1.0;
      run[i] = Checked(p, sum.finite ? error + kTiny : kInfinity);
    }
  });
}

void ApplyLogSoftmax(float* x, std::int64_t count, std::int64_t last) {
  EachRun(x, count, last, [last](float* run) {
    float largest = run[0];
    for (std::int64_t i = 1; i < last; ++i) largest = Larger(largest, run[i]);
    float total = 0;
    for (std::int64_t i = 0; i < last; ++i) total += Exp(run[i] - largest);
    const float log_total = std::log(total);
    for (std::int64_t i = 0; i < last; ++i) run[i] = run[i] - largest - log_total;
  });
}

void ApplyLogSoftmax(Tracked* x, std::int64_t count, std::int64_t last) {
  EachRun(x, count, last, [last](Tracked* run) {
    const double largest = LargestValue(run, last);
    const ExpSum sum = SumOfExponentials(run, last, largest);
    const double log_total = std::log(sum.total);
    const double log_error =
        -std::log1p(-std::min(sum.relative, 1.0)) + kExpError * (log_total + kUnit);
    for (std::int64_t i = 0; i < last; ++i) {
      const double shifted = run[i].value - largest;
      run[i] = Checked(shifted - log_total,
                       ShiftedError(run[i], largest) + log_error +
                           3 * kUnit * (std::fabs(shifted) + std::fabs(largest) + log_total));
    }
  });
}

namespace {

void SortDescending(std::vector<float>& x) { std::sort(x.begin(), x.end(), std::greater<>()); }
void SortDescending(std::vector<Tracked>& x) {
  double error = 0;
  for (const Tracked& v : x) error = v.error < error ? error : v.error;
  std::sort(x.begin(), x.end(),
            [](const Tracked& a, const Tracked& b) { return a.value > b.value; });
  // The k-th largest value moves by no more than the values do.
  for (Tracked& v : x) v.error = error;
}

bool Finite(float x) { return std::isfinite(x); }
bool Finite(const Tracked& x) { return std::fabs(x.value) + x.error <= kFloatMax; }
float Undefined(float) { return std::numeric_limits<float>::quiet_NaN(); }
Tracked Undefined(const Tracked& x) { return {x.value, kInfinity}; }
bool Positive(float x) { return x > 0; }
bool Positive(const Tracked& x) { return x.value > 0; }

// As sparsemax() in keras/src/backend/*/nn.py: the support is that of the projection on the
// simplex, but its threshold adds up the cumulative sums where the projection takes the last one.
// With more than one value in the support the result jumps where the support changes.
template <class S>
void SparsemaxRun(S* x, std::int64_t n) {
  if (!std::all_of(x, x + n, [](const S& v) { return Finite(v); })) {
    for (std::int64_t i = 0; i < n; ++i) x[i] = Undefined(x[i]);
    return;
  }
  std::vector<S> sorted(x, x + n);
  SortDescending(sorted);
  Sum<S> running, over_support;
  std::int64_t support = 0;
  bool certain = true;
  for (std::int64_t k = 0; k < n; ++k) {
    const S& value = sorted[static_cast<std::size_t>(k)];
    running.Add(value);
    const S cumulative = running.Total();
    const S margin = value - Times(1.0 / static_cast<double>(k + 1), Plus(-1, cumulative));
    certain = certain && !Straddles(margin, 0);
    if (!Positive(margin)) continue;
    over_support.Add(cumulative);
    ++support;
  }
  const S tau = Times(1.0 / static_cast<double>(support), Plus(-1, over_support.Total()));
  for (std::int64_t i = 0; i < n; ++i) {
    x[i] = certain ? Max(x[i] - tau, 0) : Undefined(Max(x[i] - tau, 0));
  }
}

}  // namespace

void ApplySparsemax(float* x, std::int64_t count, std::int64_t last) {
  EachRun(x, count, last, [last](float* run) { SparsemaxRun(run, last); });
}
void ApplySparsemax(Tracked* x, std::int64_t count, std::int64_t last) {
  EachRun(x, count, last, [last](Tracked* run) { SparsemaxRun(run, last); });
}

}  // namespace weightproof
