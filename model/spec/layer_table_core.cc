// Dense, activations, shape changers, Embedding, and the containers' entry.
#include <algorithm>

#include "model/spec/layer_table.h"

namespace weightproof::table {
namespace {

std::vector<VariableSchema> KernelAndBias(const Config& config, Shape kernel, std::int64_t units) {
  std::vector<VariableSchema> out{{.role = "kernel", .shape = std::move(kernel)}};
  if (GetBool(config, "use_bias")) out.push_back({.role = "bias", .shape = {units}});
  return out;
}

Result<Shape> DenseShape(const Config& config, const Shape& input) {
  if (input.back() < 0) return BadShape("the last dimension of a Dense's input must be known");
  Shape out = input;
  out.back() = GetInt(config, "units");
  return out;
}

std::vector<VariableSchema> DenseVariables(const Config& config, const Shape& input) {
  const std::int64_t units = GetInt(config, "units");
  return KernelAndBias(config, {input.back(), units}, units);
}

Result<Shape> SoftmaxShape(const Config& config, const Shape& input) {
  for (std::int64_t axis : GetInts(config, "axis")) {
    if (InputAxis(axis, input) < 0) return BadShape("axis " + std::to_string(axis) + " is not one");
  }
  return input;
}

Shape PReluAlpha(const Config& config, const Shape& input) {
  Shape shape = input;
  if (!IsNull(config, "shared_axes")) {
    for (std::int64_t axis : GetInts(config, "shared_axes")) {
      shape[static_cast<std::size_t>(axis - 1)] = 1;
    }
  }
  return shape;
}

Result<Shape> PReluShape(const Config& config, const Shape& input) {
  if (!IsNull(config, "shared_axes")) {
    for (std::int64_t axis : GetInts(config, "shared_axes")) {
      if (axis > static_cast<std::int64_t>(input.size())) {
        return BadShape("shared axis " + std::to_string(axis) + " is not one");
      }
    }
  }
  const Shape alpha = PReluAlpha(config, input);
  if (std::ranges::any_of(alpha, [](std::int64_t d) { return d < 0; })) {
    return BadShape("PReLU needs known dimensions");
  }
  return input;
}

std::vector<VariableSchema> PReluVariables(const Config& config, const Shape& input) {
  return {{.role = "alpha", .shape = PReluAlpha(config, input)}};
}

Result<Shape> FlattenShape(const Config&, const Shape& input) {
  if (std::ranges::any_of(input, [](std::int64_t d) { return d < 0; })) return Shape{-1};
  const auto count = ElementCount(input);
  if (!count) return BadShape("too many elements to flatten");
  return Shape{*count};
}

Result<Shape> ReshapeShape(const Config& config, const Shape& input) {
  Shape target = GetInts(config, "target_shape");
  auto open = std::ranges::find(target, -1);
  if (open != target.end() && std::find(open + 1, target.end(), -1) != target.end()) {
    return BadShape("target_shape has more than one -1");
  }
  if (std::ranges::any_of(input, [](std::int64_t d) { return d < 0; })) return target;
  const auto have = ElementCount(input);
  std::int64_t known = 1;
  if (open != target.end()) *open = 1;
  const auto want = ElementCount(target);
  if (!have || !want) return BadShape("too many elements to reshape");
  known = *want;
  if (open != target.end()) {
    if (known == 0 || *have % known != 0) return BadShape("target_shape does not divide the input");
    *open = *have / known;
  } else if (known != *have) {
    return BadShape("target_shape has another number of elements than the input " +
                    ShapeText(input));
  }
  return target;
}

Result<Shape> EmbeddingShape(const Config& config, const Shape& input) {
  Shape out = input;
  out.push_back(GetInt(config, "output_dim"));
  return out;
}

std::vector<VariableSchema> EmbeddingVariables(const Config& config, const Shape&) {
  return {
      {.role = "embeddings", .shape = {GetInt(config, "input_dim"), GetInt(config, "output_dim")}}};
}

KeySchema NonNegative(KeySchema key) {
  key.minimum = 0;
  return key;
}

}  // namespace

void AddCoreLayers(std::vector<LayerSchema>& out) {
  out.push_back(
      {.class_name = "Dense",
       .snake_name = "dense",
       .keys = {Units("units"), Activation("activation", "linear"), Bool("use_bias", true)},
       .forgotten = Join({{Initializer("kernel_initializer", "GlorotUniform"),
                           Initializer("bias_initializer", "Zeros")},
                          Nulls({"kernel_regularizer", "bias_regularizer", "kernel_constraint",
                                 "bias_constraint"}),
                          {{.key = "quantization_config",
                            .json = "null",
                            .dialects = KeyDialects::kKeras3Only,
                            .must_be_default = true},
                           {.key = "lora_rank",
                            .json = "",
                            .dialects = KeyDialects::kKeras3Only,
                            .must_be_default = true}}}),
       .output_shape = DenseShape,
       .variables = DenseVariables});
  out.push_back({.class_name = "Activation",
                 .snake_name = "activation",
                 .keys = {Activation("activation", "linear")},
                 .output_shape = SameShape});
  out.push_back(
      {.class_name = "ReLU",
       .snake_name = "re_lu",
       .keys = {NonNegative(Nullable(Float("max_value", 0))),
                NonNegative(Float("negative_slope", 0)), NonNegative(Float("threshold", 0))},
       .output_shape = SameShape});
  KeySchema slope = NonNegative(Float("negative_slope", 0.3));
  slope.tf_keras_spelling = "alpha";
  out.push_back({.class_name = "LeakyReLU",
                 .snake_name = "leaky_re_lu",
                 .keys = {slope},
                 .output_shape = SameShape});
  KeySchema axes = Int("shared_axes", 0, 1);
  axes.type = KeyType::kInts;
  out.push_back({.class_name = "PReLU",
                 .snake_name = "p_re_lu",
                 .keys = {Nullable(axes)},
                 .forgotten = Join({{Initializer("alpha_initializer", "Zeros")},
                                    Nulls({"alpha_regularizer", "alpha_constraint"})}),
                 .output_shape = PReluShape,
                 .variables = PReluVariables});
  out.push_back({.class_name = "ELU",
                 .snake_name = "elu",
                 .keys = {Float("alpha", 1.0)},
                 .output_shape = SameShape});
  KeySchema axis = Int("axis", -1, -16);
  axis.type = KeyType::kIntOrInts;
  out.push_back({.class_name = "Softmax",
                 .snake_name = "softmax",
                 .keys = {axis},
                 .output_shape = SoftmaxShape});
  out.push_back({.class_name = "Flatten",
                 .snake_name = "flatten",
                 .keys = {DataFormat()},
                 .output_shape = FlattenShape});
  KeySchema target = Units("target_shape");
  target.type = KeyType::kInts;
  target.minimum = -1;
  target.default_value = std::vector<std::int64_t>{-1};
  out.push_back({.class_name = "Reshape",
                 .snake_name = "reshape",
                 .keys = {target},
                 .output_shape = ReshapeShape});
  out.push_back(
      {.class_name = "Embedding",
       .snake_name = "embedding",
       .keys = {Units("input_dim"), Units("output_dim"), Bool("mask_zero", false)},
       .forgotten =
           Join({{Initializer("embeddings_initializer", "RandomUniform")},
                 Nulls({"embeddings_regularizer", "activity_regularizer", "embeddings_constraint"}),
                 {{.key = "input_length",
                   .json = "null",
                   .dialects = KeyDialects::kTfKerasOnly,
                   .must_be_default = true},
                  {.key = "quantization_config",
                   .json = "null",
                   .dialects = KeyDialects::kKeras3Only,
                   .must_be_default = true}}}),
       .output_shape = EmbeddingShape,
       .variables = EmbeddingVariables});
  out.push_back({.class_name = "Sequential", .snake_name = "sequential"});
}

void AddNoOpLayers(std::vector<LayerSchema>& out) {
  KeySchema rate = Inert(Float("rate", 0.5));
  rate.minimum = 0;
  rate.maximum = 1;
  const std::vector<ForgottenKey> seed = Nulls({"seed"});
  const std::vector<ForgottenKey> seed_and_noise = Nulls({"seed", "noise_shape"});
  out.push_back({.class_name = "Dropout",
                 .snake_name = "dropout",
                 .no_op = true,
                 .keys = {rate},
                 .forgotten = seed_and_noise,
                 .output_shape = SameShape});
  out.push_back({.class_name = "SpatialDropout1D",
                 .snake_name = "spatial_dropout1d",
                 .no_op = true,
                 .keras3_takes_trainable = false,
                 .input_rank_min = 2,
                 .input_rank_max = 2,
                 .keys = {rate},
                 .forgotten = seed,
                 .output_shape = SameShape});
  out.push_back({.class_name = "SpatialDropout2D",
                 .snake_name = "spatial_dropout2d",
                 .no_op = true,
                 .keras3_takes_trainable = false,
                 .input_rank_min = 3,
                 .input_rank_max = 3,
                 .keys = {rate, Inert(DataFormat())},
                 .forgotten = seed,
                 .output_shape = SameShape});
  out.push_back({.class_name = "GaussianDropout",
                 .snake_name = "gaussian_dropout",
                 .no_op = true,
                 .keys = {rate},
                 .forgotten = seed,
                 .output_shape = SameShape});
  KeySchema stddev = Inert(Float("stddev", 0.5));
  stddev.minimum = 0;
  out.push_back({.class_name = "GaussianNoise",
                 .snake_name = "gaussian_noise",
                 .no_op = true,
                 .keys = {stddev},
                 .forgotten = seed,
                 .output_shape = SameShape});
  out.push_back(
      {.class_name = "AlphaDropout",
       .snake_name = "alpha_dropout",
       .no_op = true,
       .keys = {rate},
       .forgotten = Join(
           {seed, {{.key = "noise_shape", .json = "null", .dialects = KeyDialects::kKeras3Only}}}),
       .output_shape = SameShape});
  out.push_back({.class_name = "ActivityRegularization",
                 .snake_name = "activity_regularization",
                 .no_op = true,
                 .keys = {Inert(NonNegative(Float("l1", 0))), Inert(NonNegative(Float("l2", 0)))},
                 .output_shape = SameShape});
}

}  // namespace weightproof::table
