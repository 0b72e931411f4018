#include "model/checkpoint/match.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <unordered_map>

#include "model/spec/layer_schema.h"

namespace weightproof {
namespace {

void CollectLeaves(const ObjectPlan& object, int& next, std::vector<LeafRange>& leaves) {
  if (!object.variables.empty()) {
    leaves.push_back({&object, next});
    next += static_cast<int>(object.variables.size());
  }
  for (const ObjectPlan& layer : object.layers) CollectLeaves(layer, next, leaves);
}

void SetLegacyOrder(TopLayer& layer) {
  std::unordered_map<const VariablePlan*, std::pair<int, int>> places;
  for (std::size_t leaf = 0; leaf < layer.leaves.size(); ++leaf) {
    const LeafRange& range = layer.leaves[leaf];
    int index = range.first;
    for (const VariablePlan& variable : range.object->variables) {
      places.emplace(&variable, std::pair{index++, static_cast<int>(leaf)});
    }
  }
  for (const VariablePlan* variable : LegacyOrder(*layer.object)) {
    const auto [index, leaf] = places.at(variable);
    layer.order.push_back(index);
    layer.leaf_of.push_back(leaf);
  }
}

bool SameContainer(std::string_view a, std::string_view b) {
  const auto container = [](std::string_view name) {
    return name == "Sequential" || name == "Functional" || name == "Model";
  };
  return container(a) && container(b);
}

}  // namespace

WalkedModel WalkModel(const ModelPlan& plan) {
  WalkedModel model;
  int next = 0;
  model.layers.reserve(plan.model.layers.size());
  for (const ObjectPlan& object : plan.model.layers) {
    TopLayer layer;
    layer.object = &object;
    CollectLeaves(object, next, layer.leaves);
    for (const LeafRange& leaf : layer.leaves) {
      for (const VariablePlan& variable : leaf.object->variables) {
        model.variables.push_back(&variable);
      }
    }
    const bool trainable_first =
        std::ranges::is_partitioned(object.variables, std::identity(), &VariablePlan::trainable);
    if (object.kind == ObjectKind::kLayer && trainable_first) {
      // The order of creation, whatever the layer's own flag.
      for (int i = 0; i < static_cast<int>(object.variables.size()); ++i) {
        layer.order.push_back(layer.leaves[0].first + i);
        layer.leaf_of.push_back(0);
      }
    } else {
      SetLegacyOrder(layer);
    }
    model.layers.push_back(std::move(layer));
  }
  return model;
}

Status CheckVariableCount(const WalkedModel& model, std::span<const Tensor> variables) {
  if (variables.size() != model.variables.size()) {
    return Fail(ErrorKind::kWeightCountMismatch, "model",
                std::to_string(variables.size()) + " tensors for " +
                    std::to_string(model.variables.size()) + " variables",
                "hand over one tensor for each variable, in walk order");
  }
  for (std::size_t i = 0; i < variables.size(); ++i) {
    if (variables[i].shape() != model.variables[i]->shape) {
      return Fail(ErrorKind::kShapeMismatch, model.variables[i]->id,
                  "a tensor of shape " + ShapeText(variables[i].shape()) + " for a variable of " +
                      ShapeText(model.variables[i]->shape),
                  "hand over the tensors in walk order");
    }
  }
  return {};
}

StoredArray Stored(const Tensor& tensor) {
  StoredArray array;
  // h5py knows no bfloat16 and stores the two bytes as they are.
  const bool opaque = tensor.dtype() == DType::kBFloat16;
  array.type = {opaque ? StoredClass::kOpaque : StoredClass::kNumber,
                opaque ? StoredType{}.dtype : tensor.dtype(), DTypeSize(tensor.dtype()), false,
                false};
  array.shape = tensor.shape();
  array.bytes.Own().assign(tensor.bytes().begin(), tensor.bytes().end());
  return array;
}

bool ValidUtf8(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(text[k]); };
    const unsigned lead = byte(i);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || i + length > text.size()) return false;
    for (std::size_t k = 1; k < length; ++k) {
      if ((byte(i + k) & 0xc0) != 0x80) return false;
    }
    const unsigned second = byte(i + 1);
    // Overlong forms, surrogates, and values over U+10FFFF.
    if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ||
        (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f)) {
      return false;
    }
    i += length;
  }
  return true;
}

AutomaticName ParseAutomaticName(std::string_view name) {
  AutomaticName parsed{AutomaticNameClass(name), 0};
  if (parsed.class_name.empty()) return parsed;
  const std::size_t prefix = SnakeCase(parsed.class_name).size();
  for (std::size_t i = prefix + 1; i < name.size(); ++i) {
    if (name[i] < '0' || name[i] > '9' || parsed.counter > 1'000'000'000) break;
    parsed.counter = parsed.counter * 10 + (name[i] - '0');
  }
  return parsed;
}

NameJudge::NameJudge(const ModelPlan& plan) {
  Collect(plan.model);
  std::ranges::sort(given_, {}, &GivenName::name);
}

void NameJudge::Collect(const ObjectPlan& object) {
  if (object.name_given) given_.push_back({object.name, &object});
  for (const ObjectPlan& layer : object.layers) Collect(layer);
}

const ObjectPlan* NameJudge::Given(std::string_view name) const {
  const auto it = std::ranges::lower_bound(given_, name, {}, &GivenName::name);
  return it != given_.end() && it->name == name ? it->object : nullptr;
}

Status NameJudge::Judge(std::string_view file_name, const ObjectPlan& object,
                        const std::string& path, LoadReport& report) const {
  if (file_name == object.name) return {};
  const std::string quoted = "\"" + std::string(file_name) + "\"";
  const std::string cls = AutomaticNameClass(file_name);
  if (!cls.empty() && cls != object.class_name && !SameContainer(cls, object.class_name)) {
    return Fail(ErrorKind::kClassMismatch, path,
                "the file has " + quoted + ", a " + cls + " by its name, where the model has \"" +
                    object.name + "\", a " + object.class_name,
                "put the model's layers in the file's order, or, if a person gave that name, name "
                "the model's layer " +
                    quoted);
  }
  const auto elsewhere = [&](const std::string& name) {
    return Fail(ErrorKind::kGivenNameElsewhere, path,
                "the file has " + quoted + " where the model has \"" + object.name + "\", and \"" +
                    name + "\" stands at another place on the other side",
                "give the layers the names they have in the file");
  };
  if (cls.empty()) {
    const ObjectPlan* given = Given(file_name);
    if (given != nullptr && given != &object) return elsewhere(std::string(file_name));
  }
  if (object.name_given && AutomaticNameClass(object.name).empty() &&
      std::ranges::find(file_names_, object.name) != file_names_.end()) {
    return elsewhere(object.name);
  }
  if (cls.empty() || object.name_given) {
    report.notes.push_back({NoteKind::kRenamed, object.name,
                            "the layer is called " + quoted + " in the file and \"" + object.name +
                                "\" in the model"});
  }
  return {};
}

void NameJudge::JudgeRoot(std::string_view file_name, const ObjectPlan& model,
                          LoadReport& report) const {
  if (file_name == model.name) return;
  if (!model.name_given && !AutomaticNameClass(file_name).empty()) return;
  report.notes.push_back({NoteKind::kRenamed, model.name,
                          "the model is called \"" + std::string(file_name) +
                              "\" in the file and \"" + model.name + "\" here"});
}

bool IsSilent(const ObjectPlan& object) {
  if (object.kind == ObjectKind::kLayer) {
    return object.variables.empty() && object.class_name != "InputLayer" &&
           !IsNoOp(object.class_name, object.config);
  }
  if (object.kind == ObjectKind::kWrapper) return false;
  // A nested model without weights shows as one entry, if anything in it computes.
  return Variables(object).empty() && std::ranges::any_of(object.layers, IsSilent);
}

std::optional<SilentLayer> SilentInFile(std::string_view name) {
  SilentLayer layer{AutomaticNameClass(name), std::string(name), false};
  if (layer.class_name.empty() && (name.starts_with("input_") || name == "input")) {
    return std::nullopt;
  }
  const LayerSchema* schema = FindLayerSchema(layer.class_name);
  if (layer.class_name == "InputLayer" || (schema != nullptr && schema->no_op)) {
    return std::nullopt;
  }
  // Only the config tells whether an Activation is linear, and whether a nested model computes.
  layer.optional = layer.class_name.empty() || layer.class_name == "Activation" ||
                   layer.class_name == "Sequential";
  return layer;
}

std::optional<Note> CompareSilent(std::span<const SilentLayer> file,
                                  std::span<const SilentLayer> model) {
  const auto matches = [](const SilentLayer& f, const SilentLayer& m) {
    return f.class_name.empty() || f.class_name == m.class_name;
  };
  // An optional entry stands for one model layer or for none: reachable[j] after i entries says
  // that the first j model layers can be explained.
  std::vector<char> reachable(model.size() + 1, 0);
  reachable[0] = 1;
  for (const SilentLayer& f : file) {
    std::vector<char> next(model.size() + 1, 0);
    for (std::size_t j = 0; j <= model.size(); ++j) {
      if (reachable[j] == 0) continue;
      if (f.optional) next[j] = 1;
      if (j < model.size() && matches(f, model[j])) next[j + 1] = 1;
    }
    if (std::ranges::find(next, 1) == next.end()) {
      return Note{NoteKind::kLayersDiffer, f.name,
                  "the file has a layer \"" + f.name +
                      "\" without weights where the model has no such layer"};
    }
    reachable = std::move(next);
  }
  if (reachable[model.size()] != 0) return std::nullopt;
  std::size_t j = model.size();
  while (reachable[j] == 0) --j;
  return Note{NoteKind::kLayersDiffer, model[j].name,
              "the model has a layer \"" + model[j].name + "\" (" + model[j].class_name +
                  ") without weights that the file does not have at that place"};
}

}  // namespace weightproof
