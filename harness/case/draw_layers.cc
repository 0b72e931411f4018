// Layers with drawn arguments. Predictions must show the weights: what saturates, collapses or
// kills (a softmax over one element, a layer normalisation over two, a recurrent kernel at one time
// step) is drawn seldom or not at all.
#include <array>

#include "harness/case/draw.h"
#include "model/spec/layer_schema.h"

namespace weightproof {
namespace {

using std::int64_t;

struct Context {
  Chooser& choose;
  const LayerStyle& style;
  const Shape& input;
  Config& config;

  int64_t last() const { return input.back(); }
  void Set(std::string_view key, ConfigValue value) {
    config.insert_or_assign(std::string(key), std::move(value));
  }
  void SetText(std::string_view key, std::string_view text) { Set(key, std::string(text)); }
  void Maybe(int percent, std::string_view key, ConfigValue value) {
    if (choose.Percent(percent)) Set(key, std::move(value));
  }
  int64_t Width() const {
    if (style.twins && !choose.Percent(5)) return style.width;
    return choose.Percent(8) ? 1 : choose.Range(2, 6);
  }
  void Activation(int percent) {
    if (choose.Percent(percent)) SetText("activation", DrawActivation(choose, style.dialect));
  }
};

void DrawDense(Context& x) {
  x.Set("units", x.Width());
  x.Activation(60);
  x.Maybe(12, "use_bias", false);
}

void DrawRecurrent(Context& x) {
  x.Set("units", x.Width());
  if (x.choose.Percent(20)) x.SetText("activation", DrawActivation(x.choose, x.style.dialect));
  x.Maybe(12, "use_bias", false);
  x.Maybe(60, "return_sequences", true);
  x.Maybe(15, "go_backwards", true);
  x.Maybe(4, "unroll", true);
}

void DrawGated(Context& x) {
  DrawRecurrent(x);
  if (x.choose.Percent(25)) {
    x.SetText("recurrent_activation",
              x.choose.Pick<std::string_view>({"hard_sigmoid", "tanh", "softsign"}));
  }
}

void DrawLstm(Context& x) {
  DrawGated(x);
  x.Maybe(6, "unit_forget_bias", false);
}

void DrawGru(Context& x) {
  DrawGated(x);
  x.Maybe(30, "reset_after", false);
}

void DrawConv(Context& x) {
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

void DrawPooling(Context& x) {
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

void DrawGlobalPooling(Context& x) { x.Maybe(25, "keepdims", true); }

void DrawEmbedding(Context& x) {
  x.Set("input_dim", int64_t{x.choose.Range(3, 6)});
  x.Set("output_dim", x.Width());
}

void DrawBatchNormalization(Context& x) {
  if (x.input.size() > 1) x.Maybe(15, "axis", int64_t{1});
  x.Maybe(25, "epsilon", 0.01);
  x.Maybe(12, "center", false);
  x.Maybe(12, "scale", false);
  x.Maybe(6, "momentum", 0.9);
}

void DrawLayerNormalization(Context& x) {
  if (x.input.size() == 2) x.Maybe(25, "axis", std::vector<int64_t>{1, 2});
  x.Maybe(25, "epsilon", 0.01);
  x.Maybe(12, "center", false);
  x.Maybe(12, "scale", false);
}

void DrawPRelu(Context& x) {
  if (x.input.size() == 2) x.Maybe(50, "shared_axes", std::vector<int64_t>{1});
  if (x.input.size() == 3) x.Maybe(60, "shared_axes", std::vector<int64_t>{1, 2});
}

void DrawActivationLayer(Context& x) {
  x.SetText("activation",
            x.choose.Percent(5) ? "linear" : DrawActivation(x.choose, x.style.dialect));
}

void DrawRelu(Context& x) {
  if (!x.choose.Percent(25)) x.Set("negative_slope", 0.25);
  x.Maybe(25, "max_value", 2.0);
  x.Maybe(15, "threshold", 0.125);
}

void DrawLeakyRelu(Context& x) { x.Maybe(60, "negative_slope", x.choose.Pick({0.1, 0.2, 0.5})); }
void DrawElu(Context& x) { x.Maybe(60, "alpha", x.choose.Pick({0.5, 2.0})); }
void DrawSoftmax(Context& x) {
  if (x.input.size() > 1 && x.input[0] >= 2) x.Maybe(30, "axis", int64_t{1});
}
void DrawFlatten(Context& x) {
  if (x.input.size() > 2 && x.choose.Percent(10)) x.SetText("data_format", "channels_first");
}

void DrawReshape(Context& x) {
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

void DrawRate(Context& x) { x.Set("rate", x.choose.Pick({0.25, 0.5})); }
void DrawStddev(Context& x) { x.Set("stddev", 0.5); }
void DrawNothing(Context&) {}

struct Kind {
  std::string_view name;
  std::array<int, 4> weight;  // by rank of the input; 0: never there
  bool weights;
  void (*draw)(Context&);
};

constexpr Kind kKinds[] = {
    {"Dense", {0, 60, 14, 10}, true, DrawDense},
    {"BatchNormalization", {0, 10, 8, 8}, true, DrawBatchNormalization},
    {"LayerNormalization", {0, 4, 4, 4}, true, DrawLayerNormalization},
    {"PReLU", {0, 6, 5, 6}, true, DrawPRelu},
    {"SimpleRNN", {0, 0, 16, 0}, true, DrawRecurrent},
    {"LSTM", {0, 0, 18, 0}, true, DrawLstm},
    {"GRU", {0, 0, 18, 0}, true, DrawGru},
    {"Conv1D", {0, 0, 18, 0}, true, DrawConv},
    {"Conv2D", {0, 0, 0, 60}, true, DrawConv},
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
constexpr std::size_t kKindCount = std::size(kKinds);

bool Sensible(const Kind& kind, const Shape& input) {
  const std::string_view name = kind.name;
  if (name == "LayerNormalization" && input.back() < 3) return false;
  if (name == "Softmax" && input.back() < 2) return false;
  if ((name == "LSTM" || name == "GRU" || name == "SimpleRNN") && input.front() < 2) return false;
  return true;
}

std::int64_t Elements(const Shape& shape) {
  std::int64_t count = 1;
  for (const int64_t d : shape) count *= d;
  return count;
}

}  // namespace

std::string DrawActivation(Chooser& choose, Dialect dialect) {
  static constexpr std::array<std::string_view, 16> kInjective = {
      "tanh",        "sigmoid", "elu",      "selu",       "softplus",     "softsign",
      "silu",        "gelu",    "mish",     "leaky_relu", "hard_sigmoid", "tanh",
      "exponential", "elu",     "softsign", "linear"};
  if (choose.Percent(75))
    return std::string(choose.Pick(std::span<const std::string_view>(kInjective)));
  const auto names = ActivationNames(dialect);
  return std::string(choose.Pick(names));
}

bool HasWeights(std::string_view class_name) {
  if (class_name == "Embedding") return true;
  for (const Kind& kind : kKinds) {
    if (kind.name == class_name) return kind.weights;
  }
  return false;
}

std::optional<Shape> OutputShape(const LayerSpec& layer, const Shape& input, Dialect dialect) {
  const auto config = CompleteConfig(layer.class_name, layer.config, dialect);
  if (!config) return std::nullopt;
  auto shape = InferShape(layer.class_name, *config, input);
  if (!shape) return std::nullopt;
  for (const int64_t d : *shape) {
    if (d < 1) return std::nullopt;
  }
  return std::move(*shape);
}

std::vector<Shape> LayerShapes(const ArchitectureSpec& architecture) {
  std::vector<Shape> shapes = {architecture.input_shape};
  for (const LayerSpec& layer : architecture.layers) {
    auto next = OutputShape(layer, shapes.back(), architecture.dialect);
    if (!next) return {};
    shapes.push_back(std::move(*next));
  }
  return shapes;
}

std::optional<LayerSpec> DrawLayer(Chooser& choose, const Space& space, const LayerStyle& style,
                                   const Shape& input, bool with_weights) {
  std::array<int, kKindCount> weights{};
  const std::size_t rank = input.size();
  if (rank < 1 || rank > 3) return std::nullopt;
  int total = 0;
  for (std::size_t i = 0; i < kKindCount; ++i) {
    const Kind& kind = kKinds[i];
    if (kind.weights != with_weights || kind.weight[rank] == 0) continue;
    if (!Sensible(kind, input) || !Allows(space.layers, kind.name)) continue;
    total += weights[i] = kind.weight[rank];
  }
  if (total == 0) return std::nullopt;
  const Kind& kind = kKinds[choose.Weighted(weights)];
  LayerSpec layer;
  layer.class_name = kind.name;
  Context context{choose, style, input, layer.config};
  kind.draw(context);
  return layer;
}

ArchitectureSpec DrawArchitecture(Chooser& choose, const Space& space) {
  ArchitectureSpec out;
  const bool keras3 = Allows(space.dialects, "keras3");
  const bool tf_keras = Allows(space.dialects, "tf_keras");
  out.dialect = tf_keras && (!keras3 || choose.Percent(50)) ? Dialect::kTfKeras : Dialect::kKeras3;
  LayerStyle style{out.dialect, choose.Percent(55), choose.Range(2, 5)};
  const int first = style.twins ? style.width : choose.Range(2, 8);
  std::array<int, 6> counts = {1, 3, 6, 5, 3, 2};
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (static_cast<int>(i) >= std::max(1, space.layers_max)) counts[i] = 0;
  }
  int wanted = 1 + static_cast<int>(choose.Weighted(counts));
  const bool embedding = Allows(space.layers, "Embedding");
  const std::size_t kind = choose.Weighted({45, 24, 14, embedding ? 17 : 0});
  if (kind == 0) out.input_shape = {first};
  if (kind == 1) out.input_shape = {choose.Range(2, 5), first};
  if (kind == 2) out.input_shape = {choose.Range(2, 4), choose.Range(2, 4), std::min(first, 4)};
  Shape shape = out.input_shape;
  if (kind == 3) {
    shape = out.input_shape = {choose.Range(2, 4)};
    LayerSpec layer;
    layer.class_name = "Embedding";
    Context context{choose, style, shape, layer.config};
    DrawEmbedding(context);
    shape.push_back(std::get<int64_t>(layer.config["output_dim"]));
    out.layers.push_back(std::move(layer));
    --wanted;
  }
  for (int tries = 0; wanted > 0 && tries < 24; ++tries) {
    const bool with_weights = !choose.Percent(28);
    std::optional<LayerSpec> layer;
    // A sibling: the last layer with weights once more, if it fits as it is.
    if (with_weights && style.twins && choose.Percent(45)) {
      for (auto it = out.layers.rbegin(); it != out.layers.rend() && !layer; ++it) {
        if (HasWeights(it->class_name) && it->class_name != "Embedding") layer = *it;
      }
    }
    if (!layer) layer = DrawLayer(choose, space, style, shape, with_weights);
    if (!layer) continue;
    auto next = OutputShape(*layer, shape, out.dialect);
    if (!next || next->size() > 3 || Elements(*next) > 100) continue;
    shape = std::move(*next);
    out.layers.push_back(std::move(*layer));
    if (with_weights) --wanted;
  }
  return out;
}

}  // namespace weightproof
