// Dense: activation(x kernel + bias) on the last axis.
#include "model/layers/activation_functions.h"
#include "model/layers/config.h"
#include "model/layers/layer.h"
#include "model/layers/matmul.h"

namespace weightproof {
namespace {

class Dense : public LayerOf<Dense> {
 public:
  Dense(const ObjectPlan& plan, const ActivationFunction* activation)
      : inner_(plan.input_shape.back()),
        rows_(Product(plan.input_shape) / std::max<std::int64_t>(inner_, 1)),
        units_(GetInt(plan.config, "units")),
        use_bias_(GetBool(plan.config, "use_bias")),
        activation_(activation) {}

  template <class S>
  void Run(const Call<S>& call) const {
    const std::int64_t rows = call.batch * rows_;
    MatMul({.rows = rows,
            .depth = inner_,
            .cols = units_,
            .x_stride = inner_,
            .w_stride = units_,
            .y_stride = units_},
           call.input, call.variable(0), use_bias_ ? call.variable(1) : nullptr, call.output);
    (*activation_)(call.output, rows* units_, units_);
  }

 private:
  std::int64_t inner_, rows_, units_;
  bool use_bias_;
  const ActivationFunction* activation_;
};

}  // namespace

Result<std::unique_ptr<Layer>> MakeDense(const ObjectPlan& plan, Dialect dialect) {
  const auto activation = ActivationOf(plan, "activation", dialect);
  if (!activation) return std::unexpected(activation.error());
  return std::make_unique<Dense>(plan, *activation);
}

}  // namespace weightproof
