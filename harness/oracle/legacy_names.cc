#include "harness/oracle/legacy_names.h"

#include <algorithm>
#include <charconv>

namespace weightproof {
namespace {

// A name list: the plain attribute, else chunks 0, 1, ... until the first gap.
std::optional<std::vector<std::string>> NameList(const std::vector<Attribute>& attributes,
                                                 const std::string& name) {
  const auto strings = [](const Attribute& attribute) -> std::optional<std::vector<std::string>> {
    const StoredArray& value = attribute.value;
    if (value.null_space || value.shape.size() != 1) return std::nullopt;
    if (value.shape[0] == 0) return std::vector<std::string>{};
    if (value.type.cls != StoredClass::kFixedString && value.type.cls != StoredClass::kVlenString) {
      return std::nullopt;
    }
    return value.strings;
  };
  if (const Attribute* plain = FindAttribute(attributes, name)) return strings(*plain);
  std::vector<std::string> all;
  for (int chunk = 0;; ++chunk) {
    const Attribute* part = FindAttribute(attributes, name + std::to_string(chunk));
    if (part == nullptr) {
      if (chunk == 0) return std::nullopt;
      return all;
    }
    const std::optional<std::vector<std::string>> names = strings(*part);
    if (!names) return std::nullopt;
    all.insert(all.end(), names->begin(), names->end());
  }
}

bool HasNameList(const Group& group) {
  return group.FindAttribute("layer_names") != nullptr ||
         group.FindAttribute("layer_names0") != nullptr;
}

std::string_view WithoutCounter(std::string_view name) {
  const std::size_t end = name.find_last_not_of("0123456789");
  const bool counted = end != std::string_view::npos && end + 1 < name.size() && name[end] == '_';
  return counted ? name.substr(0, end) : name;
}

// The scope of a recurrent layer's own cell. The cells of an RNN are layers of their own.
bool IsCellScope(std::string_view component, std::string_view before) {
  const std::string_view stem = WithoutCounter(component);
  const bool cell = stem == "lstm_cell" || stem == "gru_cell" || stem == "simple_rnn_cell" ||
                    stem == "conv_lstm_cell";
  return cell && WithoutCounter(before) != "stacked_rnn_cells";
}

void SplitWeightName(ListedWeight& weight) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (begin <= weight.name.size()) {
    const std::size_t slash = std::min(weight.name.find('/', begin), weight.name.size());
    parts.push_back(weight.name.substr(begin, slash - begin));
    begin = slash + 1;
  }
  weight.role = RoleInName(weight.name);
  parts.pop_back();
  if (parts.size() > 1 && IsCellScope(parts.back(), parts[parts.size() - 2])) parts.pop_back();
  if (!parts.empty()) weight.sublayer = parts.back();
  for (const std::string& part : parts) weight.scope += part + "/";
}

}  // namespace

std::string RoleInName(std::string_view name) {
  const std::string_view last = name.substr(name.rfind('/') + 1);
  return std::string(last.substr(0, last.rfind(':')));
}

void CollectDatasets(const Group& group, const std::string& prefix,
                     std::vector<std::pair<std::string, const Dataset*>>* out) {
  for (const Child& child : group.children) {
    const std::string path = prefix + child.name;
    if (const Group* inner = child.group()) {
      CollectDatasets(*inner, path + "/", out);
    } else {
      out->emplace_back(path, child.dataset());
    }
  }
}

std::optional<ListedNames> ReadLegacyNames(const Group& root) {
  ListedNames names;
  const Group* base = &root;
  if (!HasNameList(root)) {
    const Child* inner = root.Find("model_weights");
    base = inner != nullptr ? inner->group() : nullptr;
    names.prefix = "model_weights/";
    if (base == nullptr || !HasNameList(*base)) return std::nullopt;
  }
  const auto layer_names = NameList(base->attributes, "layer_names");
  if (!layer_names) {
    names.malformed.push_back(names.prefix + "layer_names");
    return names;
  }
  for (const std::string& layer_name : *layer_names) {
    ListedLayer layer{layer_name, {}};
    const Child* child = FindPath(*base, layer_name);
    const Group* group = child != nullptr ? child->group() : nullptr;
    const auto weight_names =
        group != nullptr ? NameList(group->attributes, "weight_names") : std::nullopt;
    if (!weight_names) {
      names.malformed.push_back(layer_name.empty() ? "layer_names" : layer_name);
    } else {
      for (const std::string& weight_name : *weight_names) {
        ListedWeight weight{
            weight_name, names.prefix + layer_name + "/" + weight_name, nullptr, "", "", ""};
        const Child* found = FindPath(*group, weight_name);
        weight.dataset = found != nullptr ? found->dataset() : nullptr;
        SplitWeightName(weight);
        layer.weights.push_back(std::move(weight));
      }
    }
    names.layers.push_back(std::move(layer));
  }
  return names;
}

std::vector<const ObjectPlan*> WeightedLeaves(const ObjectPlan& object) {
  std::vector<const ObjectPlan*> leaves;
  if (object.kind == ObjectKind::kLayer) {
    if (!object.variables.empty()) leaves.push_back(&object);
    return leaves;
  }
  for (const ObjectPlan& layer : object.layers) {
    const std::vector<const ObjectPlan*> inner = WeightedLeaves(layer);
    leaves.insert(leaves.end(), inner.begin(), inner.end());
  }
  return leaves;
}

bool SameVariables(const ObjectPlan& a, const ObjectPlan& b) {
  return std::ranges::equal(a.variables, b.variables, [](const auto& x, const auto& y) {
    return x.role == y.role && x.shape == y.shape;
  });
}

std::string_view HalfOf(std::string_view name) {
  for (const std::string_view half : {"forward_", "backward_"}) {
    if (name.starts_with(half)) return half;
  }
  return "";
}

int AutomaticCounter(std::string_view name) {
  name.remove_prefix(HalfOf(name).size());
  if (AutomaticNameClass(name).empty()) return -1;
  const std::size_t end = name.find_last_not_of("0123456789");
  if (end == std::string_view::npos || end + 1 == name.size() || name[end] != '_') return 0;
  int counter = 0;
  std::from_chars(name.data() + end + 1, name.data() + name.size(), counter);
  return counter;
}

std::string ClassInNames(const ObjectPlan& object) {
  switch (object.kind) {
    case ObjectKind::kSequential:
      return "Sequential";
    case ObjectKind::kFunctional:
      return "Functional";
    default:
      return object.class_name;
  }
}

}  // namespace weightproof
