// The matrix product that Dense, convolutions and recurrent layers share.
#pragma once

#include <cstdint>

#include "model/layers/tracked.h"

namespace weightproof {

struct MatMulSize {
  std::int64_t rows = 0, depth = 0, cols = 0;
  std::int64_t x_stride = 0, w_stride = 0, y_stride = 0;  // elements from row to row
  std::int64_t more_terms = 0;  // terms that a library may sum in the same go, bias aside
};

// y(rows, cols) = bias + x(rows, depth) * w(depth, cols); bias may be nullptr.
// float: every element is summed in the order bias, 0, 1, ..., so its bits depend neither on the
// number of rows nor on where the memory lies.
void MatMul(const MatMulSize& size, const float* x, const float* w, const float* bias, float* y);
void MatMul(const MatMulSize& size, const Tracked* x, const float* w, const float* bias,
            Tracked* y);

}  // namespace weightproof
