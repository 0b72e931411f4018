// A layer's forward pass in inference: one small class per Keras class, found by name.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "model/error.h"
#include "model/layers/tracked.h"
#include "model/spec/plan.h"
#include "model/tensor.h"

namespace weightproof {

// Working memory of one prediction. What Take() returns is 64-byte aligned, not initialised, and
// lives until Clear().
template <class S>
class Workspace {
 public:
  S* Take(std::int64_t count) {
    if (used_ == blocks_.size()) blocks_.emplace_back();
    auto& block = blocks_[used_++];
    if (block.size() < static_cast<std::size_t>(count)) {
      block.resize(static_cast<std::size_t>(count));
    }
    return block.data();
  }
  void Clear() { used_ = 0; }

 private:
  std::vector<std::vector<S, AlignedAllocator<S>>> blocks_;
  std::size_t used_ = 0;
};

// One call of a layer. Buffers are 64-byte aligned, row-major, channels as Keras lays them out.
template <class S>
struct Call {
  std::int64_t batch = 1;
  std::span<const Tensor> variables;  // of this layer, creation order, float32
  const S* input = nullptr;           // (batch, input_shape...)
  S* output = nullptr;                // (batch, output_shape...), another buffer
  Workspace<S>* scratch = nullptr;

  const float* variable(std::size_t i) const { return variables[i].values<float>().data(); }
};

class Layer {
 public:
  virtual ~Layer() = default;
  virtual void Forward(const Call<float>& call) const = 0;
  virtual void Forward(const Call<Tracked>& call) const = 0;
};

// A layer writes its equations once, in `template <class S> void Run(const Call<S>&) const`.
template <class Derived>
class LayerOf : public Layer {
 public:
  void Forward(const Call<float>& call) const final {
    static_cast<const Derived*>(this)->template Run<float>(call);
  }
  void Forward(const Call<Tracked>& call) const final {
    static_cast<const Derived*>(this)->template Run<Tracked>(call);
  }
};

using LayerFactory = Result<std::unique_ptr<Layer>> (*)(const ObjectPlan& plan, Dialect dialect);

// The forward pass of a leaf with a complete config. nullptr: the output is the input, element for
// element in memory (no-ops, Reshape). UnknownLayer, BadConfig.
Result<std::unique_ptr<Layer>> MakeLayer(const ObjectPlan& plan, Dialect dialect);

// Factories, one per layer family and file.
Result<std::unique_ptr<Layer>> MakeDense(const ObjectPlan&, Dialect);
Result<std::unique_ptr<Layer>> MakeActivation(const ObjectPlan&, Dialect);
Result<std::unique_ptr<Layer>> MakeRelu(const ObjectPlan&, Dialect);
Result<std::unique_ptr<Layer>> MakeLeakyRelu(const ObjectPlan&, Dialect);
Result<std::unique_ptr<Layer>> MakePRelu(const ObjectPlan&, Dialect);
Result<std::unique_ptr<Layer>> MakeElu(const ObjectPlan&, Dialect);
Result<std::unique_ptr<Layer>> MakeSoftmax(const ObjectPlan&, Dialect);
Result<std::unique_ptr<Layer>> MakeIdentity(const ObjectPlan&, Dialect);
Result<std::unique_ptr<Layer>> MakeFlatten(const ObjectPlan&, Dialect);
Result<std::unique_ptr<Layer>> MakeBatchNormalization(const ObjectPlan&, Dialect);
Result<std::unique_ptr<Layer>> MakeLayerNormalization(const ObjectPlan&, Dialect);
Result<std::unique_ptr<Layer>> MakeEmbedding(const ObjectPlan&, Dialect);
Result<std::unique_ptr<Layer>> MakeConvolution(const ObjectPlan&, Dialect);
Result<std::unique_ptr<Layer>> MakePooling(const ObjectPlan&, Dialect);
Result<std::unique_ptr<Layer>> MakeGlobalPooling(const ObjectPlan&, Dialect);
Result<std::unique_ptr<Layer>> MakeSimpleRnn(const ObjectPlan&, Dialect);
Result<std::unique_ptr<Layer>> MakeLstm(const ObjectPlan&, Dialect);
Result<std::unique_ptr<Layer>> MakeGru(const ObjectPlan&, Dialect);

}  // namespace weightproof
