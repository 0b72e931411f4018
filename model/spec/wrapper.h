// Internal to model/spec: layers that hold other layers (keras-formats 3.2, 6.1).
#pragma once

#include <string>
#include <vector>

#include "model/spec/architecture.h"
#include "model/spec/layer_schema.h"

namespace weightproof {

// What the wrapper holds has the right number and classes and complete configs; `layers` of
// `wrapper` is completed in place. BadConfig, UnknownLayer.
Status CompleteParts(LayerSpec& wrapper, Dialect dialect, const std::string& place);

// One layer inside a wrapper.
struct WrappedLayer {
  std::string part;       // in variable ids: "forward", "0"
  std::string attribute;  // where `.weights.h5` keeps it, from the wrapper's group
  std::string prefix;     // in front of the inner layer's name: "forward_"
  LayerSpec spec;         // complete
};

// The layers inside a wrapper whose config and parts are complete, in the order in which the
// library collects their weights. Of an RNN: the cells, which stand inside StackedRNNCells.
std::vector<WrappedLayer> WrappedLayers(const LayerSpec& wrapper);

// What each of WrappedLayers is built on when the wrapper is built on `input`.
Result<std::vector<Shape>> WrappedInputs(const LayerSpec& wrapper, const Shape& input);

// Output shape of any layer but a nested model, complete as above. Errors as InferShape.
Result<Shape> InferLayerShape(const LayerSpec& layer, const Shape& input,
                              const std::string& place = {});

}  // namespace weightproof
