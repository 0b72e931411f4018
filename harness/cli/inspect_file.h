// What is in a weights file, as plain values: for people and as JSON.
#pragma once

#include <string>
#include <vector>

#include "model/checkpoint/checkpoint.h"
#include "model/checkpoint/tree.h"
#include "model/tensor.h"

namespace weightproof {

struct InspectedTensor {
  std::string path;   // of the dataset
  std::string layer;  // name of the layer that it stands under; "" when there is none
  std::string dtype;  // "float32", "opaque (2 bytes)", "text"
  Shape shape;
  std::string digest;  // of a number tensor, see TensorDigest; else ""
  TensorRole role = TensorRole::kWeight;
};

struct InspectedLayer {
  std::string name;
  std::string group;        // path of its group
  std::size_t tensors = 0;  // weights below that group
};

struct Inspection {
  Format format = Format::kLegacyH5;
  std::string dialect;  // "keras3", "tf_keras", "" when the file does not tell
  std::string keras_version;
  std::string backend;
  bool has_model_config = false;
  bool has_training_config = false;
  std::vector<InspectedLayer> layers;
  std::vector<InspectedTensor> tensors;
  std::vector<std::string> oddities;  // one sentence each
};

Inspection InspectTree(const Group& root, Format format, const std::string& path);

}  // namespace weightproof
