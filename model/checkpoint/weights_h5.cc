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

namespace {

// Where the walk of a container finds its entries (_save_container_state); "" for what it passes
// by: Keras 3 sets, tf-keras lists of lists. The inner lists are "container", "container_1".
std::vector<std::string> EntryPaths(const ObjectPlan& object, Dialect dialect) {
  std::vector<std::string> paths(object.layers.size());
  const bool keras3 = dialect == Dialect::kKeras3;
  if (object.keep == (keras3 ? KeepHow::kSet : KeepHow::kLists)) return paths;
  const std::size_t first_list = (paths.size() + 1) / 2;
  ClassKeys keys;
  for (std::size_t k = 0; k < object.keep_order.size(); ++k) {
    std::string place = object.attributes[0] + "/";
    if (object.keep == KeepHow::kLists) {
      place += k < first_list ? "container/" : "container_1/";
      if (k == first_list) keys = ClassKeys();
    }
    const auto entry = static_cast<std::size_t>(object.keep_order[k]);
    paths[entry] = place + keys.Next(object.layers[entry].class_name);
  }
  return paths;
}

// Objects of a person's own class: what is met under its attribute before the attribute `layers`,
// which models have, stands there. tf-keras does not track what a set holds.
std::vector<std::string> OwnPaths(const ObjectPlan& object, Dialect dialect) {
  const bool model = object.kind == ObjectKind::kSubclass;
  const bool tracked = dialect == Dialect::kKeras3 || object.keep != KeepHow::kSet;
  const auto first = [&](const std::string& attribute) {
    return !model || !tracked || VisitedBeforeLayers(attribute, dialect);
  };
  std::vector<std::string> paths(object.layers.size());
  if (object.keep == KeepHow::kAttributes) {
    for (std::size_t i = 0; i < paths.size(); ++i) {
      if (first(object.attributes[i])) paths[i] = object.attributes[i];
    }
  } else if (first(object.attributes[0])) {
    paths = EntryPaths(object, dialect);
  }
  if (!model || !tracked) return paths;
  ClassKeys keys;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    // Keras 3 counts entries that were visited before, tf-keras does not.
    if (!paths[i].empty() && dialect == Dialect::kTfKeras) continue;
    const std::string key = keys.Next(object.layers[i].class_name);
    if (paths[i].empty()) paths[i] = "layers/" + key;
  }
  return paths;
}

}  // namespace

std::vector<std::string> ChildPaths(const ObjectPlan& container, Dialect dialect) {
  if (IsOwnClass(container)) return OwnPaths(container, dialect);
  std::vector<std::string> paths;
  paths.reserve(container.layers.size());
  ClassKeys keys;
  for (const ObjectPlan& layer : container.layers) {
    paths.push_back("layers/" + keys.Next(layer.class_name));
  }
  return paths;
}

std::string CellName(const ObjectPlan& layer) {
  const LayerSchema* schema = FindLayerSchema(layer.class_name);
  return std::string(schema == nullptr ? layer.weights_h5_owner : schema->cell_scope);
}

}  // namespace weightproof
