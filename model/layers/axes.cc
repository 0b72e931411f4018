#include "model/layers/axes.h"

#include <algorithm>

#include "model/layers/config.h"

namespace weightproof {

std::optional<AxisGroups> GroupByAxes(const Shape& shape, std::span<const std::int64_t> axes) {
  const std::size_t rank = shape.size();
  std::vector<bool> inside(rank, false);
  for (const std::int64_t axis : axes) {
    const auto index = AxisWithoutBatch(axis, rank);
    if (!index) return std::nullopt;
    inside[*index] = true;
  }
  // Row-major over the axes outside, then over those inside.
  std::vector<std::size_t> order;
  for (const bool part : {false, true}) {
    for (std::size_t d = 0; d < rank; ++d) {
      if (inside[d] == part) order.push_back(d);
    }
  }
  AxisGroups groups;
  groups.elements = Product(shape);
  for (std::size_t d = 0; d < rank; ++d) groups.group_size *= inside[d] ? shape[d] : 1;
  if (std::is_sorted(order.begin(), order.end()) || groups.elements == 0) return groups;

  std::vector<std::int64_t> strides(rank, 1);
  for (std::size_t d = rank - 1; d > 0; --d) strides[d - 1] = strides[d] * shape[d];
  groups.offsets.assign(1, 0);
  for (const std::size_t d : order) {
    std::vector<std::int64_t> next;
    next.reserve(groups.offsets.size() * static_cast<std::size_t>(shape[d]));
    for (const std::int64_t offset : groups.offsets) {
      for (std::int64_t i = 0; i < shape[d]; ++i) next.push_back(offset + i * strides[d]);
    }
    groups.offsets = std::move(next);
  }
  return groups;
}

}  // namespace weightproof
