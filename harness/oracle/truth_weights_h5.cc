#include <algorithm>
#include <map>

#include "harness/oracle/legacy_names.h"
#include "harness/oracle/truth_internal.h"

namespace weightproof {
namespace {

// A leaf with variables and the paths under which a file may hold it, most likely first.
struct Place {
  const ObjectPlan* leaf;
  std::vector<std::string> prefixes;
};

std::string KeyFor(const ObjectPlan& object, std::map<std::string, int>& counters) {
  std::string key = SnakeCase(ClassInNames(object));
  const int count = counters[key]++;
  if (count > 0) key += "_" + std::to_string(count);
  return key;
}

const Group* FindGroupAt(const Group& root, std::string path) {
  path.pop_back();  // the trailing '/'
  const Child* child = FindPath(root, path);
  return child != nullptr ? child->group() : nullptr;
}

// TensorFlow 2.12 and 2.13 wrote the layers of a model under a name of their own.
std::string LayersIn(const Group& root, const std::string& prefix) {
  const std::string old = "_layer_checkpoint_dependencies/";
  const bool is_old = FindGroupAt(root, prefix + "layers/") == nullptr &&
                      FindGroupAt(root, prefix + old) != nullptr;
  return is_old ? old : "layers/";
}

// Where the walk through attributes meets each of the object's layers: "blocks/dense_1"; "" where
// the library passes it by (Keras 3 sets, tf-keras lists of lists).
std::vector<std::string> UnderAttributes(const ObjectPlan& object, bool tf_keras) {
  if (object.keep == KeepHow::kAttributes) return object.attributes;
  std::vector<std::string> paths(object.layers.size());
  if (object.keep == (tf_keras ? KeepHow::kLists : KeepHow::kSet)) return paths;
  std::map<std::string, int> counters[2];
  const std::size_t half = (paths.size() + 1) / 2;
  for (std::size_t k = 0; k < paths.size(); ++k) {
    const bool second = object.keep == KeepHow::kLists && k >= half;
    const auto entry = static_cast<std::size_t>(object.keep_order[k]);
    paths[entry] = object.attributes[0] + "/";
    if (object.keep == KeepHow::kLists) paths[entry] += second ? "container_1/" : "container/";
    paths[entry] += KeyFor(object.layers[entry], counters[second ? 1 : 0]);
  }
  return paths;
}

// `tf_keras`: sublayers of a subclass model whose attribute that library visits before `layers`
// take no key there.
void Walk(const Group& root, const ObjectPlan& object, const std::vector<std::string>& prefixes,
          bool tf_keras, std::vector<Place>* places) {
  if (object.kind == ObjectKind::kWrapper) {
    for (std::size_t i = 0; i < object.layers.size(); ++i) {
      std::vector<std::string> inner;
      for (const std::string& prefix : prefixes)
        inner.push_back(prefix + object.attributes[i] + "/");
      Walk(root, object.layers[i], inner, tf_keras, places);
    }
    return;
  }
  if (object.kind == ObjectKind::kLayer) {
    if (object.variables.empty()) return;
    std::vector<std::string> with_owner;
    for (const std::string& prefix : prefixes) {
      with_owner.push_back(
          object.weights_h5_owner.empty() ? prefix : prefix + object.weights_h5_owner + "/");
    }
    places->push_back({&object, std::move(with_owner)});
    return;
  }
  std::map<std::string, int> counters;
  const std::vector<std::string> own =
      IsOwnClass(object) ? UnderAttributes(object, tf_keras) : std::vector<std::string>();
  for (std::size_t i = 0; i < object.layers.size(); ++i) {
    const bool met = !own.empty() && !own[i].empty();
    const bool own_only = object.kind == ObjectKind::kHolder ||
                          (met && tf_keras && own[i] > "layers" &&
                           std::ranges::any_of(prefixes, [&](const std::string& prefix) {
                             return FindGroupAt(root, prefix + own[i] + "/") != nullptr;
                           }));
    const std::string key = own_only ? "" : KeyFor(object.layers[i], counters);
    std::vector<std::string> inner;
    for (const std::string& prefix : prefixes) {
      if (met) inner.push_back(prefix + own[i] + "/");
      if (!own_only) inner.push_back(prefix + LayersIn(root, prefix) + key + "/");
      // Nothing stands under the attribute of what the library passes by.
      if (own_only && !met) inner.push_back(prefix + object.attributes[0] + "/");
    }
    Walk(root, object.layers[i], inner, tf_keras, places);
  }
}

std::ptrdiff_t Missing(const Group& root, const std::vector<Place>& places) {
  return std::ranges::count_if(places, [&](const Place& place) {
    return std::ranges::none_of(place.prefixes, [&](const std::string& prefix) {
      const Group* vars = FindGroupAt(root, prefix + "vars/");
      return vars != nullptr && !vars->children.empty();
    });
  });
}

std::string StoredName(const Group* vars) {
  const Attribute* name = vars != nullptr ? vars->FindAttribute("name") : nullptr;
  return name != nullptr && name->value.strings.size() == 1 ? name->value.strings[0] : "";
}

}  // namespace

void DecodeWeightsH5(const Group& root, const ModelPlan& reader, TruthBuilder& builder) {
  // The file tells by what is missing which of the two libraries' ways it was written in.
  std::vector<Place> places, other;
  Walk(root, reader.model, {""}, false, &places);
  Walk(root, reader.model, {""}, true, &other);
  if (Missing(root, other) < Missing(root, places)) places = std::move(other);
  std::vector<std::string> file_names;
  std::vector<const ObjectPlan*> leaves;
  for (const Place& place : places) {
    const std::vector<const VariablePlan*> variables = StoredVariables(*place.leaf);
    const Group* vars = nullptr;
    std::string base;
    for (const std::string& prefix : place.prefixes) {
      const Group* found = FindGroupAt(root, prefix + "vars/");
      if (found != nullptr && !found->children.empty()) {
        vars = found;
        base = prefix + "vars/";
        break;
      }
    }
    if (vars == nullptr) {
      builder.Owe("missing-tensor",
                  {place.prefixes.front() + "vars", variables.front()->id, place.leaf->name});
      continue;
    }
    // RNN cells carry names of their own ("lstm_cell"): the layer's name stands one level up.
    std::string name = StoredName(vars);
    if (!place.leaf->weights_h5_owner.empty()) {
      const std::size_t cut = base.size() - 5 - place.leaf->weights_h5_owner.size() - 1;
      name = StoredName(FindGroupAt(root, base.substr(0, cut) + "vars/"));
    }
    file_names.push_back(name);
    leaves.push_back(place.leaf);
    if (vars->children.size() != variables.size()) {
      std::vector<std::string> subjects{base.substr(0, base.size() - 1), place.leaf->name};
      for (const VariablePlan* variable : variables) subjects.push_back(variable->id);
      for (const Child& child : vars->children) builder.taken.insert(base + child.name);
      builder.Owe("weight-count", std::move(subjects));
    }
    for (std::size_t i = 0; i < variables.size(); ++i) {
      const std::string key = std::to_string(i);
      const Child* child = vars->Find(key);
      builder.Take(*variables[i], child != nullptr ? child->dataset() : nullptr, base + key);
    }
    // The file holds the sum, so that nothing is left to adapt.
    if (!builder.values[variables.front()->id]) continue;
    for (const VariablePlan& variable : place.leaf->variables) {
      if (IsLoraFactor(variable))
        builder.values[variable.id] = Tensor(variable.dtype, variable.shape);
    }
  }
  builder.CheckNames(file_names, leaves);
}

}  // namespace weightproof
