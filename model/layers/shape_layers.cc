// Layers that move elements or leave them alone: no-ops, Reshape, Flatten.
#include "model/layers/axes.h"
#include "model/layers/config.h"
#include "model/layers/layer.h"

namespace weightproof {
namespace {

// Flatten of channels_first: the channels move to the end before flattening (both libraries).
class ChannelsToEnd : public LayerOf<ChannelsToEnd> {
 public:
  explicit ChannelsToEnd(const ObjectPlan& plan)
      : channels_(plan.input_shape.front()),
        positions_(Product(std::span(plan.input_shape).subspan(1))) {}

  template <class S>
  void Run(const Call<S>& call) const {
    TransposeItems(call.input, call.batch, channels_, positions_, call.output);
  }

 private:
  std::int64_t channels_, positions_;
};

}  // namespace

Result<std::unique_ptr<Layer>> MakeIdentity(const ObjectPlan&, Dialect) { return nullptr; }

Result<std::unique_ptr<Layer>> MakeFlatten(const ObjectPlan& plan, Dialect) {
  if (!ChannelsFirst(plan) || plan.input_shape.size() < 2) return nullptr;
  return std::make_unique<ChannelsToEnd>(plan);
}

}  // namespace weightproof
