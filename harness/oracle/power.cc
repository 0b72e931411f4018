#include "harness/oracle/power.h"

#include <cstring>
#include <utility>

#include "model/network/network.h"

namespace weightproof {
namespace {

bool SameBits(const Result<Tensor>& a, const Result<Tensor>& b) { return a && b && *a == *b; }

}  // namespace

Power MeasurePower(const ModelPlan& plan, const std::vector<NamedTensor>& right,
                   const std::vector<NamedTensor>& initial, const Tensor& inputs) {
  Power power;
  Result<Network> network = Network::Create(plan);
  if (!network || network->variables().size() != right.size()) return power;
  std::vector<Tensor>& variables = network->variables();
  for (std::size_t i = 0; i < right.size(); ++i) variables[i] = right[i].tensor;
  const Result<Tensor> base = network->Predict(inputs);
  if (!base) return power;
  const auto judge = [&] {
    ++power.counterfactuals;
    if (!SameBits(network->Predict(inputs), base)) ++power.noticed;
  };
  for (std::size_t i = 0; i < right.size() && i < initial.size(); ++i) {
    if (initial[i].tensor.shape() != right[i].tensor.shape()) continue;
    if (initial[i].tensor == right[i].tensor) continue;
    variables[i] = initial[i].tensor;
    judge();
    variables[i] = right[i].tensor;
  }
  for (std::size_t i = 0; i < right.size(); ++i) {
    for (std::size_t j = i + 1; j < right.size(); ++j) {
      if (right[i].tensor.shape() != right[j].tensor.shape()) continue;
      if (right[i].tensor == right[j].tensor || power.counterfactuals >= kCounterfactualsMax)
        continue;
      std::swap(variables[i], variables[j]);
      judge();
      std::swap(variables[i], variables[j]);
    }
  }
  return power;
}

}  // namespace weightproof
