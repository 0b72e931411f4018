#include "harness/case/file_names.h"

#include <algorithm>
#include <map>

namespace weightproof {
namespace {

constexpr std::size_t kAttributeBytesMax = 64'512;  // over it Keras writes name lists in chunks

void AddList(FileNames& names, std::string path, std::string attribute,
             std::vector<std::string> strings) {
  std::size_t longest = 0;
  for (const std::string& text : strings) longest = std::max(longest, text.size());
  if (strings.empty() || longest * strings.size() > kAttributeBytesMax) return;
  names.lists.push_back({std::move(path), std::move(attribute), std::move(strings)});
}

void AddLegacy(FileNames& names, const ObjectPlan& model, const std::string& prefix) {
  std::vector<std::string> layers;
  for (const ObjectPlan& layer : model.layers) layers.push_back(layer.name);
  const std::string root = prefix.empty() ? "" : prefix.substr(0, prefix.size() - 1);
  AddList(names, root, "layer_names", std::move(layers));
  for (const ObjectPlan& layer : model.layers) {
    const auto variables = LegacyOrder(layer);
    if (variables.empty()) continue;
    std::vector<std::string> weights;
    for (const VariablePlan* variable : variables) {
      weights.push_back(variable->legacy_name);
      names.datasets.push_back(
          {prefix + layer.name + "/" + variable->legacy_name, variable->shape, variable->dtype});
    }
    names.groups.push_back(prefix + layer.name);
    AddList(names, prefix + layer.name, "weight_names", std::move(weights));
  }
}

void AddWeightsH5(FileNames& names, const ObjectPlan& object, const std::string& path);

// Numbers layers of one container by class.
class Keys {
 public:
  std::string Next(const ObjectPlan& layer) {
    const std::string key = SnakeCase(layer.class_name);
    const int n = used_[key]++;
    return n == 0 ? key : key + "_" + std::to_string(n);
  }

 private:
  std::map<std::string, int> used_;
};

// A subclass model: sublayers under their attribute where the walk meets it before the attribute
// `layers`. Keras 3 walks in ascending order and its counters run over all layers; tf-keras walks
// in descending order, and its counters skip what was visited.
void AddSubclass(FileNames& names, const ObjectPlan& model, Dialect dialect) {
  Keys keys;
  for (std::size_t i = 0; i < model.layers.size(); ++i) {
    const std::string attribute = i < model.attributes.size() ? model.attributes[i] : "";
    const bool tf_keras = dialect == Dialect::kTfKeras;
    const bool by_attribute = tf_keras ? attribute > "layers" : attribute < "layers";
    const std::string key = tf_keras && by_attribute ? std::string() : keys.Next(model.layers[i]);
    AddWeightsH5(names, model.layers[i], by_attribute ? attribute : "layers/" + key);
  }
}

void AddWeightsH5(FileNames& names, const ObjectPlan& object, const std::string& path) {
  if (object.kind == ObjectKind::kWrapper) {
    for (std::size_t i = 0; i < object.layers.size(); ++i) {
      AddWeightsH5(names, object.layers[i], path + "/" + object.attributes[i]);
    }
    return;
  }
  if (object.kind != ObjectKind::kLayer) {
    Keys keys;
    for (const ObjectPlan& layer : object.layers) {
      AddWeightsH5(names, layer, (path.empty() ? "" : path + "/") + "layers/" + keys.Next(layer));
    }
    return;
  }
  if (object.variables.empty()) return;
  const std::string owner = object.weights_h5_owner.empty() ? "" : "/" + object.weights_h5_owner;
  const std::vector<const VariablePlan*> stored = StoredVariables(object);
  for (std::size_t i = 0; i < stored.size(); ++i) {
    names.datasets.push_back(
        {path + owner + "/vars/" + std::to_string(i), stored[i]->shape, stored[i]->dtype});
  }
  names.groups.push_back(path);
}

template <class T, class Key>
int IndexOf(const std::vector<T>& in, const Key& key) {
  for (std::size_t i = 0; i < in.size(); ++i) {
    if constexpr (std::is_same_v<T, FileDataset>) {
      if (in[i].path == key) return static_cast<int>(i);
    } else if (in[i] == key) {
      return static_cast<int>(i);
    }
  }
  return -1;
}

int Counterpart(int index, std::size_t from, std::size_t to, bool from_back) {
  if (index < 0) return -1;
  const int at = from_back ? index - static_cast<int>(from) + static_cast<int>(to) : index;
  return at < static_cast<int>(to) ? at : -1;
}

const FileNameList* FindList(const FileNames& names, const std::string& path,
                             const std::string& attribute) {
  for (const FileNameList& list : names.lists) {
    if (list.path == path && list.attribute == attribute) return &list;
  }
  return nullptr;
}

// The counterpart of a dataset or group, "" when there is none.
std::string TranslatePath(const std::string& path, const FileNames& from, const FileNames& to,
                          bool from_back) {
  const int dataset = Counterpart(IndexOf(from.datasets, path), from.datasets.size(),
                                  to.datasets.size(), from_back);
  if (dataset >= 0) return to.datasets[static_cast<std::size_t>(dataset)].path;
  const int group =
      Counterpart(IndexOf(from.groups, path), from.groups.size(), to.groups.size(), from_back);
  if (group >= 0) return to.groups[static_cast<std::size_t>(group)];
  return path.empty() || path == "model_weights" ? path : "";
}

bool Exists(const FileNames& names, const std::string& path) {
  return IndexOf(names.datasets, path) >= 0 || IndexOf(names.groups, path) >= 0;
}

}  // namespace

FileNames NamesInFile(const ModelPlan& plan, RouteFormat format) {
  FileNames names;
  const ObjectPlan& model = plan.model;
  if (format == RouteFormat::kLegacyH5) AddLegacy(names, model, "");
  if (format == RouteFormat::kLegacyH5Model) AddLegacy(names, model, "model_weights/");
  if (format == RouteFormat::kWeightsH5 || format == RouteFormat::kKerasArchive) {
    if (model.kind == ObjectKind::kSubclass)
      AddSubclass(names, model, plan.dialect);
    else
      AddWeightsH5(names, model, "");
  }
  return names;
}

bool DamageApplies(const std::vector<Damage>& damage, const FileNames& names) {
  return std::all_of(damage.begin(), damage.end(), [&](const Damage& one) {
    if (one.path.empty() && (OfBytes(one.op) || IsHostile(one.op))) return true;
    if (!one.attribute.empty()) return FindList(names, one.path, one.attribute) != nullptr;
    const int dataset = IndexOf(names.datasets, one.path);
    switch (one.op) {
      case DamageOp::kDrop:
      case DamageOp::kRename:
      case DamageOp::kExternalLink:
      case DamageOp::kSoftLink:
        return Exists(names, one.path);
      case DamageOp::kSwap:
        return one.path != one.to && Exists(names, one.path) && Exists(names, one.to);
      case DamageOp::kDuplicate:
        return Exists(names, one.path) && !Exists(names, one.to);
      case DamageOp::kReshape: {
        if (dataset < 0) return false;
        const Shape& shape = names.datasets[static_cast<std::size_t>(dataset)].shape;
        return shape != one.shape && ElementCount(shape) == ElementCount(one.shape);
      }
      case DamageOp::kRetype:
        return dataset >= 0 &&
               names.datasets[static_cast<std::size_t>(dataset)].dtype == DType::kFloat32;
      case DamageOp::kSetValue:
        return dataset >= 0 &&
               names.datasets[static_cast<std::size_t>(dataset)].dtype == DType::kFloat32 &&
               one.index < ElementCount(names.datasets[static_cast<std::size_t>(dataset)].shape);
      default:
        return dataset >= 0;
    }
  });
}

std::vector<Damage> TranslateDamage(const std::vector<Damage>& damage, const FileNames& from,
                                    const FileNames& to, bool from_back) {
  std::vector<Damage> out;
  for (Damage one : damage) {
    const FileNameList* old_list = FindList(from, one.path, one.attribute);
    const std::string old_path = one.path;
    one.path = TranslatePath(one.path, from, to, from_back);
    if (one.path.empty() && !old_path.empty()) continue;
    if (one.op == DamageOp::kSwap) one.to = TranslatePath(one.to, from, to, from_back);
    if (one.op == DamageOp::kDuplicate) one.to = one.path + "_copy";
    const FileNameList* list = FindList(to, one.path, one.attribute);
    if (one.op == DamageOp::kSetAttribute && old_list != nullptr && list != nullptr) {
      std::vector<std::string> strings;
      for (const std::string& text : one.strings) {
        const int index = IndexOf(old_list->strings, text);
        const int at =
            Counterpart(index, old_list->strings.size(), list->strings.size(), from_back);
        if (index < 0)
          strings.push_back(text);
        else if (at >= 0)
          strings.push_back(list->strings[static_cast<std::size_t>(at)]);
      }
      one.strings = std::move(strings);
    }
    if (DamageApplies({one}, to)) out.push_back(std::move(one));
  }
  return out;
}

}  // namespace weightproof
