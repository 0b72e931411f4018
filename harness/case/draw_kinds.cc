// Arguments of layers. Predictions must show the weights: what saturates, collapses or kills (a
// softmax over one element, a layer normalisation over two, a recurrent kernel at one time step) is
// drawn seldom or not at all.
#include "harness/case/draw_kinds.h"

#include <algorithm>

#include "model/spec/layer_schema.h"

namespace weightproof {
namespace {

using std::int64_t;

void DrawDense(LayerDrawing& x) {
  x.Set("units", x.Width());
  x.Activation(60);
  x.Maybe(12, "use_bias", false);
}

void DrawRecurrent(LayerDrawing& x) {
  x.Set("units", x.Width());
  if (x.choose.Percent(20)) x.SetText("activation", DrawActivation(x.choose, x.style.dialect));
  x.Maybe(12, "use_bias", false);
  x.Maybe(60, "return_sequences", true);
  x.Maybe(15, "go_backwards", true);
  x.Maybe(4, "unroll", true);
}

void DrawGated(LayerDrawing& x) {
  DrawRecurrent(x);
  if (x.choose.Percent(25)) {
    x.SetText("recurrent_activation",
              x.choose.Pick<std::string_view>({"hard_sigmoid", "tanh", "softsign"}));
  }
}

void DrawLstm(LayerDrawing& x) {
  DrawGated(x);
  x.Maybe(6, "unit_forget_bias", false);
}

void DrawGru(LayerDrawing& x) {
  DrawGated(x);
  x.Maybe(30, "reset_after", false);
}

void DrawConv(LayerDrawing& x) {
  const std::size_t rank = x.input.size() - 1;
  int64_t groups = 1;
  int64_t filters = x.Width();
  if (x.last() % 2 == 0 && x.choose.Percent(20)) {
    groups = 2;
    filters += filters % 2;
    x.Set("groups", groups);
  }
  x.Set("filters", filters);
  std::vector<int64_t> kernel;
  for (std::size_t i = 0; i < rank; ++i) {
    kernel.push_back(std::min<int64_t>(x.style.twins ? 2 : x.choose.Range(1, 3), x.input[i]));
  }
  x.Set("kernel_size", kernel);
  const int padding = x.choose.Range(0, 9);
  if (padding < 5) x.SetText("padding", "same");
  if (padding == 9 && rank == 1) x.SetText("padding", "causal");
  if (x.choose.Percent(20)) {
    x.Set("strides", std::vector<int64_t>(rank, 2));
  } else if (x.choose.Percent(20)) {
    x.Set("dilation_rate", std::vector<int64_t>(rank, 2));
  }
  x.Activation(50);
  x.Maybe(12, "use_bias", false);
  if (x.style.dialect == Dialect::kKeras3 && groups == 1 && padding != 9) {
    if (x.choose.Percent(4)) x.SetText("data_format", "channels_first");
  }
}

void DrawPooling(LayerDrawing& x) {
  const std::size_t rank = x.input.size() - 1;
  std::vector<int64_t> size;
  for (std::size_t i = 0; i < rank; ++i) size.push_back(std::min<int64_t>(2, x.input[i]));
  x.Set("pool_size", size);
  x.Maybe(30, "strides", std::vector<int64_t>(rank, 1));
  if (x.choose.Percent(40)) x.SetText("padding", "same");
  if (x.style.dialect == Dialect::kKeras3 && x.choose.Percent(4)) {
    x.SetText("data_format", "channels_first");
  }
}

void DrawGlobalPooling(LayerDrawing& x) { x.Maybe(25, "keepdims", true); }

void DrawBatchNormalization(LayerDrawing& x) {
  if (x.input.size() > 1) x.Maybe(15, "axis", int64_t{1});
  x.Maybe(25, "epsilon", 0.01);
  x.Maybe(12, "center", false);
  x.Maybe(12, "scale", false);
  x.Maybe(6, "momentum", 0.9);
}

void DrawLayerNormalization(LayerDrawing& x) {
  if (x.input.size() == 2) x.Maybe(25, "axis", std::vector<int64_t>{1, 2});
  x.Maybe(25, "epsilon", 0.01);
  x.Maybe(12, "center", false);
  x.Maybe(12, "scale", false);
}

void DrawPRelu(LayerDrawing& x) {
  if (x.input.size() == 2) x.Maybe(50, "shared_axes", std::vector<int64_t>{1});
  if (x.input.size() == 3) x.Maybe(60, "shared_axes", std::vector<int64_t>{1, 2});
}

void DrawActivationLayer(LayerDrawing& x) {
  x.SetText("activation",
            x.choose.Percent(5) ? "linear" : DrawActivation(x.choose, x.style.dialect));
}

void DrawRelu(LayerDrawing& x) {
  if (!x.choose.Percent(25)) x.Set("negative_slope", 0.25);
  x.Maybe(25, "max_value", 2.0);
  x.Maybe(15, "threshold", 0.125);
}

void DrawLeakyRelu(LayerDrawing& x) {
  x.Maybe(60, "negative_slope", x.choose.Pick({0.1, 0.2, 0.5}));
}
void DrawElu(LayerDrawing& x) { x.Maybe(60, "alpha", x.choose.Pick({0.5, 2.0})); }
void DrawSoftmax(LayerDrawing& x) {
  if (x.input.size() > 1 && x.input[0] >= 2) x.Maybe(30, "axis", int64_t{1});
}
void DrawFlatten(LayerDrawing& x) {
  if (x.input.size() > 2 && x.choose.Percent(10)) x.SetText("data_format", "channels_first");
}

void DrawReshape(LayerDrawing& x) {
  int64_t count = 1;
  for (const int64_t d : x.input) count *= d;
  std::vector<int64_t> target = {count};
  if (x.input.size() == 1 && count % 2 == 0 && count > 2)
    target = {count / 2, 2};
  else if (x.input.size() == 1 && count > 1)
    target = {count, 1};
  else if (x.input.size() == 3)
    target = {x.input[0] * x.input[1], x.input[2]};
  if (x.choose.Percent(30)) target[0] = -1;
  x.Set("target_shape", target);
}

void DrawRate(LayerDrawing& x) { x.Set("rate", x.choose.Pick({0.25, 0.5})); }
void DrawStddev(LayerDrawing& x) { x.Set("stddev", 0.5); }
void DrawNothing(LayerDrawing&) {}

// A layer inside a wrapper, drawn as one that stands on `input`.
LayerSpec Inner(LayerDrawing& x, std::string_view class_name, const Shape& input,
                void (*draw)(LayerDrawing&)) {
  LayerSpec layer;
  layer.class_name = class_name;
  LayerDrawing inner{x.choose, x.style, input, layer.config, layer.layers};
  draw(inner);
  return layer;
}

void DrawBidirectional(LayerDrawing& x) {
  const std::size_t kind = x.choose.Weighted({25, 40, 35});
  x.held = {kind == 0   ? Inner(x, "SimpleRNN", x.input, DrawRecurrent)
            : kind == 1 ? Inner(x, "LSTM", x.input, DrawLstm)
                        : Inner(x, "GRU", x.input, DrawGru)};
  if (x.choose.Percent(60)) {
    x.SetText("merge_mode", x.choose.Pick<std::string_view>({"sum", "mul", "ave"}));
  }
}

void DrawTimeDistributed(LayerDrawing& x) {
  const Shape input(x.input.begin() + 1, x.input.end());
  const bool channels = input.size() == 2;
  switch (x.choose.Weighted({50, 20, input.back() >= 3 ? 15 : 0, channels ? 50 : 0})) {
    case 0:
      x.held = {Inner(x, "Dense", input, DrawDense)};
      break;
    case 1:
      x.held = {Inner(x, "BatchNormalization", input, DrawBatchNormalization)};
      break;
    case 2:
      x.held = {Inner(x, "LayerNormalization", input, DrawLayerNormalization)};
      break;
    default:
      x.held = {Inner(x, "Conv1D", input, DrawConv)};
      break;
  }
}

// A cell takes the arguments of its layer but those of the sequence.
LayerSpec Cell(LayerDrawing& x, std::string_view class_name, void (*draw)(LayerDrawing&)) {
  LayerSpec cell = Inner(x, class_name, x.input, draw);
  for (const char* key : {"return_sequences", "go_backwards", "unroll"}) cell.config.erase(key);
  return cell;
}

void DrawCells(LayerDrawing& x) {
  const int count = x.choose.Range(1, 3);
  while (static_cast<int>(x.held.size()) < count) {
    if (!x.held.empty() && x.style.twins && x.choose.Percent(60)) {
      x.held.push_back(LayerSpec(x.held.back()));
      continue;
    }
    const std::size_t kind = x.choose.Weighted({20, 45, 35});
    x.held.push_back(kind == 0   ? Cell(x, "SimpleRNNCell", DrawRecurrent)
                     : kind == 1 ? Cell(x, "LSTMCell", DrawLstm)
                                 : Cell(x, "GRUCell", DrawGru));
  }
  x.Maybe(60, "return_sequences", true);
  x.Maybe(15, "go_backwards", true);
}

void DrawWindow(LayerDrawing& x, std::size_t from, std::size_t rank) {
  std::vector<int64_t> kernel;
  for (std::size_t i = 0; i < rank; ++i) {
    kernel.push_back(
        std::min<int64_t>(x.style.twins ? 2 : x.choose.Range(1, 3), x.input[from + i]));
  }
  x.Set("kernel_size", kernel);
  if (x.choose.Percent(60)) x.SetText("padding", "same");
  x.Maybe(12, "use_bias", false);
}

void DrawDepthwise(LayerDrawing& x) {
  DrawWindow(x, 0, x.input.size() - 1);
  x.Maybe(30, "depth_multiplier", int64_t{2});
  x.Maybe(15, "strides", std::vector<int64_t>(x.input.size() - 1, 2));
  x.Activation(50);
}

void DrawSeparable(LayerDrawing& x) {
  DrawDepthwise(x);
  x.Set("filters", x.Width());
}

void DrawTranspose(LayerDrawing& x) {
  DrawWindow(x, 0, x.input.size() - 1);
  x.Set("filters", x.Width());
  x.Maybe(20, "strides", std::vector<int64_t>(x.input.size() - 1, 2));
  x.Activation(50);
}

void DrawConvLstm(LayerDrawing& x) {
  DrawWindow(x, 1, 1);
  x.Set("filters", x.Width());
  x.SetText("recurrent_activation", x.choose.Pick<std::string_view>({"sigmoid", "hard_sigmoid"}));
  x.Maybe(60, "return_sequences", true);
  x.Maybe(15, "go_backwards", true);
}

// At least two numbers in each group: a lone one is its own mean.
void DrawGroupNormalization(LayerDrawing& x) {
  int64_t count = 1;
  for (const int64_t d : x.input) count *= d;
  const bool two = x.last() % 2 == 0 && count >= 4;
  x.Set("groups", int64_t{two && x.choose.Percent(60) ? 2 : 1});
  x.Maybe(25, "epsilon", 0.01);
  x.Maybe(12, "center", false);
  x.Maybe(12, "scale", false);
}

void DrawNormalization(LayerDrawing& x) {
  if (x.input.size() > 1) x.Maybe(15, "axis", int64_t{1});
  x.Maybe(15, "invert", true);
}

void DrawEinsum(LayerDrawing& x) {
  static constexpr std::array<std::string_view, 4> kEquations = {"", "ab,bc->ac", "abc,cd->abd",
                                                                 "abcd,de->abce"};
  const std::string_view equation = kEquations[x.input.size()];
  x.SetText("equation", equation);
  std::vector<int64_t> output(x.input.begin(), x.input.end());
  output.back() = x.Width();
  x.Set("output_shape", output);
  if (!x.choose.Percent(20)) x.SetText("bias_axes", equation.substr(equation.size() - 1));
  x.Activation(50);
}

constexpr LayerKind kKinds[] = {
    {"Dense", {0, 60, 14, 10}, true, DrawDense},
    {"BatchNormalization", {0, 10, 8, 8}, true, DrawBatchNormalization},
    {"LayerNormalization", {0, 4, 4, 4}, true, DrawLayerNormalization},
    {"PReLU", {0, 6, 5, 6}, true, DrawPRelu},
    {"SimpleRNN", {0, 0, 16, 0}, true, DrawRecurrent},
    {"LSTM", {0, 0, 18, 0}, true, DrawLstm},
    {"GRU", {0, 0, 18, 0}, true, DrawGru},
    {"Conv1D", {0, 0, 18, 0}, true, DrawConv},
    {"Conv2D", {0, 0, 0, 60}, true, DrawConv},
    {"Bidirectional", {0, 0, 26, 0}, true, DrawBidirectional},
    {"TimeDistributed", {0, 0, 16, 22}, true, DrawTimeDistributed},
    {"RNN", {0, 0, 18, 0}, true, DrawCells},
    {"Normalization", {0, 6, 4, 4}, true, DrawNormalization},
    {"GroupNormalization", {0, 3, 3, 4}, true, DrawGroupNormalization},
    {"EinsumDense", {0, 6, 4, 6}, true, DrawEinsum},
    {"DepthwiseConv1D", {0, 0, 5, 0}, true, DrawDepthwise},
    {"DepthwiseConv2D", {0, 0, 0, 10}, true, DrawDepthwise},
    {"SeparableConv1D", {0, 0, 5, 0}, true, DrawSeparable},
    {"SeparableConv2D", {0, 0, 0, 10}, true, DrawSeparable},
    {"Conv1DTranspose", {0, 0, 5, 0}, true, DrawTranspose},
    {"Conv2DTranspose", {0, 0, 0, 10}, true, DrawTranspose},
    {"ConvLSTM1D", {0, 0, 0, 12}, true, DrawConvLstm},
    {"Activation", {0, 20, 10, 8}, false, DrawActivationLayer},
    {"ReLU", {0, 5, 5, 5}, false, DrawRelu},
    {"LeakyReLU", {0, 8, 5, 5}, false, DrawLeakyRelu},
    {"ELU", {0, 8, 5, 5}, false, DrawElu},
    {"Softmax", {0, 3, 4, 4}, false, DrawSoftmax},
    {"Flatten", {0, 2, 14, 14}, false, DrawFlatten},
    {"Reshape", {0, 6, 8, 8}, false, DrawReshape},
    {"MaxPooling1D", {0, 0, 8, 0}, false, DrawPooling},
    {"AveragePooling1D", {0, 0, 8, 0}, false, DrawPooling},
    {"MaxPooling2D", {0, 0, 0, 8}, false, DrawPooling},
    {"AveragePooling2D", {0, 0, 0, 8}, false, DrawPooling},
    {"GlobalMaxPooling1D", {0, 0, 6, 0}, false, DrawGlobalPooling},
    {"GlobalAveragePooling1D", {0, 0, 8, 0}, false, DrawGlobalPooling},
    {"GlobalMaxPooling2D", {0, 0, 0, 6}, false, DrawGlobalPooling},
    {"GlobalAveragePooling2D", {0, 0, 0, 8}, false, DrawGlobalPooling},
    {"Dropout", {0, 4, 2, 2}, false, DrawRate},
    {"SpatialDropout1D", {0, 0, 6, 0}, false, DrawRate},
    {"SpatialDropout2D", {0, 0, 0, 6}, false, DrawRate},
    {"GaussianDropout", {0, 3, 2, 2}, false, DrawRate},
    {"GaussianNoise", {0, 3, 2, 2}, false, DrawStddev},
    {"AlphaDropout", {0, 3, 2, 2}, false, DrawRate},
    {"ActivityRegularization", {0, 3, 2, 2}, false, DrawNothing},
};
}  // namespace

std::span<const LayerKind> LayerKinds() { return kKinds; }

void DrawEmbedding(LayerDrawing& x) {
  x.Set("input_dim", int64_t{x.choose.Range(3, 6)});
  x.Set("output_dim", x.Width());
}

std::string DrawPart(Chooser& choose, const ArchitectureSpec& architecture, int layer) {
  if (architecture.layers.empty()) return "";
  const LayerSpec& spec = architecture.layers[static_cast<std::size_t>(layer)];
  if (spec.layers.empty() || !choose.Percent(70)) return "";
  if (spec.class_name == "Bidirectional") return choose.Percent(70) ? "forward" : "backward";
  if (spec.class_name == "TimeDistributed") return "layer";
  return "cells/" + std::to_string(choose.Below(spec.layers.size()));
}

}  // namespace weightproof
