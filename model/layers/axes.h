// Groups of elements along one or several axes, for layers that reduce over them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "model/tensor.h"

namespace weightproof {

// The elements of one batch item, group by group: inside a group all positions of `axes` in
// row-major order, so element j of every group meets element j of gamma and beta.
struct AxisGroups {
  std::int64_t group_size = 1;
  std::int64_t elements = 1;          // of one batch item
  std::vector<std::int64_t> offsets;  // `elements` many; empty: 0, 1, 2, ...

  std::int64_t Offset(std::int64_t i) const {
    return offsets.empty() ? i : offsets[static_cast<std::size_t>(i)];
  }
};

// `axes` count the batch dimension as 0, or from the end if negative. nullopt: an axis out of
// range, or the batch dimension itself.
std::optional<AxisGroups> GroupByAxes(const Shape& shape, std::span<const std::int64_t> axes);

// y[b][c][r] = x[b][r][c] of (batch, rows, cols).
template <class S>
void TransposeItems(const S* x, std::int64_t batch, std::int64_t rows, std::int64_t cols, S* y) {
  for (std::int64_t b = 0; b < batch; ++b, x += rows * cols, y += rows * cols) {
    for (std::int64_t r = 0; r < rows; ++r) {
      for (std::int64_t c = 0; c < cols; ++c) y[c * rows + r] = x[r * cols + c];
    }
  }
}

}  // namespace weightproof
