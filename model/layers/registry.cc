// Which factory makes which Keras class.
#include <algorithm>
#include <array>
#include <string_view>

#include "model/layers/layer.h"

namespace weightproof {
namespace {

struct Entry {
  std::string_view class_name;
  LayerFactory make;
};

constexpr std::array kEntries = std::to_array<Entry>({
    {"Activation", MakeActivation},
    {"ActivityRegularization", MakeIdentity},
    {"AlphaDropout", MakeIdentity},
    {"AveragePooling1D", MakePooling},
    {"AveragePooling2D", MakePooling},
    {"BatchNormalization", MakeBatchNormalization},
    {"Conv1D", MakeConvolution},
    {"Conv2D", MakeConvolution},
    {"Dense", MakeDense},
    {"Dropout", MakeIdentity},
    {"ELU", MakeElu},
    {"Embedding", MakeEmbedding},
    {"Flatten", MakeFlatten},
    {"GRU", MakeGru},
    {"GaussianDropout", MakeIdentity},
    {"GaussianNoise", MakeIdentity},
    {"GlobalAveragePooling1D", MakeGlobalPooling},
    {"GlobalAveragePooling2D", MakeGlobalPooling},
    {"GlobalMaxPooling1D", MakeGlobalPooling},
    {"GlobalMaxPooling2D", MakeGlobalPooling},
    {"InputLayer", MakeIdentity},
    {"LSTM", MakeLstm},
    {"LayerNormalization", MakeLayerNormalization},
    {"LeakyReLU", MakeLeakyRelu},
    {"MaxPooling1D", MakePooling},
    {"MaxPooling2D", MakePooling},
    {"PReLU", MakePRelu},
    {"ReLU", MakeRelu},
    {"Reshape", MakeIdentity},
    {"SimpleRNN", MakeSimpleRnn},
    {"Softmax", MakeSoftmax},
    {"SpatialDropout1D", MakeIdentity},
    {"SpatialDropout2D", MakeIdentity},
});
static_assert(std::is_sorted(kEntries.begin(), kEntries.end(), [](const Entry& a, const Entry& b) {
  return a.class_name < b.class_name;
}));

}  // namespace

Result<std::unique_ptr<Layer>> MakeLayer(const ObjectPlan& plan, Dialect dialect) {
  const auto it = std::lower_bound(
      kEntries.begin(), kEntries.end(), plan.class_name,
      [](const Entry& entry, const std::string& name) { return entry.class_name < name; });
  if (it != kEntries.end() && it->class_name == plan.class_name) return it->make(plan, dialect);
  return Fail(ErrorKind::kUnknownLayer, plan.name,
              "no forward pass for the class " + plan.class_name, "use a supported layer");
}

}  // namespace weightproof
