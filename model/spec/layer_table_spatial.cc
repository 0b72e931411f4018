// Convolutions and pooling.
#include <algorithm>

#include "model/spec/layer_table.h"

namespace weightproof::table {
namespace {

bool ChannelsFirst(const Config& config) {
  return GetString(config, "data_format") == "channels_first";
}

Result<Shape> ConvShape(const Config& config, const Shape& input) {
  const auto kernel = GetInts(config, "kernel_size");
  const auto strides = GetInts(config, "strides");
  const auto dilation = GetInts(config, "dilation_rate");
  const std::int64_t groups = GetInt(config, "groups");
  const std::int64_t filters = GetInt(config, "filters");
  const bool first = ChannelsFirst(config);
  const std::string& padding = GetString(config, "padding");
  const std::int64_t channels = first ? input.front() : input.back();
  if (channels < 0) return BadShape("the channels of a convolution's input must be known");
  if (channels % groups != 0) return BadShape("groups does not divide the input's channels");
  if (filters % groups != 0) return BadShape("groups does not divide filters");
  if (padding == "causal" && first) return BadShape("causal padding needs channels_last");
  if (std::ranges::any_of(strides, [](std::int64_t v) { return v > 1; }) &&
      std::ranges::any_of(dilation, [](std::int64_t v) { return v > 1; })) {
    return BadShape("strides > 1 together with dilation_rate > 1");
  }
  Shape out = input;
  for (std::size_t i = 0; i < kernel.size(); ++i) {
    std::int64_t& length = out[first ? i + 1 : i];
    length = Slide(length, kernel[i], strides[i], dilation[i], padding);
    if (length == 0) return BadShape("the kernel is larger than the input " + ShapeText(input));
  }
  (first ? out.front() : out.back()) = filters;
  return out;
}

std::vector<VariableSchema> ConvVariables(const Config& config, const Shape& input) {
  const std::int64_t channels = ChannelsFirst(config) ? input.front() : input.back();
  Shape kernel = GetInts(config, "kernel_size");
  kernel.push_back(channels / GetInt(config, "groups"));
  kernel.push_back(GetInt(config, "filters"));
  std::vector<VariableSchema> out{{.role = "kernel", .shape = std::move(kernel)}};
  if (GetBool(config, "use_bias")) {
    out.push_back({.role = "bias", .shape = {GetInt(config, "filters")}});
  }
  return out;
}

Result<Shape> PoolShape(const Config& config, const Shape& input) {
  const auto pool = GetInts(config, "pool_size");
  const auto strides = GetInts(config, "strides");
  const bool first = ChannelsFirst(config);
  Shape out = input;
  for (std::size_t i = 0; i < pool.size(); ++i) {
    std::int64_t& length = out[first ? i + 1 : i];
    length = Slide(length, pool[i], strides[i], 1, GetString(config, "padding"));
    if (length == 0) return BadShape("the pool is larger than the input " + ShapeText(input));
  }
  return out;
}

Result<Shape> GlobalPoolShape(const Config& config, const Shape& input) {
  const bool first = ChannelsFirst(config);
  const std::int64_t channels = first ? input.front() : input.back();
  if (!GetBool(config, "keepdims")) return Shape{channels};
  Shape out(input.size(), 1);
  (first ? out.front() : out.back()) = channels;
  return out;
}

LayerSchema Conv(std::string_view class_name, std::string_view snake_name, int rank) {
  std::vector<std::string_view> paddings{"valid", "same"};
  if (rank == 1) paddings.push_back("causal");
  return {
      .class_name = class_name,
      .snake_name = snake_name,
      .input_rank_min = rank + 1,
      .input_rank_max = rank + 1,
      .keys = {Units("filters"), RequiredWindow("kernel_size", rank), Window("strides", rank, 1),
               Choice("padding", "valid", paddings), DataFormat(), Window("dilation_rate", rank, 1),
               Int("groups", 1, 1), Activation("activation", "linear"), Bool("use_bias", true)},
      .forgotten = Join({{Initializer("kernel_initializer", "GlorotUniform"),
                          Initializer("bias_initializer", "Zeros")},
                         Nulls({"kernel_regularizer", "bias_regularizer", "activity_regularizer",
                                "kernel_constraint", "bias_constraint"}),
                         {{.key = "quantization_config",
                           .json = "",
                           .dialects = KeyDialects::kKeras3Only,
                           .must_be_default = true}}}),
      .output_shape = ConvShape,
      .variables = ConvVariables};
}

LayerSchema Pool(std::string_view class_name, std::string_view snake_name, int rank) {
  KeySchema strides = Window("strides", rank, 1);
  strides.default_value = std::monostate{};  // CompleteConfig resolves it to pool_size
  strides.nullable = true;
  return {.class_name = class_name,
          .snake_name = snake_name,
          .input_rank_min = rank + 1,
          .input_rank_max = rank + 1,
          .keys = {Window("pool_size", rank, 2), strides,
                   Choice("padding", "valid", {"valid", "same"}), DataFormat()},
          .output_shape = PoolShape};
}

LayerSchema GlobalPool(std::string_view class_name, std::string_view snake_name, int rank) {
  return {.class_name = class_name,
          .snake_name = snake_name,
          .input_rank_min = rank + 1,
          .input_rank_max = rank + 1,
          .keys = {DataFormat(), Bool("keepdims", false)},
          .output_shape = GlobalPoolShape};
}

}  // namespace

std::int64_t Slide(std::int64_t length, std::int64_t window, std::int64_t stride,
                   std::int64_t dilation, std::string_view padding) {
  if (length < 0) return -1;
  const std::int64_t reach = (window - 1) * dilation + 1;
  if (padding == "valid") return length < reach ? 0 : (length - reach) / stride + 1;
  return (length + stride - 1) / stride;
}

void AddSpatialLayers(std::vector<LayerSchema>& out) {
  out.push_back(Conv("Conv1D", "conv1d", 1));
  out.push_back(Conv("Conv2D", "conv2d", 2));
  out.push_back(Pool("MaxPooling1D", "max_pooling1d", 1));
  out.push_back(Pool("MaxPooling2D", "max_pooling2d", 2));
  out.push_back(Pool("AveragePooling1D", "average_pooling1d", 1));
  out.push_back(Pool("AveragePooling2D", "average_pooling2d", 2));
  out.push_back(GlobalPool("GlobalMaxPooling1D", "global_max_pooling1d", 1));
  out.push_back(GlobalPool("GlobalMaxPooling2D", "global_max_pooling2d", 2));
  out.push_back(GlobalPool("GlobalAveragePooling1D", "global_average_pooling1d", 1));
  out.push_back(GlobalPool("GlobalAveragePooling2D", "global_average_pooling2d", 2));
}

}  // namespace weightproof::table
