// A model that predicts: a plan, its variables, and the forward pass.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "model/error.h"
#include "model/spec/plan.h"
#include "model/tensor.h"

namespace weightproof {

// Predictions with, per element, a bound on how far any correct float32 evaluation of the same
// equations (any order of summation, any faithful elementary function) may lie from them.
struct BoundedPrediction {
  Tensor value;  // float64
  Tensor bound;  // float64, >= 0; infinity where an input straddles a discontinuity
};

class Network {
 public:
  // Variables start as Keras would leave them in kind, though not in value: zeros for biases and
  // moving means, ones for gammas and variances, a fixed small pattern elsewhere.
  static Result<Network> Create(ModelPlan plan);

  Network(Network&&) noexcept;
  Network& operator=(Network&&) noexcept;
  ~Network();

  const ModelPlan& plan() const;
  // In the order of Variables(plan().model). All float32.
  const std::vector<const VariablePlan*>& variable_plans() const;
  std::vector<Tensor>& variables();
  const std::vector<Tensor>& variables() const;
  // Index of a variable by id, or -1.
  int IndexOf(std::string_view id) const;

  // `inputs` is float32 of shape (batch, input shape...), batch >= 1. Bit for bit repeatable for
  // the same variables and inputs. ShapeMismatch when the shape is another.
  Result<Tensor> Predict(const Tensor& inputs) const;

  // The same equations in double precision with a running error analysis.
  Result<BoundedPrediction> PredictBounded(const Tensor& inputs) const;

 private:
  struct Impl;
  explicit Network(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace weightproof
