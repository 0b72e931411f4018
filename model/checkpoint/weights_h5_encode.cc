// Keras 3's `.weights.h5` (keras-formats 3): the tree that save_weights writes in either library.
#include <string>

#include "model/checkpoint/checkpoint.h"
#include "model/checkpoint/match.h"
#include "model/checkpoint/weights_h5.h"
#include "model/spec/layer_schema.h"

namespace weightproof {
namespace {

struct Encoder {
  Dialect dialect;
  std::span<const Tensor> variables;
  std::size_t next = 0;  // in walk order

  Group Vars(const std::string& name) const {
    Group vars;
    if (dialect == Dialect::kKeras3) SetAttribute(vars.attributes, StringAttribute("name", name));
    return vars;
  }

  void EncodeLeaf(const ObjectPlan& object, Group& group) {
    Group vars = Vars(object.name);
    Group owner_vars = Vars(CellName(object));
    Group& target = object.weights_h5_owner.empty() ? vars : owner_vars;
    const std::vector<const VariablePlan*> stored = StoredVariables(object);
    for (std::size_t i = 0; i < stored.size(); ++i) {
      const Tensor& value =
          variables[next + static_cast<std::size_t>(stored[i] - object.variables.data())];
      Dataset dataset{Stored(value), {}, {}};
      if (dialect == Dialect::kKeras3 && value.dtype() == DType::kBFloat16) {
        SetAttribute(dataset.attributes, StringAttribute("dtype", "bfloat16"));
      }
      AddChild(target, Child{std::to_string(i), std::move(dataset)});
    }
    next += object.variables.size();
    if (!object.weights_h5_owner.empty()) {
      Group owner;
      AddChild(owner, Child{"vars", std::move(owner_vars)});
      AddChild(group, Child{object.weights_h5_owner, std::move(owner)});
    }
    AddChild(group, Child{"vars", std::move(vars)});
  }

  Status Encode(const ObjectPlan& object, Group& group) {
    if (object.kind == ObjectKind::kLayer) {
      EncodeLeaf(object, group);
      return {};
    }
    AddChild(group, Child{"vars", Vars(object.name)});
    const std::vector<std::string> paths =
        object.kind == ObjectKind::kWrapper ? object.attributes : ChildPaths(object, dialect);
    for (std::size_t i = 0; i < object.layers.size(); ++i) {
      if (paths[i].empty()) {
        next += Variables(object.layers[i]).size();
        continue;
      }
      Group* parent = EnsureGroup(group, paths[i]);
      const std::string last = paths[i].substr(paths[i].rfind('/') + 1);
      if (parent == nullptr || parent->Find(last) != nullptr) {
        return Fail(ErrorKind::kDuplicateName, object.name,
                    "two sublayers would stand at \"" + paths[i] + "\"",
                    "give the attribute another name");
      }
      Child& child = AddChild(*parent, Child{last, Group{}});
      if (Status status = Encode(object.layers[i], *child.group()); !status) return status;
    }
    return {};
  }
};

}  // namespace

Result<Group> EncodeWeightsH5(const ModelPlan& plan, std::span<const Tensor> variables) {
  const WalkedModel model = WalkModel(plan);
  if (Status status = CheckVariableCount(model, variables); !status) {
    return std::unexpected(status.error());
  }
  Group root;
  Encoder encoder{plan.dialect, variables};
  if (Status status = encoder.Encode(plan.model, root); !status) {
    return std::unexpected(status.error());
  }
  return root;
}

}  // namespace weightproof
