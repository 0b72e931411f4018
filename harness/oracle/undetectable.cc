#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "harness/oracle/legacy_names.h"
#include "harness/oracle/truth.h"
#include "model/spec/layer_schema.h"

namespace weightproof {
namespace {

// One entry of a container as far as it is no free choice of a build.
struct Entry {
  std::string cls;        // class in an automatic name or key; "" when the name was given
  std::string content;    // what its tensors are; "" when it has none
  bool optional = false;  // may be a layer that computes nothing
};

bool MayBeNoOp(const std::string& cls) {
  if (cls.empty() || cls == "InputLayer" || cls.starts_with("input_layer") || cls == "Activation")
    return true;
  const LayerSchema* schema = FindLayerSchema(cls);
  return schema != nullptr && schema->no_op;
}

bool Compatible(const Entry& file, const Entry& own) {
  return file.content == own.content &&
         (file.cls.empty() || own.cls.empty() || file.cls == own.cls);
}

// Whether every own entry that is not optional finds its file entry in order, and every file entry
// left over is optional.
bool Aligns(const std::vector<Entry>& file, const std::vector<Entry>& own) {
  std::vector<char> row(own.size() + 1, 0);
  row[0] = 1;
  for (std::size_t j = 0; j < own.size(); ++j) row[j + 1] = row[j] && own[j].optional;
  for (const Entry& entry : file) {
    std::vector<char> next(own.size() + 1, 0);
    next[0] = row[0] && entry.optional;
    for (std::size_t j = 0; j < own.size(); ++j) {
      next[j + 1] = (row[j] && Compatible(entry, own[j])) || (row[j + 1] && entry.optional) ||
                    (next[j] && own[j].optional);
    }
    row = std::move(next);
  }
  return row.back() != 0;
}

std::string ContentOf(const Dataset* dataset) {
  if (dataset == nullptr) return "missing";
  const StoredArray& value = dataset->value;
  std::string text = std::to_string(static_cast<int>(value.type.cls)) + "/" +
                     std::string(DTypeName(value.type.dtype)) + "/" + ShapeText(value.shape) + "/";
  text.append(reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size());
  return text;
}

// Sub-names by rank: how the counters ascend among siblings that could be taken for each other.
std::string LegacyContent(const ListedLayer& layer) {
  std::map<std::string, std::string> signatures;  // by scope: class, roles and shapes
  for (const ListedWeight& weight : layer.weights) {
    std::string& signature = signatures[weight.scope];
    const std::string_view half = HalfOf(weight.sublayer);
    if (signature.empty()) {
      signature = half;
      signature += AutomaticNameClass(weight.sublayer.substr(half.size()));
    }
    signature += "|" + weight.role;
    if (weight.dataset != nullptr) signature += ShapeText(weight.dataset->value.shape);
  }
  std::map<std::string, std::set<int>> counters;  // by signature
  for (const ListedWeight& weight : layer.weights) {
    counters[signatures[weight.scope]].insert(AutomaticCounter(weight.sublayer));
  }
  std::string text;
  for (const ListedWeight& weight : layer.weights) {
    text += HalfOf(weight.sublayer);
    const std::set<int>& all = counters[signatures[weight.scope]];
    if (all.size() > 1) {
      const auto rank = std::distance(all.begin(), all.find(AutomaticCounter(weight.sublayer)));
      text += "#" + std::to_string(rank);
    }
    text += "|" + weight.role + "|" + ContentOf(weight.dataset) + "\n";
  }
  return text;
}

std::optional<std::vector<Entry>> LegacyEntries(const Group& root,
                                                const std::set<std::string>& no_ops) {
  const std::optional<ListedNames> names = ReadLegacyNames(root);
  if (!names || !names->malformed.empty()) return std::nullopt;
  std::vector<Entry> entries;
  std::set<std::string> listed;
  for (const ListedLayer& layer : names->layers) {
    Entry entry{AutomaticNameClass(layer.name), LegacyContent(layer), false};
    entry.optional =
        layer.weights.empty() && (no_ops.empty() ? MayBeNoOp(entry.cls) || entry.cls == "Sequential"
                                                 : no_ops.contains(layer.name));
    for (const ListedWeight& weight : layer.weights) {
      if (weight.dataset == nullptr) return std::nullopt;
      listed.insert(weight.path);
    }
    entries.push_back(std::move(entry));
  }
  for (const std::string& path : WeightTensorPaths(root)) {
    if (!listed.contains(path)) return std::nullopt;  // no build writes what its lists do not name
  }
  return entries;
}

std::pair<std::string, int> SplitKey(const std::string& key) {
  const int counter = AutomaticCounter(key);
  return {counter < 0 ? key : AutomaticNameClass(key), counter};
}

bool HoldsTensors(const Group& group) {
  return std::ranges::any_of(group.children, [](const Child& child) {
    return child.dataset() != nullptr || HoldsTensors(*child.group());
  });
}

// Whether a nested model's group shows only layers that compute nothing.
bool OnlyNoOps(const Group& group) {
  const Child* layers = group.Find("layers");
  return layers == nullptr || layers->group() == nullptr ||
         std::ranges::all_of(layers->group()->children, [](const Child& child) {
           const std::string cls = SplitKey(child.name).first;
           if (cls == "Sequential") return child.group() != nullptr && OnlyNoOps(*child.group());
           return MayBeNoOp(cls) && cls != "Activation";
         });
}

bool SameGroup(const Group& file, const Group& own);

// Nested models in their order; those of the file without tensors may be of layers that compute
// nothing.
bool SameNested(const std::map<int, const Group*>& file, const std::map<int, const Group*>& own) {
  auto mine = own.begin();
  for (const auto& [counter, group] : file) {
    if (mine != own.end() && SameGroup(*group, *mine->second)) {
      ++mine;
    } else if (HoldsTensors(*group)) {
      return false;
    }
  }
  return mine == own.end();
}

// A `layers` container: keys are class and counter, so only the order inside a class is told.
bool SameContainer(const Group& file, const Group& own) {
  std::map<std::string, std::map<int, const Group*>> file_classes, own_classes;
  for (const Child& child : file.children) {
    const auto [cls, counter] = SplitKey(child.name);
    if (child.group() == nullptr) return false;
    file_classes[cls][counter] = child.group();
  }
  for (const Child& child : own.children) {
    const auto [cls, counter] = SplitKey(child.name);
    if (child.group() == nullptr) return false;
    if (cls == "Sequential" && !HoldsTensors(*child.group()) && OnlyNoOps(*child.group())) continue;
    own_classes[cls][counter] = child.group();
  }
  for (const auto& [cls, groups] : file_classes) {
    if (MayBeNoOp(cls) && cls != "Activation") continue;
    if (cls == "Activation") continue;  // more of them may be no-ops; fewer are checked below
    if (cls == "Sequential") {
      if (!SameNested(groups, own_classes[cls])) return false;
      continue;
    }
    const auto found = own_classes.find(cls);
    if (found == own_classes.end() || found->second.size() != groups.size()) return false;
    auto mine = found->second.begin();
    for (const auto& [counter, group] : groups) {
      if (!SameGroup(*group, *(mine++)->second)) return false;
    }
  }
  return std::ranges::all_of(own_classes, [&](const auto& item) {
    return MayBeNoOp(item.first) || item.second.empty() || file_classes.contains(item.first);
  });
}

bool SameGroup(const Group& file, const Group& own) {
  // A group without tensors that the reader does not write may be a layer that computes nothing
  // under an attribute of a subclass model.
  const auto relevant = [](const Group& group, const Group* other) {
    std::vector<const Child*> children;
    for (const Child& child : group.children) {
      const bool empty_vars =
          child.name == "vars" && child.group() != nullptr && child.group()->children.empty();
      const bool may_be_nothing = other != nullptr && child.name != "layers" &&
                                  child.group() != nullptr && !HoldsTensors(*child.group()) &&
                                  other->Find(child.name) == nullptr;
      if (!empty_vars && !may_be_nothing && child.name != "optimizer" &&
          child.name != "seed_generator" && child.name != "metrics") {
        children.push_back(&child);
      }
    }
    return children;
  };
  const std::vector<const Child*> a = relevant(file, &own);
  const std::vector<const Child*> b = relevant(own, nullptr);
  return std::ranges::equal(a, b, [](const Child* x, const Child* y) {
    if (x->name != y->name || x->node.index() != y->node.index()) return false;
    if (x->dataset() != nullptr) return ContentOf(x->dataset()) == ContentOf(y->dataset());
    return x->name == "layers" ? SameContainer(*x->group(), *y->group())
                               : SameGroup(*x->group(), *y->group());
  });
}

// Activations of the reader that compute something must be in the file; legacy name lists show it.
void CollectNoOps(const ObjectPlan& object, std::set<std::string>* names) {
  for (const ObjectPlan& layer : object.layers) {
    if (layer.kind == ObjectKind::kLayer &&
        (layer.class_name == "InputLayer" || IsNoOp(layer.class_name, layer.config))) {
      names->insert(layer.name);
    }
    CollectNoOps(layer, names);
  }
}

}  // namespace

bool CouldHaveWritten(const Group& file, const Group& own, const ModelPlan& reader) {
  const bool legacy = ReadLegacyNames(own).has_value();
  if (!legacy) return !ReadLegacyNames(file) && SameGroup(file, own);
  std::set<std::string> no_ops{""};  // never empty: a reader's names are known, not guessed
  CollectNoOps(reader.model, &no_ops);
  const auto file_entries = LegacyEntries(file, {});
  const auto own_entries = LegacyEntries(own, no_ops);
  return file_entries && own_entries && Aligns(*file_entries, *own_entries);
}

}  // namespace weightproof
