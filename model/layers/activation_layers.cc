// Layers that are one function: Activation, ReLU, LeakyReLU, PReLU, ELU, Softmax.
#include <algorithm>
#include <optional>
#include <vector>

#include "model/layers/activation_functions.h"
#include "model/layers/axes.h"
#include "model/layers/config.h"
#include "model/layers/layer.h"

namespace weightproof {
namespace {

class ActivationLayer : public LayerOf<ActivationLayer> {
 public:
  ActivationLayer(const ObjectPlan& plan, const ActivationFunction* function)
      : elements_(Product(plan.input_shape)),
        last_(plan.input_shape.empty() ? 1 : plan.input_shape.back()),
        function_(function) {}

  template <class S>
  void Run(const Call<S>& call) const {
    const std::int64_t count = call.batch * elements_;
    std::copy(call.input, call.input + count, call.output);
    (*function_)(call.output, count, last_);
  }

 private:
  std::int64_t elements_, last_;
  const ActivationFunction* function_;
};

// A function of one element and numbers of the config.
template <class Function>
class ElementwiseLayer : public LayerOf<ElementwiseLayer<Function>> {
 public:
  ElementwiseLayer(const ObjectPlan& plan, Function function)
      : elements_(Product(plan.input_shape)), function_(function) {}

  template <class S>
  void Run(const Call<S>& call) const {
    for (std::int64_t i = 0; i < call.batch * elements_; ++i) {
      call.output[i] = function_(call.input[i]);
    }
  }

 private:
  std::int64_t elements_;
  Function function_;
};

// As relu() in keras/src/activations/activations.py and tf_keras/src/backend.py have it: x above
// the threshold, cut to [0, max_value], less slope times what lies below the threshold.
struct ReluFunction {
  double slope = 0, threshold = 0;
  std::optional<double> max_value;

  template <class S>
  S operator()(const S& x) const {
    S y = threshold != 0 ? JumpAt(x, threshold, S(0), x) : Max(x, 0);
    if (max_value) y = Min(Max(y, 0), *max_value);
    if (slope != 0) y = y - Times(slope, Max(Plus(threshold, -x), 0));
    return y;
  }
};

struct LeakyReluFunction {
  double slope;
  template <class S>
  S operator()(const S& x) const {
    return LeakyReluOf(x, slope);
  }
};

struct EluFunction {
  double alpha;
  template <class S>
  S operator()(const S& x) const {
    return EluOf(x, alpha);
  }
};

// relu(x) - alpha relu(-x), alpha of the input's shape with shared axes of size 1.
class PRelu : public LayerOf<PRelu> {
 public:
  PRelu(const ObjectPlan& plan, const Shape& alpha_shape) {
    alpha_index_.assign(1, 0);
    for (std::size_t d = 0; d < alpha_shape.size(); ++d) {
      std::vector<std::int64_t> next;
      for (const std::int64_t index : alpha_index_) {
        for (std::int64_t i = 0; i < plan.input_shape[d]; ++i) {
          next.push_back(alpha_shape[d] == 1 ? index : index * alpha_shape[d] + i);
        }
      }
      alpha_index_ = std::move(next);
    }
  }

  template <class S>
  void Run(const Call<S>& call) const {
    const float* alpha = call.variable(0);
    const S* x = call.input;
    S* y = call.output;
    for (std::int64_t b = 0; b < call.batch; ++b) {
      for (const std::int64_t a : alpha_index_) {
        *y++ = Max(*x, 0) + S(alpha[a]) * Min(*x, 0);
        ++x;
      }
    }
  }

 private:
  std::vector<std::int64_t> alpha_index_;  // of each element of a batch item
};

class Softmax : public LayerOf<Softmax> {
 public:
  explicit Softmax(AxisGroups groups) : groups_(std::move(groups)) {}

  template <class S>
  void Run(const Call<S>& call) const {
    const std::int64_t n = groups_.elements;
    S* item = call.scratch->Take(n);
    for (std::int64_t b = 0; b < call.batch; ++b) {
      const S* x = call.input + b * n;
      S* y = call.output + b * n;
      for (std::int64_t i = 0; i < n; ++i) item[i] = x[groups_.Offset(i)];
      ApplySoftmax(item, n, groups_.group_size);
      for (std::int64_t i = 0; i < n; ++i) y[groups_.Offset(i)] = item[i];
    }
  }

 private:
  AxisGroups groups_;
};

}  // namespace

Result<std::unique_ptr<Layer>> MakeActivation(const ObjectPlan& plan, Dialect dialect) {
  const auto function = ActivationOf(plan, "activation", dialect);
  if (!function) return std::unexpected(function.error());
  if ((*function)->name == "linear") return nullptr;
  return std::make_unique<ActivationLayer>(plan, *function);
}

Result<std::unique_ptr<Layer>> MakeRelu(const ObjectPlan& plan, Dialect) {
  ReluFunction relu{.slope = GetFloat(plan.config, "negative_slope"),
                    .threshold = GetFloat(plan.config, "threshold"),
                    .max_value = {}};
  if (!IsNull(plan.config, "max_value")) relu.max_value = GetFloat(plan.config, "max_value");
  return std::make_unique<ElementwiseLayer<ReluFunction>>(plan, relu);
}

Result<std::unique_ptr<Layer>> MakeLeakyRelu(const ObjectPlan& plan, Dialect) {
  const LeakyReluFunction leaky{GetFloat(plan.config, "negative_slope")};
  return std::make_unique<ElementwiseLayer<LeakyReluFunction>>(plan, leaky);
}

Result<std::unique_ptr<Layer>> MakeElu(const ObjectPlan& plan, Dialect) {
  const EluFunction elu{GetFloat(plan.config, "alpha")};
  return std::make_unique<ElementwiseLayer<EluFunction>>(plan, elu);
}

Result<std::unique_ptr<Layer>> MakePRelu(const ObjectPlan& plan, Dialect) {
  return std::make_unique<PRelu>(plan, plan.variables.front().shape);
}

Result<std::unique_ptr<Layer>> MakeSoftmax(const ObjectPlan& plan, Dialect) {
  auto groups = GroupByAxes(plan.input_shape, GetInts(plan.config, "axis"));
  if (!groups) {
    return Fail(ErrorKind::kBadConfig, plan.name + "/axis", "the axis is not one of the input's",
                "use an axis other than the batch");
  }
  return std::make_unique<Softmax>(std::move(*groups));
}

}  // namespace weightproof
