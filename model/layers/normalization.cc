// BatchNormalization and LayerNormalization in inference.
#include <algorithm>

#include "model/layers/axes.h"
#include "model/layers/config.h"
#include "model/layers/layer.h"

namespace weightproof {
namespace {

float Normalized(float x, float mean, float inverse, float gamma, float beta) {
  return (x - mean) * (inverse * gamma) + beta;
}

// Libraries compute either (x - mean) inverse gamma + beta or x (inverse gamma) + (beta - mean
// inverse gamma): the rounding is that of the large terms, the spread that of the difference.
Tracked Normalized(const Tracked& x, const Tracked& mean, const Tracked& inverse, double gamma,
                   double beta) {
  const double centred = x.value - mean.value;
  const double scale = inverse.value * gamma;
  const double spread =
      (x.error + mean.error) * (std::fabs(scale) + inverse.error * std::fabs(gamma)) +
      std::fabs(centred * gamma) * inverse.error;
  const double terms = (std::fabs(x.value) + x.error + std::fabs(mean.value) + mean.error) *
                           (std::fabs(inverse.value) + inverse.error) * std::fabs(gamma) +
                       std::fabs(beta);
  const double error = spread + 5 * kUnit * terms + 4 * kTiny;
  return terms <= kFloatMax ? Checked(centred * scale + beta, error)
                            : Tracked(centred * scale + beta, kInfinity);
}

class BatchNormalization : public LayerOf<BatchNormalization> {
 public:
  BatchNormalization(const ObjectPlan& plan, std::size_t axis, double epsilon)
      : epsilon_(epsilon),
        channels_(plan.input_shape[axis]),
        inner_(Product(std::span(plan.input_shape).subspan(axis + 1))),
        elements_(Product(plan.input_shape)),
        scale_(GetBool(plan.config, "scale")),
        center_(GetBool(plan.config, "center")) {}

  // Variables: gamma if scale, beta if center, moving_mean, moving_variance.
  template <class S>
  void Run(const Call<S>& call) const {
    std::size_t next = 0;
    const float* gamma = scale_ ? call.variable(next++) : nullptr;
    const float* beta = center_ ? call.variable(next++) : nullptr;
    const float* mean = call.variable(next++);
    const float* variance = call.variable(next);
    S* inverse = call.scratch->Take(channels_);
    for (std::int64_t c = 0; c < channels_; ++c) {
      inverse[c] = ReciprocalSqrt(Plus(epsilon_, S(variance[c])));
    }
    const std::int64_t outer =
        call.batch * elements_ / std::max<std::int64_t>(channels_ * inner_, 1);
    const S* x = call.input;
    S* y = call.output;
    for (std::int64_t o = 0; o < outer; ++o) {
      for (std::int64_t c = 0; c < channels_; ++c) {
        const float g = gamma != nullptr ? gamma[c] : 1.0F;
        const float b = beta != nullptr ? beta[c] : 0.0F;
        for (std::int64_t i = 0; i < inner_; ++i) {
          *y++ = Normalized(*x++, S(mean[c]), inverse[c], g, b);
        }
      }
    }
  }

 private:
  double epsilon_;
  std::int64_t channels_, inner_, elements_;
  bool scale_, center_;
};

template <class S>
struct Moments {
  S mean, variance;
};

Moments<float> MomentsOf(const float* x, std::int64_t n) {
  Sum<float> sum, squares;
  for (std::int64_t i = 0; i < n; ++i) sum.Add(x[i]);
  const float mean = sum.Total() / static_cast<float>(n);
  for (std::int64_t i = 0; i < n; ++i) squares.AddProduct(x[i] - mean, x[i] - mean);
  return {mean, squares.Total() / static_cast<float>(n)};
}

// Covers both ways to a variance: mean((x - mean)^2) and mean(x^2) - mean^2, whose rounding is that
// of mean(x^2) (numpy backend of Keras 3).
Moments<Tracked> MomentsOf(const Tracked* x, std::int64_t n) {
  const auto count = static_cast<double>(n);
  double sum = 0, magnitude = 0, errors = 0, second = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    sum += x[i].value;
    magnitude += std::fabs(x[i].value) + x[i].error;
    errors += x[i].error;
    second += (std::fabs(x[i].value) + x[i].error) * (std::fabs(x[i].value) + x[i].error);
  }
  const double mean = sum / count, mean_error = errors / count;
  double variance = 0, spread = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const double centred = x[i].value - mean, error = x[i].error + mean_error;
    variance += centred * centred;
    spread += (2 * std::fabs(centred) + error) * error;
  }
  const double gamma = Gamma(count + 4);
  return {Checked(mean, mean_error + gamma * magnitude / count + kTiny),
          Checked(variance / count, spread / count + 2 * gamma * second / count + 4 * kTiny)};
}

class LayerNormalization : public LayerOf<LayerNormalization> {
 public:
  LayerNormalization(const ObjectPlan& plan, AxisGroups groups, bool rms_scaling)
      : groups_(std::move(groups)), rms_scaling_(rms_scaling) {
    epsilon_ = GetFloat(plan.config, "epsilon");
    for (std::size_t i = 0; i < plan.variables.size(); ++i) {
      if (plan.variables[i].role == "gamma") gamma_ = static_cast<int>(i);
      if (plan.variables[i].role == "beta") beta_ = static_cast<int>(i);
    }
  }

  template <class S>
  void Run(const Call<S>& call) const {
    const std::int64_t n = groups_.group_size;
    const float* gamma = gamma_ < 0 ? nullptr : call.variable(static_cast<std::size_t>(gamma_));
    const float* beta = beta_ < 0 ? nullptr : call.variable(static_cast<std::size_t>(beta_));
    S* group = call.scratch->Take(n);
    for (std::int64_t b = 0; b < call.batch; ++b) {
      const S* x = call.input + b * groups_.elements;
      S* y = call.output + b * groups_.elements;
      for (std::int64_t start = 0; start < groups_.elements; start += n) {
        for (std::int64_t i = 0; i < n; ++i) group[i] = x[groups_.Offset(start + i)];
        const Moments<S> moments = MomentsOf(group, n);
        const S inverse = ReciprocalSqrt(Plus(epsilon_, moments.variance));
        // rms_scaling of Keras 3 divides by the standard deviation without centring.
        const S mean = rms_scaling_ ? S(0) : moments.mean;
        for (std::int64_t i = 0; i < n; ++i) {
          y[groups_.Offset(start + i)] =
              Normalized(group[i], mean, inverse, gamma != nullptr ? gamma[i] : 1.0F,
                         beta != nullptr ? beta[i] : 0.0F);
        }
      }
    }
  }

 private:
  AxisGroups groups_;
  bool rms_scaling_;
  double epsilon_ = 0;
  int gamma_ = -1, beta_ = -1;
};

}  // namespace

Result<std::unique_ptr<Layer>> MakeBatchNormalization(const ObjectPlan& plan, Dialect) {
  const std::size_t rank = plan.input_shape.size();
  const auto axis = AxisWithoutBatch(GetInts(plan.config, "axis").front(), rank);
  if (!axis) {
    return Fail(ErrorKind::kBadConfig, plan.name + "/axis", "the axis is not one of the input's",
                "use an axis other than the batch");
  }
  return std::make_unique<BatchNormalization>(plan, *axis, GetFloat(plan.config, "epsilon"));
}

Result<std::unique_ptr<Layer>> MakeLayerNormalization(const ObjectPlan& plan, Dialect dialect) {
  auto groups = GroupByAxes(plan.input_shape, GetInts(plan.config, "axis"));
  if (!groups) {
    return Fail(ErrorKind::kBadConfig, plan.name + "/axis", "an axis is not one of the input's",
                "use axes other than the batch");
  }
  const bool rms = dialect == Dialect::kKeras3 && GetBool(plan.config, "rms_scaling");
  return std::make_unique<LayerNormalization>(plan, std::move(*groups), rms);
}

}  // namespace weightproof
