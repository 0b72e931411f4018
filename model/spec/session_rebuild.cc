// Pop and add again; models made anew from their configs.
#include <utility>

#include "model/spec/session.h"

namespace weightproof {

Status Session::PopAndAdd(int model, int count, bool same) {
  if (object(model).kind != ObjectKind::kSequential) {
    return BadBuild("pop", "only a Sequential can pop", "assemble by list or add");
  }
  const int have = static_cast<int>(object(model).children.size());
  if (count < 1 || count > have || (!keras3() && count == have)) {
    return BadBuild("pop", "cannot pop " + std::to_string(count) + " of " + std::to_string(have),
                    "pop fewer layers");
  }
  if (!same && HoldsOwnClass(model)) {
    return BadBuild("pop", "new objects beside a class of a person's own", "pop and add the same");
  }
  std::vector<int> popped;
  for (int i = 0; i < count; ++i) {
    Object& o = object(model);
    popped.insert(popped.begin(), o.children.back());
    o.children.pop_back();
    o.calls.pop_back();
    o.built = false;
    if (!keras3()) {
      // Sequential.pop takes `layers[-1].output`, of a nested model a tensor of its own graph.
      const ObjectKind last = object(o.children.back()).kind;
      if (last == ObjectKind::kSequential || last == ObjectKind::kFunctional) {
        return BadBuild("pop", "tf_keras cannot pop what follows a nested model", "pop it too");
      }
    }
    if (Status s = RebuildIfPossible(model); !s) return s;
  }
  for (int child : popped) {
    int back = child;
    if (!same) {
      auto copy = CopyFromConfig(child, object(child).name_given);
      if (!copy) return std::unexpected(std::move(copy).error());
      back = *copy;
    }
    if (Status s = Add(model, back); !s) return s;
  }
  return {};
}

// A layer through its config; `keep_name` false: `name=None` stands in the config.
Result<int> Session::CopyFromConfig(int id, bool keep_name) {
  const std::string name = keep_name ? object(id).name : std::string();
  if (IsOwnKind(object(id).kind)) {
    return BadBuild("rebuild",
                    "\"" + object(id).name + "\" of a person's own class, without config",
                    "assemble another way");
  }
  if (object(id).kind == ObjectKind::kSequential) return SequentialFromConfig(id, name);
  if (object(id).kind == ObjectKind::kFunctional) {
    return FunctionalFromConfig(id, name, RebuildHow::kFromConfig);
  }
  Object copy = object(id);
  copy.built = false;
  copy.scoped = false;
  copy.parent.clear();
  copy.lora_alone = copy.lora_rank > 0;
  if (keras3() && !copy.schema->keras3_takes_trainable) copy.trainable = true;
  copy.name = keep_name ? name : AutoName(copy.schema->snake_name);
  const int made = Allocate(std::move(copy));
  if (Status s = CopyParts(id, made); !s) return std::unexpected(s.error());
  return made;
}

// deserialize_keras_object of Keras 3 builds what was built and is not yet, outside of any scope.
Status Session::BuildFromConfig(int old, int copy) {
  if (!keras3() || !object(old).built || object(copy).built) return {};
  const Shape shape = object(old).input_shape;
  if (object(copy).kind == ObjectKind::kSequential) return BuildSequential(copy, shape);
  EnterScope(copy, "");
  return BuildLayer(copy, shape);
}

// Sequential.from_config: the trainable flag of the container is not restored by either library.
Result<int> Session::SequentialFromConfig(int id, const std::string& name) {
  const int made = EmptySequential(name, true);
  {
    const Object& old = object(id);
    Object& o = object(made);
    o.name_given = old.name_given;
    o.layer = old.layer;
    o.nest = old.nest;
    o.own_input = old.own_input;
    o.has_input = old.has_input;
    o.input_name = old.input_name;
    o.input_tensor = old.input_name;
    o.input_shape = old.input_shape;
  }
  const std::vector<int> children = object(id).children;
  for (int child : children) {
    auto copy = CopyFromConfig(child, true);
    if (!copy) return copy;
    if (Status s = BuildFromConfig(child, *copy); !s) return std::unexpected(s.error());
    if (Status s = Add(made, *copy); !s) return std::unexpected(s.error());
  }
  return made;
}

Result<int> Session::Rebuild(int model, RebuildHow how) {
  const ObjectKind kind = object(model).kind;
  if (HoldsOwnClass(model)) {
    return BadBuild("rebuild", "a class of a person's own has no config", "assemble another way");
  }
  if (kind == ObjectKind::kSequential) {
    if (how == RebuildHow::kClone && keras3()) {
      std::vector<int> children;
      for (int child : std::vector<int>(object(model).children)) {
        auto copy = CopyFromConfig(child, true);
        if (!copy) return copy;
        children.push_back(*copy);
      }
      const int made = EmptySequential(object(model).name, true);
      Object& o = object(made);
      const Object& old = object(model);
      o.name_given = old.name_given;
      o.trainable = old.trainable;
      o.has_input = old.has_input;
      o.own_input = old.own_input;
      o.input_name = old.input_name;
      o.input_shape = old.input_shape;
      if (o.has_input) o.input_tensor = o.input_name;
      for (int child : children) {
        if (Status s = Append(made, child); !s) return std::unexpected(s.error());
      }
      if (Status s = RebuildIfPossible(made); !s) return std::unexpected(s.error());
      return made;
    }
    return SequentialFromConfig(model, object(model).name);
  }
  return FunctionalFromConfig(model, object(model).name, how);
}

// An empty name: automatic. Keras 3's clone_model names the new InputLayer after the old one's
// tensor.
Result<int> Session::FunctionalFromConfig(int id, std::string name, RebuildHow how) {
  Object copy = object(id);
  copy.children.clear();
  copy.input_trainable = true;
  if (keras3() && how == RebuildHow::kClone) copy.input_name = copy.input_tensor;
  copy.input_tensor = copy.input_name;
  if (!keras3() || how == RebuildHow::kClone) copy.trainable = true;
  copy.scoped = false;
  copy.parent.clear();
  for (int child : std::vector<int>(object(id).children)) {
    auto made = CopyFromConfig(child, true);
    if (!made) return made;
    if (how != RebuildHow::kClone) {
      if (Status s = BuildFromConfig(child, *made); !s) return std::unexpected(s.error());
    }
    copy.children.push_back(*made);
  }
  std::size_t calls = copy.calls.size();
  if (!copy.graph.empty()) {
    for (GraphInput& input : copy.inputs) {
      if (keras3() && how == RebuildHow::kClone) input.name = input.tensor;
      input.tensor = input.name;
    }
    std::vector<int> all;
    for (std::size_t i = 0; i < copy.graph.size(); ++i) all.push_back(static_cast<int>(i));
    calls = all.size();
    if (Status s = CallGraph(copy, all); !s) return std::unexpected(s.error());
  } else {
    const std::vector<int> children = copy.children;
    auto out = CallChain(children, copy.calls, copy.input_shape, "");
    if (!out) return std::unexpected(std::move(out).error());
  }
  if (keras3() && how != RebuildHow::kClone) {
    // Reading nodes from a config makes one more tensor for each call.
    for (std::size_t i = 0; i < calls; ++i) AutoName("keras_tensor");
  }
  copy.name = name.empty() ? AutoName(keras3() ? "functional" : "model") : std::move(name);
  const int made = Allocate(std::move(copy));
  if (Status s = CheckUniqueNames(made); !s) return std::unexpected(s.error());
  return made;
}

}  // namespace weightproof
