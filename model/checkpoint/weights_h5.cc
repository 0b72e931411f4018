#include "model/checkpoint/weights_h5.h"

#include <algorithm>

#include "model/spec/layer_schema.h"

namespace weightproof {

std::string ClassKeys::Next(std::string_view class_name) {
  std::string key = SnakeCase(class_name);
  const auto it = std::ranges::find(used_, key, &std::pair<std::string, int>::first);
  if (it == used_.end()) {
    used_.emplace_back(key, 0);
    return key;
  }
  return key + "_" + std::to_string(++it->second);
}

bool VisitedBeforeLayers(std::string_view attribute, Dialect dialect) {
  // Keras 3 visits names in ascending order, those with an underscore in front last;
  // tf-keras in descending order.
  if (dialect == Dialect::kTfKeras) return attribute > "layers";
  return !attribute.starts_with('_') && attribute < "layers";
}

std::vector<std::string> ChildPaths(const ObjectPlan& container, Dialect dialect) {
  std::vector<std::string> paths;
  paths.reserve(container.layers.size());
  ClassKeys keys;
  for (std::size_t i = 0; i < container.layers.size(); ++i) {
    const bool own_attribute = container.kind == ObjectKind::kSubclass &&
                               i < container.attributes.size() &&
                               VisitedBeforeLayers(container.attributes[i], dialect);
    if (own_attribute) {
      // Keras 3 counts entries that were visited before, tf-keras does not.
      if (dialect == Dialect::kKeras3) keys.Next(container.layers[i].class_name);
      paths.push_back(container.attributes[i]);
    } else {
      paths.push_back("layers/" + keys.Next(container.layers[i].class_name));
    }
  }
  return paths;
}

std::string CellName(const ObjectPlan& layer) {
  const LayerSchema* schema = FindLayerSchema(layer.class_name);
  return std::string(schema == nullptr ? layer.weights_h5_owner : schema->cell_scope);
}

}  // namespace weightproof
