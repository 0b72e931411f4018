#include "model/layers/activation_functions.h"

#include <algorithm>
#include <array>

namespace weightproof {
namespace {

// Elementwise functions: keras-formats 6.3; constants as in keras/src/backend/*/nn.py and
// tf_keras/src/activations.py.
struct Linear {
  template <class S>
  static S Of(const S& x) {
    return x;
  }
};
struct Relu {
  template <class S>
  static S Of(const S& x) {
    return Max(x, 0);
  }
};
struct Relu6 {
  template <class S>
  static S Of(const S& x) {
    return Min(Max(x, 0), 6);
  }
};
struct LeakyRelu {
  template <class S>
  static S Of(const S& x) {
    return LeakyReluOf(x, 0.2);
  }
};
struct Elu {
  template <class S>
  static S Of(const S& x) {
    return EluOf(x, 1);
  }
};
struct Selu {
  template <class S>
  static S Of(const S& x) {
    return Times(1.0507009873554805, EluOf(x, 1.6732632423543772));
  }
};
struct Gelu {  // the exact one: x (1 + erf(x / sqrt 2)) / 2
  template <class S>
  static S Of(const S& x) {
    return Times(0.5, x) * Plus(1, Erf(Times(0.7071067811865476, x)));
  }
};
struct SoftplusFn {
  template <class S>
  static S Of(const S& x) {
    return Softplus(x);
  }
};
struct Softsign {
  template <class S>
  static S Of(const S& x) {
    return x / Plus(1, Abs(x));
  }
};
struct Silu {
  template <class S>
  static S Of(const S& x) {
    return x * Sigmoid(x);
  }
};
struct SigmoidFn {
  template <class S>
  static S Of(const S& x) {
    return Sigmoid(x);
  }
};
struct TanhFn {
  template <class S>
  static S Of(const S& x) {
    return Tanh(x);
  }
};
struct Exponential {
  template <class S>
  static S Of(const S& x) {
    return Exp(x);
  }
};
struct Mish {
  // TensorFlow's graphs fuse Conv2D and mish into a oneDNN kernel, which takes the tanh from
  // ((e^x + 1)^2 - 1) / ((e^x + 1)^2 + 1): absolute errors of a few kUnit.
  template <class S>
  static S Of(const S& x) {
    return x * Loosened(Tanh(Softplus(x)), 4);
  }
};
struct HardSigmoidTfKeras {
  template <class S>
  static S Of(const S& x) {
    return Min(Max(Plus(0.5, Times(0.2, x)), 0), 1);
  }
};
struct HardSigmoidKeras3 {
  template <class S>
  static S Of(const S& x) {
    return Min(Max(Plus(0.5, Times(1.0 / 6, x)), 0), 1);
  }
};
struct HardSilu {
  template <class S>
  static S Of(const S& x) {
    return x * HardSigmoidKeras3::Of(x);
  }
};
struct HardTanh {
  template <class S>
  static S Of(const S& x) {
    return Min(Max(x, -1), 1);
  }
};
struct LogSigmoid {
  template <class S>
  static S Of(const S& x) {
    return -Softplus(-x);
  }
};
struct SoftShrink {
  template <class S>
  static S Of(const S& x) {
    return Max(Plus(-0.5, x), 0) + Min(Plus(0.5, x), 0);
  }
};
struct HardShrink {
  template <class S>
  static S Of(const S& x) {
    return JumpAt(Abs(x), 0.5, S(0), x);
  }
};
struct TanhShrink {
  template <class S>
  static S Of(const S& x) {
    return x - Tanh(x);
  }
};
struct Squareplus {  // b = 4
  template <class S>
  static S Of(const S& x) {
    return Times(0.5, x + Sqrt(Plus(4, x * x)));
  }
};
struct SparsePlus {
  template <class S>
  static S Of(const S& x) {
    const S lifted = Plus(1, Max(x, -1));
    return JoinedAt(x, 1, Times(0.25, lifted * lifted), x);
  }
};
struct SparseSigmoid {
  template <class S>
  static S Of(const S& x) {
    return Times(0.5, Plus(1, Min(Max(x, -1), 1)));
  }
};

template <class F, class S>
void Each(S* x, std::int64_t count, std::int64_t) {
  for (std::int64_t i = 0; i < count; ++i) x[i] = F::Of(x[i]);
}
template <class F>
constexpr ActivationFunction Elementwise(std::string_view name) {
  return {name, Each<F, float>, Each<F, Tracked>};
}

constexpr std::array kBoth{
    Elementwise<Linear>("linear"),
    Elementwise<Relu>("relu"),
    Elementwise<SigmoidFn>("sigmoid"),
    Elementwise<TanhFn>("tanh"),
    Elementwise<Relu6>("relu6"),
    Elementwise<Elu>("elu"),
    Elementwise<Selu>("selu"),
    Elementwise<Gelu>("gelu"),
    Elementwise<SoftplusFn>("softplus"),
    Elementwise<Softsign>("softsign"),
    Elementwise<Silu>("silu"),
    Elementwise<Silu>("swish"),
    Elementwise<Exponential>("exponential"),
    Elementwise<LeakyRelu>("leaky_relu"),
    Elementwise<Mish>("mish"),
    ActivationFunction{"softmax", ApplySoftmax, ApplySoftmax},
    ActivationFunction{"log_softmax", ApplyLogSoftmax, ApplyLogSoftmax},
};
constexpr std::array kTfKerasOnly{Elementwise<HardSigmoidTfKeras>("hard_sigmoid")};
constexpr std::array kKeras3Only{
    Elementwise<HardSigmoidKeras3>("hard_sigmoid"),
    Elementwise<HardSilu>("hard_silu"),
    Elementwise<HardSilu>("hard_swish"),
    Elementwise<HardTanh>("hard_tanh"),
    Elementwise<Elu>("celu"),  // alpha = 1
    Elementwise<LogSigmoid>("log_sigmoid"),
    Elementwise<SoftShrink>("soft_shrink"),
    Elementwise<HardShrink>("hard_shrink"),
    Elementwise<TanhShrink>("tanh_shrink"),
    Elementwise<Squareplus>("squareplus"),
    Elementwise<SparsePlus>("sparse_plus"),
    Elementwise<SparseSigmoid>("sparse_sigmoid"),
    ActivationFunction{"sparsemax", ApplySparsemax, ApplySparsemax},
};

template <std::size_t n>
const ActivationFunction* Find(const std::array<ActivationFunction, n>& table,
                               std::string_view name) {
  const auto it = std::find_if(table.begin(), table.end(),
                               [&](const ActivationFunction& f) { return f.name == name; });
  return it == table.end() ? nullptr : &*it;
}

}  // namespace

const ActivationFunction* FindActivation(std::string_view name, Dialect dialect) {
  if (const ActivationFunction* f = Find(kBoth, name)) return f;
  return dialect == Dialect::kKeras3 ? Find(kKeras3Only, name) : Find(kTfKerasOnly, name);
}

}  // namespace weightproof
