// Legacy H5 (keras-formats 1 and 2): the tree that save_weights("m.h5") and save("m.h5") write.
#include <algorithm>
#include <cstring>

#include "model/checkpoint/checkpoint.h"
#include "model/checkpoint/checkpoint_config.h"
#include "model/checkpoint/match.h"

namespace weightproof {
namespace {

// tf_keras/src/saving/legacy/hdf5_format.py, HDF5_OBJECT_HEADER_LIMIT.
constexpr std::size_t kAttributeBytesMax = 64512;

Attribute AsciiAttribute(std::string name, std::string value) {
  Attribute attribute = StringAttribute(std::move(name), std::move(value));
  attribute.value.type.utf8 = false;
  return attribute;
}

Attribute EmptyListAttribute(std::string name) {
  Attribute attribute{std::move(name), {}};
  attribute.value.type = {StoredClass::kNumber, DType::kFloat64, 8, false, false};
  attribute.value.shape = {0};
  return attribute;
}

// Stores names[begin, end) as numpy's bytes array does: null-padded to the longest of all names.
Attribute FixedListAttribute(std::string name, const std::vector<std::string>& names,
                             std::size_t begin, std::size_t end, std::size_t width) {
  Attribute attribute{std::move(name), {}};
  attribute.value.type = {StoredClass::kFixedString, DType::kFloat32, width, false, false};
  attribute.value.shape = {static_cast<std::int64_t>(end - begin)};
  attribute.value.strings.assign(names.begin() + static_cast<std::ptrdiff_t>(begin),
                                 names.begin() + static_cast<std::ptrdiff_t>(end));
  return attribute;
}

// keras-formats 1.1: over the limit, the smallest number of near-equal parts that all fit.
Status SetNames(Group& group, const std::string& attribute, std::vector<std::string> names,
                const std::string& place) {
  if (names.empty()) {
    SetAttribute(group.attributes, EmptyListAttribute(attribute));
    return {};
  }
  std::size_t width = 1;
  for (const std::string& name : names) {
    width = std::max(width, name.size());
  }
  if (width > kAttributeBytesMax) {
    return Fail(ErrorKind::kLimitExceeded, place,
                "a name of " + std::to_string(width) + " bytes; legacy H5 holds at most " +
                    std::to_string(kAttributeBytesMax),
                "use a shorter name, or save as weights_h5");
  }
  const std::size_t n = names.size();
  const auto longest_part = [n](std::size_t parts) { return (n + parts - 1) / parts; };
  std::size_t parts = 1;
  while (longest_part(parts) * width > kAttributeBytesMax) ++parts;
  if (parts == 1) {
    SetAttribute(group.attributes, StringListAttribute(attribute, std::move(names)));
    return {};
  }
  std::size_t begin = 0;
  for (std::size_t part = 0; part < parts; ++part) {
    const std::size_t end = begin + n / parts + (part < n % parts ? 1 : 0);
    SetAttribute(group.attributes,
                 FixedListAttribute(attribute + std::to_string(part), names, begin, end, width));
    begin = end;
  }
  return {};
}

std::unexpected<Error> Duplicate(const std::string& place, const std::string& name) {
  return Fail(ErrorKind::kDuplicateName, place,
              "the name \"" + name + "\" would stand twice in one group",
              "give the layers different names, or save as weights_h5");
}

Result<Group> EncodeLayer(const TopLayer& layer, const WalkedModel& model,
                          std::span<const Tensor> variables) {
  Group group;
  std::vector<std::string> names;
  names.reserve(layer.order.size());
  for (const int index : layer.order) {
    const std::string& name = model.variables[static_cast<std::size_t>(index)]->legacy_name;
    Group* parent = EnsureGroup(group, name);
    const std::string last = name.substr(name.rfind('/') + 1);
    if (parent == nullptr || parent->Find(last) != nullptr) {
      return Duplicate(layer.object->name, name);
    }
    AddChild(*parent,
             Child{last, Dataset{Stored(variables[static_cast<std::size_t>(index)]), {}, {}}});
    names.push_back(name);
  }
  if (Status status = SetNames(group, "weight_names", std::move(names), layer.object->name);
      !status) {
    return std::unexpected(status.error());
  }
  return group;
}

// Adds the group of a layer called "a/b", which stands inside the group "a".
bool AddDeepGroup(Group& root, const std::string& name, Group group) {
  Group* parent = EnsureGroup(root, name);
  const std::string last = name.substr(name.rfind('/') + 1);
  if (parent == nullptr || last.empty() || parent->Find(last) != nullptr) return false;
  AddChild(*parent, Child{last, std::move(group)});
  return true;
}

Result<Group> EncodeModelWeights(const ModelPlan& plan, std::span<const Tensor> variables) {
  const WalkedModel model = WalkModel(plan);
  if (Status status = CheckVariableCount(model, variables); !status) {
    return std::unexpected(status.error());
  }
  Group root;
  std::vector<std::string> names;
  std::vector<Child> deep;
  for (const TopLayer& layer : model.layers) {
    const std::string& name = layer.object->name;
    names.push_back(name);
    Result<Group> group = EncodeLayer(layer, model, variables);
    if (!group) return std::unexpected(group.error());
    std::vector<Child>& target = name.find('/') == std::string::npos ? root.children : deep;
    target.push_back(Child{name, std::move(*group)});
  }
  Group own;
  SetAttribute(own.attributes, EmptyListAttribute("weight_names"));
  root.children.push_back(Child{"top_level_model_weights", std::move(own)});
  std::ranges::sort(root.children, {}, &Child::name);
  std::ranges::sort(deep, {}, &Child::name);
  const auto twice = std::ranges::adjacent_find(root.children, {}, &Child::name);
  if (twice != root.children.end()) return Duplicate(plan.model.name, twice->name);
  for (Child& child : deep) {
    if (!AddDeepGroup(root, child.name, std::move(*child.group()))) {
      return Duplicate(plan.model.name, child.name);
    }
  }
  // HDF5 takes "." for the group itself.
  if (root.Find(".") != nullptr) return Duplicate(plan.model.name, ".");
  if (Status status = SetNames(root, "layer_names", std::move(names), plan.model.name); !status) {
    return std::unexpected(status.error());
  }
  SetAttribute(root.attributes, AsciiAttribute("backend", std::string(Backend(plan.dialect))));
  SetAttribute(root.attributes,
               AsciiAttribute("keras_version", std::string(KerasVersion(plan.dialect))));
  return root;
}

}  // namespace

Result<Group> EncodeLegacyH5(const ModelPlan& plan, std::span<const Tensor> variables) {
  return EncodeModelWeights(plan, variables);
}

Result<Group> EncodeLegacyH5Model(const ModelPlan& plan, std::span<const Tensor> variables) {
  Result<std::string> config = ModelConfigJson(plan);
  if (!config) return std::unexpected(config.error());
  Result<Group> weights = EncodeModelWeights(plan, variables);
  if (!weights) return weights;
  Group root;
  SetAttribute(root.attributes, StringAttribute("backend", std::string(Backend(plan.dialect))));
  SetAttribute(root.attributes,
               StringAttribute("keras_version", std::string(KerasVersion(plan.dialect))));
  SetAttribute(root.attributes, AsciiAttribute("model_config", std::move(*config)));
  AddChild(root, Child{"model_weights", std::move(*weights)});
  return root;
}

}  // namespace weightproof
