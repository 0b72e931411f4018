// Internal to model/spec: functional graphs, ordered as Keras orders them.
#pragma once

#include <vector>

#include "model/spec/architecture.h"

namespace weightproof {

inline constexpr std::size_t kCallsMax = 1000;
inline constexpr std::size_t kInputsMax = 16;

// Every call names a layer and earlier calls or inputs, every layer is called, every input used,
// and every call reaches an output. InvalidBuild.
Status CheckGraph(const ArchitectureSpec& architecture);

// Every layer and every input once, in the order of model.layers: by depth from the outputs, then
// by first visit from the outputs (map_graph in keras/src/ops/function.py, _map_graph_network in
// tf_keras/src/engine/functional.py). A layer as its number, input k as -1-k.
std::vector<int> GraphOrder(const std::vector<CallSpec>& calls, std::size_t inputs,
                            const std::vector<int>& outputs);

// Output shape of a layer that takes several tensors (Add, Concatenate, MultiHeadAttention ...).
Result<Shape> InferMergeShape(const LayerSpec& layer, const std::vector<Shape>& inputs,
                              const std::string& place);

// Whether the operands of this class may change places without another result.
bool IsCommutative(std::string_view class_name);
// Whether a layer of this class is called on several tensors.
bool TakesSeveral(std::string_view class_name);

}  // namespace weightproof
