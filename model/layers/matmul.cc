#include "model/layers/matmul.h"

#include <Eigen/Core>
#include <algorithm>

namespace weightproof {
namespace {

using Row = Eigen::Map<Eigen::Array<float, 1, Eigen::Dynamic>>;
using ConstRow = Eigen::Map<const Eigen::Array<float, 1, Eigen::Dynamic>>;

// Below this many columns a plain loop is faster than setting Eigen's packets up.
constexpr std::int64_t kEigenColumnsMin = 8;

void AddScaledRows(const MatMulSize& s, const float* x, const float* w, float* y) {
  std::int64_t k = 0;
  if (s.cols < kEigenColumnsMin) {
    for (; k < s.depth; ++k, w += s.w_stride) {
      for (std::int64_t c = 0; c < s.cols; ++c) y[c] += x[k] * w[c];
    }
    return;
  }
  Row out(y, s.cols);
  for (; k + 4 <= s.depth; k += 4, w += 4 * s.w_stride) {
    const ConstRow w0(w, s.cols), w1(w + s.w_stride, s.cols), w2(w + 2 * s.w_stride, s.cols),
        w3(w + 3 * s.w_stride, s.cols);
    out = (((out + x[k] * w0) + x[k + 1] * w1) + x[k + 2] * w2) + x[k + 3] * w3;
  }
  for (; k < s.depth; ++k, w += s.w_stride) out += x[k] * ConstRow(w, s.cols);
}

}  // namespace

void MatMul(const MatMulSize& s, const float* x, const float* w, const float* bias, float* y) {
  for (std::int64_t r = 0; r < s.rows; ++r, x += s.x_stride, y += s.y_stride) {
    if (bias == nullptr) {
      std::fill(y, y + s.cols, 0.0F);
    } else {
      std::copy(bias, bias + s.cols, y);
    }
    AddScaledRows(s, x, w, y);
  }
}

void MatMul(const MatMulSize& s, const Tracked* x, const float* w, const float* bias, Tracked* y) {
  for (std::int64_t r = 0; r < s.rows; ++r, x += s.x_stride, y += s.y_stride) {
    for (std::int64_t c = 0; c < s.cols; ++c) {
      Sum<Tracked> sum;
      if (bias != nullptr) sum.Add(static_cast<double>(bias[c]));
      for (std::int64_t k = 0; k < s.depth; ++k) {
        sum.AddProduct(x[k], static_cast<double>(w[k * s.w_stride + c]));
      }
      y[c] = sum.Total(s.more_terms);
    }
  }
}

}  // namespace weightproof
