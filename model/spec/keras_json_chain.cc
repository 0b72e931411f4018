// Functional configs: the chain of layers behind the nodes, in both libraries' forms.
#include <map>

#include "model/spec/keras_json.h"

namespace weightproof::keras_json {
namespace {

// The name of the one layer that feeds `entry`; "" for an input; an error for anything else.
// Keras 3: inbound_nodes: [{"args": [{"config": {"keras_history": [name, 0, 0]}}], ...}];
// tf-keras: [[[name, 0, 0, {}]]] (keras-formats 4).
Result<std::string> Feeder(const Json& entry, const std::string& place) {
  const auto not_linear = [&place] {
    return Fail(ErrorKind::kBadConfig, place, "not a linear chain of layers",
                "use a model in which every layer is called once, one after the other");
  };
  if (!entry.contains("inbound_nodes") || !entry["inbound_nodes"].is_array()) {
    return BadForm(place, "no inbound_nodes");
  }
  const Json& nodes = entry["inbound_nodes"];
  if (nodes.empty()) return std::string();
  if (nodes.size() != 1) return not_linear();
  const Json* history = nullptr;
  if (nodes[0].is_object()) {
    const auto args = nodes[0].find("args");
    if (args == nodes[0].end() || !args->is_array() || args->size() != 1) return not_linear();
    const Json& tensor = (*args)[0];
    if (!tensor.is_object() || !tensor.contains("config") || !tensor["config"].is_object() ||
        !tensor["config"].contains("keras_history")) {
      return not_linear();
    }
    history = &tensor["config"]["keras_history"];
  } else if (nodes[0].is_array() && nodes[0].size() == 1) {
    history = &nodes[0][0];
  }
  if (history == nullptr || !history->is_array() || history->size() < 3 ||
      !(*history)[0].is_string()) {
    return not_linear();
  }
  return (*history)[0].get<std::string>();
}

}  // namespace

Result<std::vector<const Json*>> Chain(const Json& config) {
  const Json& layers = config["layers"];
  if (layers.size() > kLayersMax) {
    return Fail(ErrorKind::kLimitExceeded, "config/layers", "more layers than kLayersMax",
                "use fewer layers");
  }
  std::map<std::string, const Json*> after;  // feeder's name -> the layer that it feeds
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const std::string place = "config/layers/" + std::to_string(i);
    if (!layers[i].is_object() || !layers[i].contains("name") || !layers[i]["name"].is_string()) {
      return BadForm(place, "a layer entry without name");
    }
    auto feeder = Feeder(layers[i], place);
    if (!feeder) return std::unexpected(std::move(feeder).error());
    if (!after.emplace(*std::move(feeder), &layers[i]).second) {
      return Fail(ErrorKind::kBadConfig, place, "not a linear chain of layers",
                  "use a model in which every layer is called once, one after the other");
    }
  }
  std::vector<const Json*> out;
  std::string name;
  for (auto it = after.find(name); it != after.end() && out.size() < layers.size();
       it = after.find(name)) {
    out.push_back(it->second);
    name = (*it->second)["name"].get<std::string>();
  }
  if (out.size() != layers.size()) return BadForm("config/layers", "layers that nothing feeds");
  return out;
}

}  // namespace weightproof::keras_json
