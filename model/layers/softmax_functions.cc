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
  sum.relative = error / sum.total + kElementary + Gamma(static_cast<double>(n) + 2);
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
      const double relative = (std::exp(ShiftedError(run[i], largest)) * (1 + kElementary)) /
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
        -std::log1p(-std::min(sum.relative, 1.0)) + kElementary * (log_total + kUnit);
    for (std::int64_t i = 0; i < last; ++i) {
      const double shifted = run[i].value - largest;
      run[i] = Checked(shifted - log_total,
                       ShiftedError(run[i], largest) + log_error +
                           3 * kUnit * (std::fabs(shifted) + std::fabs(largest) + log_total));
    }
  });
}

namespace {

// The threshold tau for which the parts above it sum to 1.
template <class T>
T SparsemaxThreshold(std::vector<T>& sorted) {
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  T sum = 0, tau = 0;
  for (std::size_t k = 0; k < sorted.size(); ++k) {
    sum += sorted[k];
    const T candidate = (sum - 1) / static_cast<T>(k + 1);
    if (!(sorted[k] > candidate)) break;
    tau = candidate;
  }
  return tau;
}

}  // namespace

void ApplySparsemax(float* x, std::int64_t count, std::int64_t last) {
  EachRun(x, count, last, [last](float* run) {
    // Values that are no numbers have no order; the projection is then none either.
    if (std::any_of(run, run + last, [](float v) { return !std::isfinite(v); })) {
      std::fill(run, run + last, std::numeric_limits<float>::quiet_NaN());
      return;
    }
    std::vector<float> sorted(run, run + last);
    const float tau = SparsemaxThreshold(sorted);
    for (std::int64_t i = 0; i < last; ++i) run[i] = Max(run[i] - tau, 0);
  });
}

void ApplySparsemax(Tracked* x, std::int64_t count, std::int64_t last) {
  EachRun(x, count, last, [last](Tracked* run) {
    std::vector<double> sorted;
    double squares = 0, magnitude = 1;
    for (std::int64_t i = 0; i < last; ++i) {
      sorted.push_back(run[i].value);
      squares += run[i].error * run[i].error;
      magnitude += std::fabs(run[i].value) + run[i].error;
    }
    if (!(magnitude <= kFloatMax)) {
      for (std::int64_t i = 0; i < last; ++i) run[i].error = kInfinity;
      return;
    }
    const double tau = SparsemaxThreshold(sorted);
    // A projection is 1-Lipschitz in the Euclidean norm; cumulative sums round last + 4 times.
    const double error = std::sqrt(squares) + 2 * Gamma(static_cast<double>(last) + 4) * magnitude;
    for (std::int64_t i = 0; i < last; ++i) {
      run[i] = Checked(std::max(run[i].value - tau, 0.0), error);
    }
  });
}

}  // namespace weightproof
