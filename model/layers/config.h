// What layers read from their plan, beside the getters of the schema.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "model/error.h"
#include "model/layers/activation_functions.h"
#include "model/spec/layer_schema.h"
#include "model/spec/plan.h"

namespace weightproof {

inline std::int64_t Product(std::span<const std::int64_t> dimensions) {
  std::int64_t product = 1;
  for (const std::int64_t d : dimensions) product *= d;
  return product;
}

// The function that the config's `key` names. BadConfig when the dialect has none of that name.
Result<const ActivationFunction*> ActivationOf(const ObjectPlan& plan, std::string_view key,
                                               Dialect dialect);

// An axis that counts the batch dimension as 0, or from the end if negative, as an index into a
// shape without batch. nullopt: the batch dimension or out of range.
std::optional<std::size_t> AxisWithoutBatch(std::int64_t axis, std::size_t rank);

bool ChannelsFirst(const ObjectPlan& plan);

}  // namespace weightproof
