// Convolutions in parts, transposed and recurrent ones, EinsumDense: keras-formats 6.1.
#include <algorithm>
#include <map>
#include <string>

#include "model/spec/layer_table.h"

namespace weightproof::table {
namespace {

using std::int64_t;

Result<Shape> Slid(const Config& config, const Shape& space, int64_t channels) {
  const auto kernel = GetInts(config, "kernel_size");
  const auto strides = GetInts(config, "strides");
  const auto dilation = GetInts(config, "dilation_rate");
  const auto above_one = [](int64_t v) { return v > 1; };
  if (std::ranges::any_of(strides, above_one) && std::ranges::any_of(dilation, above_one)) {
    return BadShape("strides > 1 together with dilation_rate > 1");
  }
  if (std::ranges::adjacent_find(strides, std::ranges::not_equal_to()) != strides.end()) {
    return BadShape("strides that differ between dimensions");
  }
  Shape out = space;
  for (std::size_t i = 0; i < kernel.size(); ++i) {
    out[i] = Slide(out[i], kernel[i], strides[i], dilation[i], GetString(config, "padding"));
    if (out[i] == 0) return BadShape("the kernel is larger than the input " + ShapeText(space));
  }
  out.push_back(channels);
  return out;
}

Shape Space(const Shape& input) { return Shape(input.begin(), input.end() - 1); }

void AddBias(const Config& config, int64_t count, std::vector<VariableSchema>& out) {
  if (GetBool(config, "use_bias")) out.push_back({.role = "bias", .shape = {count}});
}

Result<Shape> DepthwiseShape(const Config& config, const Shape& input) {
  if (input.back() < 0) return BadShape("the channels of a convolution's input must be known");
  return Slid(config, Space(input), input.back() * GetInt(config, "depth_multiplier"));
}

std::vector<VariableSchema> DepthwiseVariables(const Config& config, const Shape& input) {
  Shape kernel = GetInts(config, "kernel_size");
  kernel.push_back(input.back());
  kernel.push_back(GetInt(config, "depth_multiplier"));
  std::vector<VariableSchema> out{
      {.role = "kernel", .shape = kernel, .tf_keras_name = "depthwise_kernel"}};
  AddBias(config, input.back() * kernel.back(), out);
  return out;
}

Result<Shape> SeparableShape(const Config& config, const Shape& input) {
  if (input.back() < 0) return BadShape("the channels of a convolution's input must be known");
  return Slid(config, Space(input), GetInt(config, "filters"));
}

std::vector<VariableSchema> SeparableVariables(const Config& config, const Shape& input) {
  Shape depthwise = GetInts(config, "kernel_size");
  Shape pointwise(depthwise.size(), 1);
  const int64_t multiplier = GetInt(config, "depth_multiplier");
  const int64_t filters = GetInt(config, "filters");
  depthwise.push_back(input.back());
  depthwise.push_back(multiplier);
  pointwise.push_back(input.back() * multiplier);
  pointwise.push_back(filters);
  std::vector<VariableSchema> out{{.role = "depthwise_kernel", .shape = std::move(depthwise)},
                                  {.role = "pointwise_kernel", .shape = std::move(pointwise)}};
  AddBias(config, filters, out);
  return out;
}

Result<Shape> TransposeShape(const Config& config, const Shape& input) {
  if (input.back() < 0) return BadShape("the channels of a convolution's input must be known");
  const auto kernel = GetInts(config, "kernel_size");
  const auto strides = GetInts(config, "strides");
  const bool valid = GetString(config, "padding") == "valid";
  Shape out = Space(input);
  for (std::size_t i = 0; i < kernel.size(); ++i) {
    if (out[i] < 0) continue;
    out[i] =
        valid ? (out[i] - 1) * strides[i] + std::max(kernel[i], strides[i]) : out[i] * strides[i];
  }
  out.push_back(GetInt(config, "filters"));
  return out;
}

std::vector<VariableSchema> TransposeVariables(const Config& config, const Shape& input) {
  Shape kernel = GetInts(config, "kernel_size");
  const int64_t filters = GetInt(config, "filters");
  kernel.push_back(filters);
  kernel.push_back(input.back());
  std::vector<VariableSchema> out{{.role = "kernel", .shape = std::move(kernel)}};
  AddBias(config, filters, out);
  return out;
}

Result<Shape> ConvLstmShape(const Config& config, const Shape& input) {
  if (input.back() < 0) return BadShape("the channels of a convolution's input must be known");
  const Shape space(input.begin() + 1, input.end() - 1);
  auto out = Slid(config, space, GetInt(config, "filters"));
  if (out && GetBool(config, "return_sequences")) out->insert(out->begin(), input.front());
  return out;
}

std::vector<VariableSchema> ConvLstmVariables(const Config& config, const Shape& input) {
  const int64_t filters = GetInt(config, "filters");
  Shape kernel = GetInts(config, "kernel_size");
  Shape recurrent = kernel;
  kernel.push_back(input.back());
  kernel.push_back(4 * filters);
  recurrent.push_back(filters);
  recurrent.push_back(4 * filters);
  std::vector<VariableSchema> out{{.role = "kernel", .shape = std::move(kernel)},
                                  {.role = "recurrent_kernel", .shape = std::move(recurrent)}};
  AddBias(config, 4 * filters, out);
  return out;
}

// "abc,cd->abd" as its three terms; nothing when it is of another form. Batch is the first letter.
struct Equation {
  std::string input, kernel, output;
};

bool ReadEquation(const Config& config, Equation& out) {
  const std::string& text = GetString(config, "equation");
  const std::size_t comma = text.find(',');
  const std::size_t arrow = text.find("->");
  if (comma == std::string::npos || arrow == std::string::npos || comma > arrow) return false;
  out = {text.substr(0, comma), text.substr(comma + 1, arrow - comma - 1), text.substr(arrow + 2)};
  for (const std::string* term : {&out.input, &out.kernel, &out.output}) {
    std::string sorted = *term;
    std::ranges::sort(sorted);
    const bool letters = std::ranges::all_of(sorted, [](char c) { return c >= 'a' && c <= 'z'; });
    if (!letters || std::ranges::adjacent_find(sorted) != sorted.end()) return false;
  }
  return !out.input.empty() && !out.output.empty() && out.input[0] == out.output[0] &&
         out.kernel.find(out.input[0]) == std::string::npos;
}

// The size of every letter but the batch's; false where two disagree or one is missing.
bool LetterSizes(const Config& config, const Shape& input, const Equation& equation,
                 std::map<char, int64_t>& sizes) {
  const auto output = GetInts(config, "output_shape");
  if (equation.input.size() != input.size() + 1 || equation.output.size() != output.size() + 1) {
    return false;
  }
  for (std::size_t i = 0; i < input.size(); ++i) sizes[equation.input[i + 1]] = input[i];
  for (std::size_t i = 0; i < output.size(); ++i) {
    if (sizes.emplace(equation.output[i + 1], output[i]).first->second != output[i]) return false;
  }
  return std::ranges::all_of(equation.kernel, [&](char c) { return sizes.contains(c); });
}

Result<Shape> EinsumShape(const Config& config, const Shape& input) {
  Equation equation;
  std::map<char, int64_t> sizes;
  if (!ReadEquation(config, equation) || !LetterSizes(config, input, equation, sizes)) {
    return BadShape("the equation " + GetString(config, "equation") + " does not fit " +
                    ShapeText(input) + " and output_shape");
  }
  if (!IsNull(config, "bias_axes")) {
    const std::string& axes = GetString(config, "bias_axes");
    const auto known = [&](char c) { return equation.output.find(c, 1) != std::string::npos; };
    if (axes.empty() || !std::ranges::all_of(axes, known)) {
      return BadShape("bias_axes must be letters of the output, not the batch's");
    }
  }
  return GetInts(config, "output_shape");
}

std::vector<VariableSchema> EinsumVariables(const Config& config, const Shape& input) {
  Equation equation;
  std::map<char, int64_t> sizes;
  if (!ReadEquation(config, equation) || !LetterSizes(config, input, equation, sizes)) return {};
  VariableSchema kernel{.role = "kernel", .shape = {}};
  for (const char c : equation.kernel) kernel.shape.push_back(sizes[c]);
  std::vector<VariableSchema> out{std::move(kernel)};
  if (IsNull(config, "bias_axes")) return out;
  const std::string& axes = GetString(config, "bias_axes");
  VariableSchema bias{.role = "bias", .shape = {}};
  for (std::size_t i = equation.output.find_first_of(axes); i < equation.output.size(); ++i) {
    const bool own = axes.find(equation.output[i]) != std::string::npos;
    bias.shape.push_back(own ? sizes[equation.output[i]] : 1);
  }
  out.push_back(std::move(bias));
  return out;
}

std::vector<ForgottenKey> ForgottenKernels(std::vector<std::string_view> kernels) {
  std::vector<ForgottenKey> out{Initializer("bias_initializer", "Zeros")};
  static const std::map<std::string_view, std::vector<std::string_view>> kKeys = {
      {"kernel", {"kernel_initializer", "kernel_regularizer", "kernel_constraint"}},
      {"depthwise", {"depthwise_initializer", "depthwise_regularizer", "depthwise_constraint"}},
      {"pointwise", {"pointwise_initializer", "pointwise_regularizer", "pointwise_constraint"}}};
  for (const std::string_view kernel : kernels) {
    const std::vector<std::string_view>& keys = kKeys.at(kernel);
    out.push_back(Initializer(keys[0], "GlorotUniform"));
    out = Join({out, Nulls({keys[1], keys[2]})});
  }
  return Join({out, Nulls({"bias_regularizer", "activity_regularizer", "bias_constraint"})});
}

ForgottenKey Groups() {
  return {
      .key = "groups", .json = "1", .dialects = KeyDialects::kTfKerasOnly, .must_be_default = true};
}

std::vector<KeySchema> WindowKeys(int rank) {
  return {RequiredWindow("kernel_size", rank),
          Window("strides", rank, 1),
          Choice("padding", "valid", {"valid", "same"}),
          Choice("data_format", "channels_last", {"channels_last"}),
          Window("dilation_rate", rank, 1),
          Activation("activation", "linear"),
          Bool("use_bias", true)};
}

std::vector<KeySchema> With(std::vector<KeySchema> keys, std::vector<KeySchema> more) {
  for (KeySchema& key : more) keys.push_back(std::move(key));
  return keys;
}

LayerSchema Filter(std::string_view class_name, std::string_view snake_name, int rank) {
  return {.class_name = class_name,
          .snake_name = snake_name,
          .without_forward = true,
          .input_rank_min = rank + 1,
          .input_rank_max = rank + 1,
          .keys = WindowKeys(rank)};
}

LayerSchema Depthwise(std::string_view class_name, std::string_view snake_name, int rank) {
  LayerSchema out = Filter(class_name, snake_name, rank);
  out.keys.push_back(Int("depth_multiplier", 1, 1));
  out.forgotten = ForgottenKernels({"depthwise"});
  out.forgotten.push_back(Groups());
  out.output_shape = DepthwiseShape;
  out.variables = DepthwiseVariables;
  return out;
}

LayerSchema Separable(std::string_view class_name, std::string_view snake_name, int rank) {
  LayerSchema out = Filter(class_name, snake_name, rank);
  out.keys = With(std::move(out.keys), {Int("depth_multiplier", 1, 1), Units("filters")});
  out.forgotten = ForgottenKernels({"depthwise", "pointwise"});
  out.forgotten.push_back(Groups());
  out.output_shape = SeparableShape;
  out.variables = SeparableVariables;
  return out;
}

LayerSchema Transpose(std::string_view class_name, std::string_view snake_name, int rank) {
  LayerSchema out = Filter(class_name, snake_name, rank);
  std::erase_if(out.keys, [](const KeySchema& key) { return key.key == "dilation_rate"; });
  out.keys.push_back(Units("filters"));
  out.forgotten = ForgottenKernels({"kernel"});
  out.forgotten.push_back(Groups());
  out.forgotten.push_back({.key = "output_padding", .json = "null", .must_be_default = true});
  out.forgotten.push_back(
      {.key = "dilation_rate", .json = rank == 1 ? "[1]" : "[1,1]", .must_be_default = true});
  out.output_shape = TransposeShape;
  out.variables = TransposeVariables;
  return out;
}

}  // namespace

void AddFilterLayers(std::vector<LayerSchema>& out) {
  out.push_back(Depthwise("DepthwiseConv1D", "depthwise_conv1d", 1));
  out.push_back(Depthwise("DepthwiseConv2D", "depthwise_conv2d", 2));
  out.push_back(Separable("SeparableConv1D", "separable_conv1d", 1));
  out.push_back(Separable("SeparableConv2D", "separable_conv2d", 2));
  out.push_back(Transpose("Conv1DTranspose", "conv1d_transpose", 1));
  out.push_back(Transpose("Conv2DTranspose", "conv2d_transpose", 2));

  LayerSchema lstm = Filter("ConvLSTM1D", "conv_lstm1d", 1);
  lstm.weights_h5_owner = "cell";
  lstm.cell_scope = "conv_lstm_cell";
  lstm.tf_keras_has_cell_scope = false;
  lstm.input_rank_min = lstm.input_rank_max = 3;
  // The libraries' defaults differ: it is always said.
  KeySchema recurrent = Activation("recurrent_activation", "sigmoid");
  recurrent.required = true;
  for (KeySchema& key : lstm.keys) {
    if (key.key == "activation") key = Activation("activation", "tanh");
  }
  lstm.keys = With(
      std::move(lstm.keys),
      {Units("filters"), recurrent, Bool("return_sequences", false), Bool("go_backwards", false),
       Inert(Bool("unit_forget_bias", true)), Bool("zero_output_for_mask", false)});
  lstm.forgotten = ForgottenKernels({"kernel"});
  lstm.forgotten = Join({lstm.forgotten,
                         {Initializer("recurrent_initializer", "Orthogonal")},
                         Nulls({"recurrent_regularizer", "recurrent_constraint"})});
  for (const std::string_view key : {"return_state", "stateful"}) {
    lstm.forgotten.push_back({.key = key, .json = "false", .must_be_default = true});
  }
  for (const std::string_view key : {"dropout", "recurrent_dropout"}) {
    lstm.forgotten.push_back({.key = key, .json = "0.0"});
  }
  lstm.forgotten.push_back({.key = "unroll", .json = "false"});
  lstm.forgotten.push_back({.key = "seed", .json = "null", .dialects = KeyDialects::kKeras3Only});
  lstm.forgotten.push_back(
      {.key = "time_major", .json = "false", .dialects = KeyDialects::kTfKerasOnly});
  lstm.output_shape = ConvLstmShape;
  lstm.variables = ConvLstmVariables;
  out.push_back(std::move(lstm));

  KeySchema axes = Nullable(Choice("bias_axes", "", {}));
  KeySchema shape = Units("output_shape");
  shape.type = KeyType::kInts;
  out.push_back({.class_name = "EinsumDense",
                 .snake_name = "einsum_dense",
                 .without_forward = true,
                 .keys = {Text("equation"), shape, Activation("activation", "linear"), axes},
                 .forgotten = Join({ForgottenKernels({"kernel"}),
                                    {{.key = "quantization_config",
                                      .json = "null",
                                      .dialects = KeyDialects::kKeras3Only,
                                      .must_be_default = true}}}),
                 .output_shape = EinsumShape,
                 .variables = EinsumVariables});
}

}  // namespace weightproof::table
