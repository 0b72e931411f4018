// Which layers stand where: single ones and whole architectures.
#include <algorithm>
#include <array>

#include "harness/case/draw.h"
#include "harness/case/draw_kinds.h"
#include "model/spec/layer_schema.h"
#include "model/spec/wrapper.h"

namespace weightproof {
namespace {

using std::int64_t;

std::int64_t Elements(const Shape& shape) {
  std::int64_t count = 1;
  for (const int64_t d : shape) count *= d;
  return count;
}

bool Sensible(const LayerKind& kind, const Shape& input) {
  const std::string_view name = kind.name;
  if (name == "LayerNormalization" && input.back() < 3) return false;
  if (name == "Softmax" && input.back() < 2) return false;
  static constexpr std::array<std::string_view, 6> kSequences = {
      "LSTM", "GRU", "SimpleRNN", "Bidirectional", "RNN", "ConvLSTM1D"};
  if (std::ranges::find(kSequences, name) != kSequences.end() && input.front() < 2) return false;
  if (name == "GroupNormalization" && Elements(input) < 2) return false;
  return true;
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

bool AllowsLayer(const Space& space, std::string_view class_name) {
  if (space.layers.empty()) return !FindLayerSchema(class_name)->without_forward;
  return Allows(space.layers, class_name);
}

bool HasWeights(std::string_view class_name) {
  if (class_name == "Embedding") return true;
  for (const LayerKind& kind : LayerKinds()) {
    if (kind.name == class_name) return kind.weights;
  }
  return false;
}

std::optional<Shape> OutputShape(const LayerSpec& layer, const Shape& input, Dialect dialect) {
  const auto config = CompleteConfig(layer.class_name, layer.config, dialect);
  if (!config) return std::nullopt;
  LayerSpec complete = layer;
  complete.config = std::move(*config);
  if (FindLayerSchema(layer.class_name)->is_wrapper && !CompleteParts(complete, dialect, "")) {
    return std::nullopt;
  }
  auto shape = InferLayerShape(complete, input);
  if (!shape) return std::nullopt;
  for (const int64_t d : *shape) {
    if (d < 1) return std::nullopt;
  }
  return std::move(*shape);
}

std::vector<Shape> LayerShapes(const ArchitectureSpec& architecture) {
  if (!architecture.calls.empty()) return {};
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
  std::vector<int> weights(LayerKinds().size(), 0);
  const std::size_t rank = input.size();
  if (rank < 1 || rank > 3) return std::nullopt;
  int total = 0;
  for (std::size_t i = 0; i < LayerKinds().size(); ++i) {
    const LayerKind& kind = LayerKinds()[i];
    if (kind.weights != with_weights || kind.weight[rank] == 0) continue;
    if (!Sensible(kind, input) || !AllowsLayer(space, kind.name)) continue;
    total += weights[i] = kind.weight[rank];
  }
  if (total == 0) return std::nullopt;
  const LayerKind& kind = LayerKinds()[choose.Weighted(weights)];
  LayerSpec layer;
  layer.class_name = kind.name;
  LayerDrawing context{choose, style, input, layer.config, layer.layers};
  kind.draw(context);
  return layer;
}

ArchitectureSpec DrawArchitecture(Chooser& choose, const Space& space) {
  ArchitectureSpec out;
  const bool keras3 = Allows(space.dialects, "keras3");
  const bool tf_keras = Allows(space.dialects, "tf_keras");
  out.dialect = tf_keras && (!keras3 || choose.Percent(50)) ? Dialect::kTfKeras : Dialect::kKeras3;
  // Graphs are drawn only where the space names them: model/ computes chains.
  const bool graphs = !space.steps.empty() && Allows(space.steps, "graph") &&
                      Allows(space.steps, "assemble:functional");
  if (graphs && choose.Percent(25)) {
    ArchitectureSpec graph = DrawGraph(choose, space, out.dialect);
    if (!graph.layers.empty()) return graph;
  }
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
    LayerDrawing context{choose, style, shape, layer.config, layer.layers};
    DrawEmbedding(context);
    shape.push_back(std::get<int64_t>(layer.config["output_dim"]));
    out.layers.push_back(std::move(layer));
    DrawLookup(choose, space, out);
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
