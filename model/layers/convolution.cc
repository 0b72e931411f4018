// Conv1D and Conv2D: cross-correlation as a matrix product over patches.
#include <algorithm>

#include "model/layers/activation_functions.h"
#include "model/layers/config.h"
#include "model/layers/matmul.h"
#include "model/layers/window.h"

namespace weightproof {
namespace {

class Convolution : public LayerOf<Convolution> {
 public:
  Convolution(const ObjectPlan& plan, const ActivationFunction* activation)
      : space_(plan, GetInts(plan.config, "kernel_size"), GetInts(plan.config, "strides"),
               GetInts(plan.config, "dilation_rate"), GetString(plan.config, "padding")),
        filters_(GetInt(plan.config, "filters")),
        groups_(GetInt(plan.config, "groups")),
        use_bias_(GetBool(plan.config, "use_bias")),
        activation_(activation),
        last_(plan.output_shape.back()) {}

  template <class S>
  void Run(const Call<S>& call) const {
    WithChannelsLast(space_, call, [&](const S* x, S* y) { Convolve(call, x, y); });
    // In the layer's own layout: softmax sees the last axis even of channels_first.
    (*activation_)(call.output, call.batch* space_.positions_out() * filters_, last_);
  }

 private:
  template <class S>
  void Convolve(const Call<S>& call, const S* x, S* y) const {
    const std::int64_t channels = space_.channels_in / groups_, filters = filters_ / groups_;
    const std::int64_t depth = space_.slides[0].window * space_.slides[1].window * channels;
    const std::int64_t rows = space_.positions_out();
    const float* bias = use_bias_ ? call.variable(1) : nullptr;
    S* patches = call.scratch->Take(rows * depth);
    for (std::int64_t b = 0; b < call.batch; ++b) {
      for (std::int64_t g = 0; g < groups_; ++g) {
        FillPatches(x + g * channels, channels, patches);
        MatMul({.rows = rows,
                .depth = depth,
                .cols = filters,
                .x_stride = depth,
                .w_stride = filters_,
                .y_stride = filters_},
               patches, call.variable(0) + g * filters,
               bias != nullptr ? bias + g * filters : nullptr, y + g * filters);
      }
      x += space_.positions_in() * space_.channels_in;
      y += rows * filters_;
    }
  }

  // One row per output position: window rows, window columns, channels of one group.
  template <class S>
  void FillPatches(const S* x, std::int64_t channels, S* patch) const {
    const auto& [high, wide] = space_.slides;
    for (std::int64_t oh = 0; oh < high.out; ++oh) {
      for (std::int64_t ow = 0; ow < wide.out; ++ow) {
        for (std::int64_t jh = 0; jh < high.window; ++jh) {
          for (std::int64_t jw = 0; jw < wide.window; ++jw, patch += channels) {
            const std::int64_t h = high.Position(oh, jh), w = wide.Position(ow, jw);
            if (high.Inside(h) && wide.Inside(w)) {
              const S* cell = x + (h * wide.in + w) * space_.channels_in;
              std::copy(cell, cell + channels, patch);
            } else {
              std::fill(patch, patch + channels, S(0));
            }
          }
        }
      }
    }
  }

  WindowSpace space_;
  std::int64_t filters_, groups_;
  bool use_bias_;
  const ActivationFunction* activation_;
  std::int64_t last_;
};

}  // namespace

Result<std::unique_ptr<Layer>> MakeConvolution(const ObjectPlan& plan, Dialect dialect) {
  const auto activation = ActivationOf(plan, "activation", dialect);
  if (!activation) return std::unexpected(activation.error());
  return std::make_unique<Convolution>(plan, *activation);
}

}  // namespace weightproof
