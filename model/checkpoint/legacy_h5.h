// The inside of a legacy H5 file (keras-formats 1.1) as lists of layers and weights.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/checkpoint/tree.h"
#include "model/error.h"

namespace weightproof {

struct LegacyWeight {
  std::string_view name;  // entry of weight_names
  const Dataset* dataset = nullptr;
};

struct LegacyLayer {
  std::string_view name;  // entry of layer_names
  const Group* group = nullptr;
  std::vector<LegacyWeight> weights;
};

// Views into the tree, which must outlive it.
struct LegacyFile {
  const Group* root = nullptr;      // of the file
  const Group* weights = nullptr;   // the group that holds layer_names
  std::string prefix;               // "model_weights/" or ""
  std::vector<LegacyLayer> layers;  // in layer_names order, weightless ones too
  std::vector<LegacyWeight> own;    // of top_level_model_weights
  std::string_view keras_version;   // "" when absent

  std::string PathOf(const LegacyLayer& layer) const { return prefix + std::string(layer.name); }
  std::string PathOf(const LegacyLayer& layer, const LegacyWeight& weight) const;
};

// Whether the group holds layer_names, plain or chunked.
bool HasLayerNames(const Group& group);

// MalformedMetadata, MissingTensor, DuplicateName, WrongFormat (a Keras 1 file).
Result<LegacyFile> ParseLegacyH5(const Group& root, const std::string& place);

}  // namespace weightproof
