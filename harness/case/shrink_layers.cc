// Shrinking the architecture: fewer layers, plainer layers, smaller shapes.
#include "harness/case/shrink.h"
#include "model/spec/layer_schema.h"

namespace weightproof {
namespace {

using std::int64_t;

bool TargetsLayer(const Step& step) {
  return (step.op == StepOp::kName || step.op == StepOp::kFreeze || step.op == StepOp::kUnfreeze) &&
         step.target == TargetKind::kLayer;
}

Case WithoutLayers(const Case& c, int begin, int end) {
  Case out = c;
  for (int layer = end - 1; layer >= begin; --layer) {
    out.architecture.layers.erase(out.architecture.layers.begin() + layer);
    out.writer.build = WithoutLayer(out.writer.build, layer);
    out.reader.build = WithoutLayer(out.reader.build, layer);
  }
  return out;
}

LayerSpec Dense(int64_t units) {
  LayerSpec layer;
  layer.class_name = "Dense";
  layer.config["units"] = units;
  return layer;
}

// Numbers below `n` worth trying, simplest first.
std::vector<int64_t> Below(int64_t n) {
  std::vector<int64_t> out;
  for (const int64_t m : {int64_t{1}, int64_t{2}, n / 2, n - 1}) {
    if (m >= 1 && m < n && std::find(out.begin(), out.end(), m) == out.end()) out.push_back(m);
  }
  return out;
}

bool IsWidth(std::string_view key) {
  return key == "units" || key == "filters" || key == "output_dim";
}

// Every width of the model and its input's last dimension at once: equal shapes stay equal.
Case WithWidth(const Case& c, int64_t width, bool input) {
  Case out = c;
  const auto cut = [&](Config& config) {
    for (auto& [key, value] : config) {
      auto* n = std::get_if<int64_t>(&value);
      if (n != nullptr && IsWidth(key)) *n = std::min(*n, width);
    }
  };
  for (LayerSpec& layer : out.architecture.layers) {
    cut(layer.config);
    for (LayerSpec& inner : layer.layers) cut(inner.config);
  }
  for (Build* build : {&out.writer.build, &out.reader.build}) {
    for (Step& step : *build) {
      if (step.spec) cut(step.spec->config);
    }
  }
  if (input && !out.architecture.input_shape.empty()) {
    int64_t& last = out.architecture.input_shape.back();
    last = std::min(last, width);
    for (Shape& shape : out.architecture.more_inputs) {
      if (!shape.empty()) shape.back() = std::min(shape.back(), width);
    }
  }
  return out;
}

void ShrinkConfig(const Case& c, std::size_t i, Candidates& out) {
  const Config& config = c.architecture.layers[i].config;
  Case plain = c;
  const LayerSchema* schema = FindLayerSchema(c.architecture.layers[i].class_name);
  if (schema == nullptr) return;
  const auto required = [&](const std::string& key) {
    const KeySchema* known = schema->FindKey(key);
    return known != nullptr && known->required;
  };
  std::erase_if(plain.architecture.layers[i].config,
                [&](const auto& entry) { return !required(entry.first); });
  out.AddChanged(std::move(plain));
  for (const auto& [key, value] : config) {
    if (!required(key)) {
      Case next = c;
      next.architecture.layers[i].config.erase(key);
      out.AddChanged(std::move(next));
    }
    if (const auto* n = std::get_if<int64_t>(&value)) {
      for (const int64_t m : Below(*n)) {
        Case next = c;
        next.architecture.layers[i].config[key] = m;
        out.AddChanged(std::move(next));
      }
    }
    if (const auto* list = std::get_if<std::vector<int64_t>>(&value)) {
      Case next = c;
      for (int64_t& m : std::get<std::vector<int64_t>>(next.architecture.layers[i].config[key])) {
        m = std::min<int64_t>(m, 1);
      }
      if (!list->empty()) out.AddChanged(std::move(next));
    }
  }
}

// What a wrapper holds: it alone in the wrapper's place, fewer cells, plainer ones.
void ShrinkHeld(const Case& c, std::size_t i, Candidates& out) {
  const LayerSpec& wrapper = c.architecture.layers[i];
  const auto with = [&](const auto& change) {
    Case next = c;
    change(next.architecture.layers[i]);
    out.AddChanged(std::move(next));
  };
  for (std::size_t k = 0; k < wrapper.layers.size(); ++k) {
    const LayerSpec& inner = wrapper.layers[k];
    const LayerSchema* schema = FindLayerSchema(inner.class_name);
    if (schema == nullptr) continue;
    if (!schema->is_cell) with([&](LayerSpec& layer) { layer = LayerSpec(inner); });
    if (wrapper.layers.size() > 1) {
      with([&](LayerSpec& layer) {
        layer.layers.erase(layer.layers.begin() + static_cast<std::ptrdiff_t>(k));
      });
    }
    for (const auto& [key, value] : inner.config) {
      const KeySchema* known = schema->FindKey(key);
      if (known != nullptr && !known->required) {
        with([&](LayerSpec& layer) { layer.layers[k].config.erase(key); });
      }
    }
  }
}

}  // namespace

Build WithoutLayer(const Build& build, int layer) {
  Build out = build;
  const auto lower = [&](int& index) { index -= index > layer ? 1 : 0; };
  for (std::size_t i = out.size(); i-- > 0;) {
    const Step& step = out[i];
    const bool about = step.op == StepOp::kRemove || step.op == StepOp::kSet ||
                       step.op == StepOp::kExchange || step.op == StepOp::kOwnState ||
                       step.op == StepOp::kLora || step.op == StepOp::kVocabulary ||
                       TargetsLayer(step);
    const bool empty = step.op == StepOp::kNest && step.begin == layer && step.end == layer + 1;
    if ((about && step.layer == layer) || (step.op == StepOp::kExchange && step.other == layer) ||
        empty) {
      out = WithoutStep(out, i);
      i = std::min(i, out.size());
    }
  }
  for (Step& step : out) {
    switch (step.op) {
      case StepOp::kOrder:
        std::erase(step.order, layer);
        for (int& index : step.order) lower(index);
        break;
      case StepOp::kNest:
        lower(step.begin);
        lower(step.end);
        break;
      case StepOp::kNoop:
      case StepOp::kInsert:
        lower(step.begin);
        break;
      case StepOp::kExchange:
        lower(step.layer);
        lower(step.other);
        break;
      case StepOp::kRemove:
      case StepOp::kSet:
      case StepOp::kOwnState:
      case StepOp::kLora:
      case StepOp::kVocabulary:
        lower(step.layer);
        break;
      default:
        if (TargetsLayer(step)) lower(step.layer);
    }
  }
  // Two nests that became equal are one.
  for (std::size_t i = 0; i < out.size(); ++i) {
    for (std::size_t j = i + 1; j < out.size() && out[i].op == StepOp::kNest; ++j) {
      if (out[j].op != StepOp::kNest || out[j].begin != out[i].begin || out[j].end != out[i].end) {
        continue;
      }
      out = WithoutStep(out, j);
      j = i;
    }
  }
  return out;
}

void ShrinkLayers(const Case& c, Candidates& out) {
  const int count = static_cast<int>(c.architecture.layers.size());
  for (int length = count / 2; length >= 1; length = length > 2 ? length / 2 : length - 1) {
    for (int begin = 0; begin + length <= count; ++begin) {
      Case next = WithoutLayers(c, begin, begin + length);
      out.AddChanged(next);
      if (begin > 0) continue;
      // The front has gone: the rest takes its input as it was.
      const auto shapes = LayerShapes(c.architecture);
      if (shapes.empty()) continue;
      next.architecture.input_shape = shapes[static_cast<std::size_t>(length)];
      out.AddChanged(std::move(next));
    }
  }
  // Pairs that only fit each other, such as a Flatten and what it feeds.
  for (int i = 0; i < count; ++i) {
    for (int j = i + 2; j < count && count <= 12; ++j) {
      out.AddChanged(WithoutLayers(WithoutLayers(c, j, j + 1), i, i + 1));
    }
  }
}

void ShrinkConfigs(const Case& c, Candidates& out) {
  const auto shapes = LayerShapes(c.architecture);
  const std::size_t count = c.architecture.layers.size();
  for (std::size_t i = 0; i < count && !shapes.empty(); ++i) {
    const LayerSpec& layer = c.architecture.layers[i];
    if (layer.class_name == "Dense" || shapes[i + 1].empty()) continue;
    Case next = c;
    next.architecture.layers[i] = Dense(shapes[i + 1].back());
    out.AddChanged(next);
    if (!HasWeights(layer.class_name)) continue;
    for (std::size_t j = 0; j < count; ++j) {  // all of one class at once: siblings stay siblings
      if (c.architecture.layers[j].class_name == layer.class_name) {
        next.architecture.layers[j] = Dense(shapes[j + 1].back());
      }
    }
    out.AddChanged(std::move(next));
  }
  const Shape& input = c.architecture.input_shape;
  for (std::size_t i = 0; input.size() > 1 && i < input.size(); ++i) {
    Case next = c;
    next.architecture.input_shape.erase(next.architecture.input_shape.begin() +
                                        static_cast<std::ptrdiff_t>(i));
    out.AddChanged(std::move(next));
  }
  for (const int64_t width : {1, 2, 3}) {
    out.AddChanged(WithWidth(c, width, true));
    out.AddChanged(WithWidth(c, width, false));
  }
  for (std::size_t i = 0; i < input.size(); ++i) {
    for (const int64_t m : Below(input[i])) {
      Case next = c;
      next.architecture.input_shape[i] = m;
      out.AddChanged(std::move(next));
    }
  }
  for (std::size_t i = 0; i < count; ++i) {
    ShrinkHeld(c, i, out);
    ShrinkConfig(c, i, out);
  }
  if (c.architecture.dialect != Dialect::kKeras3) {
    Case next = c;
    next.architecture.dialect = Dialect::kKeras3;
    out.AddChanged(std::move(next));
  }
}

}  // namespace weightproof
