#include "model/spec/wrapper.h"

#include <algorithm>
#include <span>
#include <utility>

#include "model/spec/plan.h"

namespace weightproof {
namespace {

constexpr std::size_t kCellsMax = 8;

bool IsRecurrent(std::string_view class_name) {
  return class_name == "SimpleRNN" || class_name == "LSTM" || class_name == "GRU";
}

bool MayHold(const LayerSpec& wrapper, const LayerSchema& inner, const Config& config) {
  if (wrapper.class_name == "RNN") return inner.is_cell;
  if (inner.is_cell || inner.is_wrapper || inner.class_name == "Sequential") return false;
  if (wrapper.class_name == "Bidirectional") return IsRecurrent(inner.class_name);
  return inner.class_name != "InputLayer" && !IsNoOp(inner.class_name, config);
}

}  // namespace

Status CompleteParts(LayerSpec& wrapper, Dialect dialect, const std::string& place) {
  const bool rnn = wrapper.class_name == "RNN";
  const std::size_t count = wrapper.layers.size();
  if (rnn ? count < 1 || count > kCellsMax : count != 1) {
    return Fail(ErrorKind::kBadConfig, place,
                wrapper.class_name + " that holds " + std::to_string(count) + " layers",
                rnn ? "give it 1 to " + std::to_string(kCellsMax) + " cells" : "give it one layer");
  }
  for (std::size_t i = 0; i < count; ++i) {
    LayerSpec& inner = wrapper.layers[i];
    const std::string here = place + "/layers/" + std::to_string(i);
    auto config = CompleteConfig(inner.class_name, inner.config, dialect, here);
    if (!config) return std::unexpected(std::move(config).error());
    inner.config = *std::move(config);
    const LayerSchema& schema = *FindLayerSchema(inner.class_name);
    if (!inner.layers.empty() || !MayHold(wrapper, schema, inner.config)) {
      return Fail(ErrorKind::kBadConfig, here,
                  wrapper.class_name + " cannot hold " + inner.class_name + " here",
                  rnn ? "use LSTMCell, GRUCell or SimpleRNNCell"
                      : "use a plain layer that computes something");
    }
  }
  return {};
}

std::vector<WrappedLayer> WrappedLayers(const LayerSpec& wrapper) {
  if (wrapper.class_name == "TimeDistributed") {
    return {{"layer", "layer", "", wrapper.layers[0]}};
  }
  if (wrapper.class_name == "Bidirectional") {
    LayerSpec backward = wrapper.layers[0];
    backward.config["go_backwards"] = !GetBool(backward.config, "go_backwards");
    return {{"forward", "forward_layer", "forward_", wrapper.layers[0]},
            {"backward", "backward_layer", "backward_", std::move(backward)}};
  }
  std::vector<WrappedLayer> cells;
  std::vector<std::pair<std::string, int>> used;
  for (const LayerSpec& cell : wrapper.layers) {
    std::string key = SnakeCase(cell.class_name);
    const auto it = std::ranges::find(used, key, &std::pair<std::string, int>::first);
    if (it == used.end()) {
      used.emplace_back(key, 0);
    } else {
      key += "_" + std::to_string(++it->second);
    }
    cells.push_back({std::to_string(cells.size()), "cells/" + key, "", cell});
  }
  return cells;
}

Result<std::vector<Shape>> WrappedInputs(const LayerSpec& wrapper, const Shape& input) {
  if (wrapper.class_name == "Bidirectional") return std::vector<Shape>{input, input};
  if (wrapper.class_name == "TimeDistributed") {
    return std::vector<Shape>{Shape(input.begin() + 1, input.end())};
  }
  std::vector<Shape> inputs{{input.back()}};
  for (std::size_t i = 0; i + 1 < wrapper.layers.size(); ++i) {
    inputs.push_back({GetInt(wrapper.layers[i].config, "units")});
  }
  return inputs;
}

Result<Shape> InferLayerShape(const LayerSpec& layer, const Shape& input,
                              const std::string& place) {
  // A wrapper's own schema checks the rank and gives the shape as if it held nothing.
  auto shape = InferShape(layer.class_name, layer.config, input, place);
  if (!shape || !FindLayerSchema(layer.class_name)->is_wrapper) return shape;
  const auto inputs = WrappedInputs(layer, input);
  if (!inputs) return std::unexpected(inputs.error());
  const std::vector<WrappedLayer> inner = WrappedLayers(layer);
  auto out = InferLayerShape(inner.back().spec, inputs->back(), place);
  if (!out) return out;
  if (layer.class_name == "TimeDistributed") {
    out->insert(out->begin(), input.front());
  } else if (layer.class_name == "Bidirectional") {
    if (GetString(layer.config, "merge_mode") == "concat") out->back() *= 2;
  } else if (GetBool(layer.config, "return_sequences")) {
    out->insert(out->begin(), input.front());
  }
  return out;
}

}  // namespace weightproof
