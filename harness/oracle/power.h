// How much a case would notice: the share of wrong loads that its predictions alone give away.
#pragma once

#include <vector>

#include "harness/testee/testee.h"
#include "model/spec/plan.h"

namespace weightproof {

struct Power {
  int counterfactuals = 0;  // wrong loads imagined
  int noticed = 0;          // whose predictions differ from the right ones in at least one bit
};

inline constexpr int kCounterfactualsMax = 24;

// Imagines each swap of two variables of equal shape and each variable left at `initial`, computes
// both predictions with the built-in model library, and compares. Over kCounterfactualsMax swaps,
// the first ones in walk order are taken. `right` and `initial` are in walk order of `plan`.
Power MeasurePower(const ModelPlan& plan, const std::vector<NamedTensor>& right,
                   const std::vector<NamedTensor>& initial, const Tensor& inputs);

}  // namespace weightproof
