// Batch-, Layer-, Group- and plain Normalization.
#include <limits>

#include "model/spec/layer_table.h"

namespace weightproof::table {
namespace {

Result<Shape> NormalizationShape(const Config& config, const Shape& input) {
  int last = -1;
  std::int64_t last_given = std::numeric_limits<std::int64_t>::min();
  for (std::int64_t axis : GetInts(config, "axis")) {
    const int index = InputAxis(axis, input);
    if (index < 0) return BadShape("axis " + std::to_string(axis) + " is not one");
    if (input[static_cast<std::size_t>(index)] < 0) return BadShape("a normalized axis is unknown");
    // Keras 3 sorts the axes as given, tf-keras does not: only here do they agree.
    if (index <= last || axis <= last_given) return BadShape("axes must ascend, all of one sign");
    last = index;
    last_given = axis;
  }
  return input;
}

Shape AxesShape(const Config& config, const Shape& input) {
  std::vector<int> axes;
  for (std::int64_t axis : GetInts(config, "axis")) axes.push_back(InputAxis(axis, input));
  Shape shape;
  for (int axis : axes) shape.push_back(input[static_cast<std::size_t>(axis)]);
  return shape;
}

std::vector<VariableSchema> GammaAndBeta(const Config& config, const Shape& shape, bool beta) {
  std::vector<VariableSchema> out;
  if (GetBool(config, "scale")) out.push_back({.role = "gamma", .shape = shape});
  if (beta && GetBool(config, "center")) out.push_back({.role = "beta", .shape = shape});
  return out;
}

std::vector<VariableSchema> BatchVariables(const Config& config, const Shape& input) {
  const Shape shape = AxesShape(config, input);
  auto out = GammaAndBeta(config, shape, true);
  out.push_back({.role = "moving_mean", .shape = shape, .trainable = false});
  out.push_back({.role = "moving_variance", .shape = shape, .trainable = false, .positive = true});
  return out;
}

std::vector<VariableSchema> LayerVariables(const Config& config, const Shape& input) {
  const bool rms = GetBool(config, "rms_scaling");
  const Shape shape = AxesShape(config, input);
  if (rms) return {{.role = "gamma", .shape = shape}};
  return GammaAndBeta(config, shape, true);
}

Result<Shape> GroupShape(const Config& config, const Shape& input) {
  auto shape = NormalizationShape(config, input);
  if (!shape) return shape;
  const std::int64_t channels = AxesShape(config, input)[0];
  const std::int64_t groups = GetInt(config, "groups");
  if (groups == 0 || groups > channels || (groups > 0 && channels % groups != 0)) {
    return BadShape("groups does not divide the channels");
  }
  return shape;
}

std::vector<VariableSchema> GroupVariables(const Config& config, const Shape& input) {
  return GammaAndBeta(config, AxesShape(config, input), true);
}

// What adapt() counts; means and deviations are derived from it.
std::vector<VariableSchema> SeenVariables(const Config& config, const Shape& input) {
  const Shape shape = AxesShape(config, input);
  return {{.role = "mean", .shape = shape, .trainable = false},
          {.role = "variance", .shape = shape, .trainable = false, .positive = true},
          {.role = "count",
           .shape = {},
           .trainable = false,
           .positive = true,
           .dtype = DType::kInt32,
           .tf_keras_dtype = DType::kInt64}};
}

}  // namespace

void AddNormalizationLayers(std::vector<LayerSchema>& out) {
  KeySchema momentum = Inert(Float("momentum", 0.99));
  KeySchema epsilon = Float("epsilon", 1e-3);
  epsilon.minimum = 0;
  const std::vector<ForgottenKey> common = Join(
      {{Initializer("gamma_initializer", "Ones"), Initializer("beta_initializer", "Zeros")},
       Nulls({"gamma_regularizer", "beta_regularizer", "gamma_constraint", "beta_constraint"})});
  const auto strict = [](std::string_view key, std::string_view json) {
    return ForgottenKey{
        .key = key, .json = json, .dialects = KeyDialects::kKeras3Only, .must_be_default = true};
  };
  out.push_back(
      {.class_name = "BatchNormalization",
       .snake_name = "batch_normalization",
       .keys = {Int("axis", -1, -16), momentum, epsilon, Bool("center", true), Bool("scale", true)},
       .forgotten =
           Join({common,
                 {Initializer("moving_mean_initializer", "Zeros"),
                  Initializer("moving_variance_initializer", "Ones"),
                  {.key = "synchronized", .json = "false", .dialects = KeyDialects::kKeras3Only},
                  strict("renorm", ""),
                  {.key = "renorm_clipping", .json = "", .dialects = KeyDialects::kKeras3Only},
                  {.key = "renorm_momentum", .json = "", .dialects = KeyDialects::kKeras3Only}}}),
       .output_shape = NormalizationShape,
       .variables = BatchVariables});
  KeySchema axis = Int("axis", -1, -16);
  axis.type = KeyType::kIntOrInts;
  KeySchema rms = Bool("rms_scaling", false);
  rms.dialects = KeyDialects::kKeras3Only;
  out.push_back({.class_name = "LayerNormalization",
                 .snake_name = "layer_normalization",
                 .keys = {axis, epsilon, Bool("center", true), Bool("scale", true), rms},
                 .forgotten = common,
                 .output_shape = NormalizationShape,
                 .variables = LayerVariables});
  out.push_back({.class_name = "GroupNormalization",
                 .snake_name = "group_normalization",
                 .without_forward = true,
                 .keys = {Int("groups", 32, -1), Int("axis", -1, -16), epsilon,
                          Bool("center", true), Bool("scale", true)},
                 .forgotten = common,
                 .output_shape = GroupShape,
                 .variables = GroupVariables});
  const auto unset = [](std::string_view key) {
    return ForgottenKey{.key = key, .json = "null", .must_be_default = true};
  };
  KeySchema invert = Bool("invert", false);
  out.push_back({.class_name = "Normalization",
                 .snake_name = "normalization",
                 .without_forward = true,
                 .keys = {axis, invert},
                 .forgotten = {unset("mean"), unset("variance")},
                 .output_shape = NormalizationShape,
                 .variables = SeenVariables});
}

}  // namespace weightproof::table
