#include <algorithm>
#include <iterator>
#include <map>

#include "harness/oracle/legacy_names.h"
#include "harness/oracle/truth_internal.h"

namespace weightproof {
namespace {

std::vector<std::string> SubjectsOf(const ListedLayer& layer) {
  std::vector<std::string> subjects{layer.name};
  for (const ListedWeight& weight : layer.weights) subjects.push_back(weight.path);
  return subjects;
}

std::vector<std::string> SubjectsOf(const ObjectPlan& object) {
  std::vector<std::string> subjects{object.name};
  for (const VariablePlan* variable : Variables(object)) subjects.push_back(variable->id);
  return subjects;
}

std::vector<const ObjectPlan*> WeightedObjects(const ObjectPlan& model) {
  std::vector<const ObjectPlan*> objects;
  for (const ObjectPlan& object : model.layers) {
    if (!Variables(object).empty()) objects.push_back(&object);
  }
  return objects;
}

const ObjectPlan* OwnerOf(const std::vector<const ObjectPlan*>& leaves, const VariablePlan* v) {
  for (const ObjectPlan* leaf : leaves) {
    for (const VariablePlan& variable : leaf->variables) {
      if (&variable == v) return leaf;
    }
  }
  return nullptr;
}

// Whose name the weights of a leaf carry: its own, or in tf-keras that of its TimeDistributed.
const ObjectPlan* NamedFor(const ObjectPlan& object, const ObjectPlan* leaf) {
  for (const ObjectPlan& layer : object.layers) {
    if (&layer == leaf) {
      const bool outer =
          object.class_name == "TimeDistributed" && object.dialect == Dialect::kTfKeras;
      return outer ? &object : leaf;
    }
    if (const ObjectPlan* found = NamedFor(layer, leaf)) return found;
  }
  return nullptr;
}

// Sub-names inside a nested layer: one name per sublayer, classes agree, given names not elsewhere,
// counters of equal siblings ascending in the reader's own order.
void CheckSublayers(const ListedLayer& file, const std::vector<const VariablePlan*>& order,
                    const ObjectPlan& object, TruthBuilder& builder) {
  const std::vector<const ObjectPlan*> leaves = WeightedLeaves(object);
  std::map<const ObjectPlan*, const ListedWeight*> first_of;
  // By where the tensors lie: two sublayers of nested models may share a name as long as their
  // tensors do not (an RNN's lie one level deeper).
  std::map<std::string, const ObjectPlan*> leaf_of;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const ObjectPlan* leaf = OwnerOf(leaves, order[i]);
    const ListedWeight& weight = file.weights[i];
    const ListedWeight* first = first_of.emplace(leaf, &weight).first->second;
    const std::string folder = weight.path.substr(0, weight.path.rfind('/'));
    if (first->scope != weight.scope || leaf_of.emplace(folder, leaf).first->second != leaf) {
      builder.Owe("sublayers-mixed", {weight.path, order[i]->id, object.name});
      return;
    }
  }
  std::vector<std::string> names;
  for (const ObjectPlan* leaf : leaves) names.push_back(first_of[leaf]->sublayer);
  std::vector<const ObjectPlan*> named;
  for (const ObjectPlan* leaf : leaves) named.push_back(NamedFor(object, leaf));
  builder.CheckNames(names, named);
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    const std::string_view half = HalfOf(leaves[i]->name);
    if (leaves[i]->part.empty() || half == HalfOf(names[i]) || HalfOf(names[i]).empty()) continue;
    builder.Owe("half-elsewhere", {object.name, names[i], leaves[i]->name, file.name});
  }
  // A name that a person gave on both sides tells its place by itself.
  const auto known = [&](std::size_t i) {
    return named[i]->name_given && named[i]->name == names[i];
  };
  for (std::size_t a = 0; a < leaves.size(); ++a) {
    for (std::size_t b = a + 1; b < leaves.size(); ++b) {
      if (known(a) || known(b) || HalfOf(names[a]) != HalfOf(names[b])) continue;
      const int first = AutomaticCounter(names[a]);
      const int second = AutomaticCounter(names[b]);
      if (first < 0 || second < 0 || leaves[a]->class_name != leaves[b]->class_name) continue;
      if (!SameVariables(*leaves[a], *leaves[b]) || first < second) continue;
      builder.Owe("ambiguous-order",
                  {object.name, names[a], names[b], leaves[a]->name, leaves[b]->name, file.name});
    }
  }
}

void PairLayer(const ListedLayer& file, const ObjectPlan& object, TruthBuilder& builder) {
  const std::vector<const VariablePlan*> order = LegacyOrder(object);
  if (file.weights.size() != order.size()) {
    std::vector<std::string> subjects = SubjectsOf(file);
    std::ranges::copy(SubjectsOf(object), std::back_inserter(subjects));
    builder.Owe("weight-count", std::move(subjects));
    for (const ListedWeight& weight : file.weights) builder.taken.insert(weight.path);
    return;
  }
  for (std::size_t i = 0; i < order.size(); ++i) {
    const ListedWeight& weight = file.weights[i];
    if (builder.taken.contains(weight.path)) builder.Owe("used-twice", {weight.path, order[i]->id});
    builder.Take(*order[i], weight.dataset, weight.path);
    // tf-keras calls some variables otherwise than Keras 3: "depthwise_kernel".
    if (weight.role != RoleInName(order[i]->legacy_name)) {
      builder.Owe("role", {weight.path, order[i]->id});
    }
  }
  if (object.kind != ObjectKind::kLayer) CheckSublayers(file, order, object, builder);
}

void PairByName(const std::vector<const ListedLayer*>& file,
                const std::vector<const ObjectPlan*>& objects, TruthBuilder& builder) {
  std::vector<bool> used(objects.size(), false);
  for (std::size_t k = 0; k < file.size(); ++k) {
    const auto match = std::ranges::find(objects, file[k]->name, &ObjectPlan::name);
    if (match == objects.end()) {
      builder.Owe("unmatched-layer", SubjectsOf(*file[k]));
      for (const ListedWeight& weight : file[k]->weights) builder.taken.insert(weight.path);
      continue;
    }
    const auto j = static_cast<std::size_t>(match - objects.begin());
    if (!objects[j]->name_given && j != k) {
      builder.Owe("automatic-names-disagree", {file[k]->name, objects[j]->name});
    }
    used[j] = true;
    PairLayer(*file[k], *objects[j], builder);
  }
  for (std::size_t j = 0; j < objects.size(); ++j) {
    if (!used[j]) builder.Owe("unmatched-layer", SubjectsOf(*objects[j]));
  }
}

}  // namespace

void DecodeLegacy(const Group& root, const ModelPlan& reader, bool by_name, TruthBuilder& builder) {
  const std::optional<ListedNames> names = ReadLegacyNames(root);
  if (!names) {
    builder.Owe("no-layer-names", {"layer_names"});
    return;
  }
  for (const std::string& place : names->malformed) builder.Owe("malformed-names", {place});
  std::vector<const ListedLayer*> file;
  std::vector<std::string> file_names;
  for (const ListedLayer& layer : names->layers) {
    if (layer.weights.empty()) continue;
    if (std::ranges::find(file_names, layer.name) != file_names.end())
      builder.Owe("used-twice", {layer.name});
    file.push_back(&layer);
    file_names.push_back(layer.name);
  }
  const std::vector<const ObjectPlan*> objects = WeightedObjects(reader.model);
  if (by_name) {
    PairByName(file, objects, builder);
    return;
  }
  if (file.size() != objects.size()) {
    std::vector<std::string> subjects;
    for (const ListedLayer* layer : file) {
      std::ranges::copy(SubjectsOf(*layer), std::back_inserter(subjects));
    }
    for (const ObjectPlan* object : objects) {
      std::ranges::copy(SubjectsOf(*object), std::back_inserter(subjects));
    }
    builder.Owe("layer-count", std::move(subjects));
    for (const ListedLayer* layer : file) {
      for (const ListedWeight& weight : layer->weights) builder.taken.insert(weight.path);
    }
    return;
  }
  builder.CheckNames(file_names, objects);
  for (std::size_t k = 0; k < file.size(); ++k) PairLayer(*file[k], *objects[k], builder);
}

}  // namespace weightproof
