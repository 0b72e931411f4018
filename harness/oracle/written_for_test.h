// A model and what it writes, for the tests of the oracle.
#pragma once

#include <utility>
#include <vector>

#include "harness/oracle/truth.h"
#include "harness/oracle/weights.h"
#include "model/checkpoint/checkpoint.h"

namespace weightproof {

// A model, its weights, and the tree that it writes.
struct Written {
  ModelPlan plan;
  std::vector<NamedTensor> weights;
  Group tree;
};

inline Written Write(const ArchitectureSpec& architecture, Format format, const Build& build) {
  Written written{*Interpret(architecture, build), {}, {}};
  written.weights = MakeWeights(written.plan, {});
  std::vector<Tensor> values;
  for (const NamedTensor& weight : written.weights) values.push_back(weight.tensor);
  written.tree = *Encode(format, written.plan, values);
  return written;
}

inline Route RouteOf(Format format, bool by_name = false) {
  Route route;
  if (format == Format::kWeightsH5) route.format = RouteFormat::kWeightsH5;
  route.by_name = by_name;
  return route;
}

}  // namespace weightproof
