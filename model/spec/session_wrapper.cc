// Layers that hold other layers: how their parts are named, built and copied.
#include <algorithm>
#include <utility>

#include "model/spec/session.h"
#include "model/spec/wrapper.h"

namespace weightproof {

int Session::NewPart(const LayerSpec& spec, const std::string& part, std::string name) {
  Object made;
  made.schema = FindLayerSchema(spec.class_name);
  made.name = std::move(name);
  made.trainable = spec.trainable;
  made.config = spec.config;
  made.part = part;
  return Allocate(std::move(made));
}

// Whoever writes Bidirectional(LSTM(2)) makes the LSTM first: it takes its automatic name first.
Result<int> Session::NewWrapper(const Slot& slot) {
  LayerSpec whole;
  whole.class_name = slot.schema->class_name;
  whole.config = slot.config;
  whole.layers = slot.spec->layers;
  if (Status s = CompleteParts(whole, dialect_, "layers"); !s) return std::unexpected(s.error());
  std::vector<std::string> inner;
  for (const LayerSpec& held : whole.layers) {
    inner.push_back(held.name.empty() ? AutoName(FindLayerSchema(held.class_name)->snake_name)
                                      : held.name);
  }
  Object made;
  made.kind = ObjectKind::kWrapper;
  made.schema = slot.schema;
  made.layer = slot.layer;
  made.config = whole.config;
  made.held = whole.layers;
  made.name = slot.name.empty() ? AutoName(slot.schema->snake_name) : slot.name;
  made.name_given = slot.name_given;
  made.trainable = slot.trainable;
  const std::vector<WrappedLayer> parts = WrappedLayers(whole);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    // A config's inner layer is called "forward_lstm" already.
    std::string name = inner[std::min(i, inner.size() - 1)];
    if (!parts[i].prefix.empty() && name.starts_with("forward_")) name.erase(0, 8);
    made.children.push_back(NewPart(parts[i].spec, parts[i].part, parts[i].prefix + name));
    made.attributes.push_back(parts[i].attribute);
  }
  if (whole.class_name == "Bidirectional" && !keras3()) {
    // tf-keras keeps the layer that it was given beside its two copies; it is never built.
    made.children.push_back(NewPart(whole.layers[0], "layer", inner[0]));
    made.attributes.emplace_back("layer");
  }
  if (whole.class_name == "RNN") {
    Object cells;
    cells.kind = ObjectKind::kWrapper;
    cells.name = AutoName("stacked_rnn_cells");
    cells.part = "cells";
    cells.children = std::move(made.children);
    cells.attributes = std::move(made.attributes);
    made.children = {Allocate(std::move(cells))};
    made.attributes = {"cell"};
  }
  return Allocate(std::move(made));
}

Status Session::BuildWrapper(int id, const Shape& input) {
  LayerSpec whole;
  whole.class_name = object(id).schema->class_name;
  whole.config = object(id).config;
  whole.layers = object(id).held;
  auto out = InferLayerShape(whole, input, "layer " + object(id).name);
  if (!out) return std::unexpected(std::move(out).error());
  const auto inputs = WrappedInputs(whole, input);
  if (!inputs) return std::unexpected(inputs.error());
  object(id).scope = Scoped(object(id).parent, object(id).name);
  std::string scope = object(id).scope;
  std::vector<int> parts = object(id).children;
  if (whole.class_name == "RNN") {
    Object& cells = object(parts[0]);
    parts = cells.children;
    scope = Scoped(scope, cells.name);
    cells.built = true;
  }
  for (std::size_t i = 0; i < inputs->size(); ++i) {
    if (object(parts[i]).built) continue;  // it came from a config, where it was built
    EnterScope(parts[i], scope);
    if (Status s = BuildLayer(parts[i], (*inputs)[i]); !s) return s;
    if (!keras3() && whole.class_name == "TimeDistributed") object(parts[i]).scope = scope;
  }
  Object& o = object(id);
  o.built = true;
  o.input_shape = input;
  o.output_shape = *std::move(out);
  return {};
}

// A wrapper's from_config makes its parts from theirs; in Keras 3 what was built is built at once,
// outside of any scope.
Status Session::CopyParts(int old, int copy) {
  std::vector<int> parts;
  for (const int child : std::vector<int>(object(old).children)) {
    Object part = object(child);
    part.built = false;
    part.scoped = false;
    part.parent.clear();
    const int made = Allocate(std::move(part));
    if (Status s = CopyParts(child, made); !s) return s;
    if (object(made).kind == ObjectKind::kLayer) {
      if (Status s = BuildFromConfig(child, made); !s) return s;
    }
    parts.push_back(made);
  }
  object(copy).children = std::move(parts);
  return {};
}

}  // namespace weightproof
