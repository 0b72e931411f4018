// Matches `.weights.h5` by walking the model's objects (keras-formats 3; the strict contract).
#include <algorithm>

#include "model/checkpoint/checkpoint.h"
#include "model/checkpoint/match.h"
#include "model/checkpoint/weights_h5.h"

namespace weightproof {
namespace {

TensorRole RoleAt(std::string_view path) {
  if (path.starts_with("optimizer/")) return TensorRole::kOptimizer;
  if (path.starts_with("metrics/")) return TensorRole::kMetric;
  if (path.find("seed_generator/") != std::string_view::npos) return TensorRole::kSeed;
  return TensorRole::kWeight;
}

const Group* FindGroup(const Group* parent, std::string_view name) {
  const Child* child = parent == nullptr ? nullptr : parent->Find(name);
  return child == nullptr ? nullptr : child->group();
}

std::string Join(const std::string& path, std::string_view name) {
  return path.empty() ? std::string(name) : path + "/" + std::string(name);
}

bool HasVariables(const ObjectPlan& object) {
  return !object.variables.empty() || std::ranges::any_of(object.layers, HasVariables);
}

bool HoldsTensors(const Group& group) {
  return std::ranges::any_of(group.children, [](const Child& child) {
    return child.dataset() != nullptr || HoldsTensors(*child.group());
  });
}

void CollectNames(const Group& group, NameJudge& judge) {
  if (const Attribute* name = group.FindAttribute("name");
      name != nullptr && name->value.strings.size() == 1) {
    judge.AddFileName(name->value.strings[0]);
  }
  for (const Child& child : group.children) {
    if (child.group() != nullptr) CollectNames(*child.group(), judge);
  }
}

class Walker {
 public:
  Walker(const ModelPlan& plan, const Group& root, Ledger& ledger)
      : plan_(plan), ledger_(ledger), judge_(plan) {
    if (judge_.HasGivenNames()) CollectNames(root, judge_);
  }

  Status Visit(const ObjectPlan& object, const Group* group, const std::string& path) {
    if (group != nullptr) {
      if (Status status = CheckName(object, *group, path); !status) return status;
    }
    if (object.kind == ObjectKind::kWrapper) return VisitParts(object, group, path);
    if (object.kind != ObjectKind::kLayer) return VisitChildren(object, group, path);
    if (object.variables.empty()) return {};
    const Group* owner = group;
    std::string owner_path = path;
    if (!object.weights_h5_owner.empty()) {
      owner = FindGroup(group, object.weights_h5_owner);
      owner_path = Join(path, object.weights_h5_owner);
    }
    return LoadVars(object, FindGroup(owner, "vars"), Join(owner_path, "vars"));
  }

 private:
  Status CheckName(const ObjectPlan& object, const Group& group, const std::string& path) {
    const Group* vars = FindGroup(&group, "vars");
    const Attribute* name = vars == nullptr ? nullptr : vars->FindAttribute("name");
    if (name == nullptr) return {};
    const std::string place = ledger_.PlaceOf(Join(path, "vars@name"));
    if (name->value.strings.size() != 1 || !ValidUtf8(name->value.strings[0])) {
      return Fail(ErrorKind::kMalformedMetadata, place, "one text is due here",
                  "save the file again, or remove the attribute");
    }
    if (&object == &plan_.model) {
      judge_.JudgeRoot(name->value.strings[0], object, ledger_.report());
      return {};
    }
    if (!HasVariables(object)) return {};
    return judge_.Judge(name->value.strings[0], object, place, ledger_.report());
  }

  Status VisitParts(const ObjectPlan& object, const Group* group, const std::string& path) {
    for (std::size_t i = 0; i < object.layers.size(); ++i) {
      const Child* child = group == nullptr ? nullptr : FindPath(*group, object.attributes[i]);
      if (Status status = Visit(object.layers[i], child == nullptr ? nullptr : child->group(),
                                Join(path, object.attributes[i]));
          !status) {
        return status;
      }
    }
    return {};
  }

  Status VisitChildren(const ObjectPlan& object, const Group* group, const std::string& path) {
    std::string layers_name = "layers";
    const Group* layers = FindGroup(group, layers_name);
    if (layers == nullptr && FindGroup(group, "_layer_checkpoint_dependencies") != nullptr) {
      layers_name = "_layer_checkpoint_dependencies";  // as TF 2.12 and 2.13 write it
      layers = FindGroup(group, layers_name);
    }
    const Result<std::vector<Place>> found = PlacesOf(object, group, layers, path);
    if (!found) return std::unexpected(found.error());
    const std::vector<Place>& places = *found;
    for (std::size_t i = 0; i < object.layers.size(); ++i) {
      const ObjectPlan& layer = object.layers[i];
      const std::string at = PathOf(places[i], path, layers_name);
      if (places[i].group == nullptr && IsSilent(layer)) {
        ledger_.AddNote(NoteKind::kLayersDiffer, layer.name,
                        "the model has a layer \"" + layer.name + "\" (" + layer.class_name +
                            ") without weights, and the file has no group " + at);
      }
      if (Status status = Visit(layer, places[i].group, at); !status) return status;
    }
    if (layers != nullptr) NoteSilentExtras(*layers, places, Join(path, layers_name));
    return {};
  }

  struct Place {
    std::string key;
    const Group* group = nullptr;
    bool attribute = false;  // an attribute's own group, not one under `layers`
  };

  static std::string PathOf(const Place& place, const std::string& path,
                            std::string_view layers_name = "layers") {
    return Join(path, place.attribute ? place.key : std::string(layers_name) + "/" + place.key);
  }

  // Where the file keeps each sublayer. Keras 3 and tf-keras write a subclass model in two ways; a
  // file without names tells them apart only by what one of them would leave missing.
  Result<std::vector<Place>> PlacesOf(const ObjectPlan& object, const Group* group,
                                      const Group* layers, const std::string& path) {
    std::vector<Place> keras3 = PlacesIn(Dialect::kKeras3, object, group, layers);
    if (object.kind != ObjectKind::kSubclass || !ledger_.report().found_dialect.empty()) {
      return keras3;
    }
    std::vector<Place> tf_keras = PlacesIn(Dialect::kTfKeras, object, group, layers);
    std::optional<std::size_t> differing;
    std::ptrdiff_t missing3 = 0;
    std::ptrdiff_t missing_tf = 0;
    for (std::size_t i = 0; i < keras3.size(); ++i) {
      if (!HasVariables(object.layers[i])) continue;
      if (!differing && keras3[i].group != tf_keras[i].group) differing = i;
      missing3 += MissingIn(object.layers[i], keras3[i].group);
      missing_tf += MissingIn(object.layers[i], tf_keras[i].group);
    }
    if (!differing) return keras3;
    const LoadOptions& options = ledger_.options();
    const bool told = (missing3 == 0) != (missing_tf == 0);
    // A strict load refuses whatever is missing or left over, so a wrong choice cannot pass there.
    if (told || !(options.partial || options.skip_mismatch)) {
      return missing_tf < missing3 ? tf_keras : keras3;
    }
    if (options.assume_order) {
      ledger_.AddNote(NoteKind::kAssumedOrder, object.name,
                      "the layers are taken as the model's own library writes them");
      return plan_.dialect == Dialect::kTfKeras ? tf_keras : keras3;
    }
    return Fail(ErrorKind::kAmbiguousOrder, ledger_.PlaceOf(PathOf(keras3[*differing], path)),
                "the model's layer \"" + object.layers[*differing].name +
                    "\" stands here as Keras 3 writes a subclass model, and at " +
                    PathOf(tf_keras[*differing], path) +
                    " as tf-keras does; this file fits neither way alone",
                std::string("load with assume_order to read it as ") +
                    (plan_.dialect == Dialect::kTfKeras ? "tf-keras" : "Keras 3") +
                    " writes it, or build the model that was saved");
  }

  // Layers with variables that the file has no tensors for.
  static std::ptrdiff_t MissingIn(const ObjectPlan& object, const Group* group) {
    if (object.kind == ObjectKind::kLayer) {
      if (object.variables.empty()) return 0;
      if (!object.weights_h5_owner.empty()) group = FindGroup(group, object.weights_h5_owner);
      const Group* vars = FindGroup(group, "vars");
      return vars == nullptr || vars->children.empty() ? 1 : 0;
    }
    std::ptrdiff_t count = 0;
    if (object.kind == ObjectKind::kWrapper) {
      for (std::size_t i = 0; i < object.layers.size(); ++i) {
        const Child* child = group == nullptr ? nullptr : FindPath(*group, object.attributes[i]);
        count += MissingIn(object.layers[i], child == nullptr ? nullptr : child->group());
      }
      return count;
    }
    const std::vector<Place> places =
        PlacesIn(Dialect::kKeras3, object, group, FindGroup(group, "layers"));
    for (std::size_t i = 0; i < places.size(); ++i) {
      count += MissingIn(object.layers[i], places[i].group);
    }
    return count;
  }

  // A sublayer whose attribute the library visits before `layers` stands under the attribute, if
  // such a group is there, else under `layers` (a Sequential model wrote the file).
  static std::vector<Place> PlacesIn(Dialect library, const ObjectPlan& object, const Group* group,
                                     const Group* layers) {
    std::vector<Place> places;
    places.reserve(object.layers.size());
    ClassKeys keys;
    for (std::size_t i = 0; i < object.layers.size(); ++i) {
      const std::string& cls = object.layers[i].class_name;
      if (object.kind == ObjectKind::kSubclass && i < object.attributes.size() &&
          VisitedBeforeLayers(object.attributes[i], library)) {
        const Group* own = FindGroup(group, object.attributes[i]);
        if (own != nullptr) {
          if (library == Dialect::kKeras3) keys.Next(cls);
          places.push_back({object.attributes[i], own, true});
          continue;
        }
      }
      std::string key = keys.Next(cls);
      const Group* found = FindGroup(layers, key);
      places.push_back({std::move(key), found, false});
    }
    return places;
  }

  void NoteSilentExtras(const Group& layers, const std::vector<Place>& places,
                        const std::string& path) {
    std::vector<const Group*> known;
    for (const Place& place : places) known.push_back(place.group);
    std::ranges::sort(known);
    for (const Child& child : layers.children) {
      if (child.group() == nullptr || std::ranges::binary_search(known, child.group())) continue;
      const std::optional<SilentLayer> silent = SilentInFile(child.name);
      if (!silent || silent->optional || HoldsTensors(*child.group())) continue;
      ledger_.AddNote(
          NoteKind::kLayersDiffer, Join(path, child.name),
          "the file has a " + silent->class_name + " without weights that the model does not have");
    }
  }

  void Leave(const ObjectPlan& object, const Group* vars, NoteKind kind, const std::string& why) {
    for (const VariablePlan& variable : object.variables) {
      ledger_.AddNote(kind, variable.id, "keeps its value: " + why);
    }
    next_ += static_cast<int>(object.variables.size());
    if (vars == nullptr) return;
    for (const Child& child : vars->children) {
      if (child.dataset() != nullptr) ledger_.Skip(*child.dataset());
    }
  }

  Status LoadVars(const ObjectPlan& object, const Group* vars, const std::string& path) {
    const LoadOptions& options = ledger_.options();
    const std::size_t due = object.variables.size();
    const std::size_t found = vars == nullptr ? 0 : vars->children.size();
    if (vars == nullptr && (options.partial || options.skip_mismatch)) {
      Leave(object, vars, options.partial ? NoteKind::kUnset : NoteKind::kSkipped,
            "the file has no group " + path);
      return {};
    }
    if (vars == nullptr) {
      return Fail(ErrorKind::kMissingTensor, ledger_.PlaceOf(path),
                  "the file has no such group for the model's layer \"" + object.name + "\"",
                  "build the model that was saved, or load with partial to let the layer keep its "
                  "values");
    }
    if (found != due) {
      if (options.skip_mismatch) {
        Leave(object, vars, NoteKind::kSkipped, path + " has another number of tensors");
        return {};
      }
      return Fail(ErrorKind::kWeightCountMismatch, ledger_.PlaceOf(path),
                  std::to_string(found) + " tensors in the file, " + std::to_string(due) +
                      " variables in the model's layer \"" + object.name + "\"",
                  "build the layer as it was saved, or load with skip_mismatch to leave it out");
    }
    std::vector<const Dataset*> datasets;
    for (std::size_t i = 0; i < due; ++i) {
      const Child* child = vars->Find(std::to_string(i));
      const std::string key_path = path + "/" + std::to_string(i);
      if (child == nullptr || child->dataset() == nullptr) {
        return Fail(child == nullptr ? ErrorKind::kMissingTensor : ErrorKind::kMalformedMetadata,
                    ledger_.PlaceOf(key_path),
                    child == nullptr ? "the keys here are not 0 to " + std::to_string(due - 1)
                                     : "a group where a tensor is due",
                    "save the file again, or rename the key");
      }
      datasets.push_back(child->dataset());
    }
    return TakeAll(object, *vars, datasets, path);
  }

  // The unit of skipping is the whole object (keras-formats 3.3).
  Status TakeAll(const ObjectPlan& object, const Group& vars,
                 const std::vector<const Dataset*>& datasets, const std::string& path) {
    for (std::size_t i = 0; i < datasets.size(); ++i) {
      const int index = next_ + static_cast<int>(i);
      if (ledger_.ShapeFits(index, *datasets[i])) continue;
      const std::string key_path = path + "/" + std::to_string(i);
      if (!ledger_.options().skip_mismatch) {
        return ledger_.ShapeError(index, *datasets[i], key_path, true);
      }
      Leave(object, &vars, NoteKind::kSkipped, "the shape of " + key_path + " differs");
      return {};
    }
    for (std::size_t i = 0; i < datasets.size(); ++i) {
      if (Status status = ledger_.Take(next_++, *datasets[i], path + "/" + std::to_string(i));
          !status) {
        return status;
      }
    }
    return {};
  }

  const ModelPlan& plan_;
  Ledger& ledger_;
  NameJudge judge_;
  int next_ = 0;  // variables in walk order
};

}  // namespace

Result<Assignment> MatchWeightsH5(const ModelPlan& plan, const Group& root,
                                  const LoadOptions& options, const std::string& place) {
  if (options.by_name) {
    return Fail(ErrorKind::kOptionNotSupported, place,
                "by_name was asked for, and weights_h5 keeps no names that a load could go by",
                "load without by_name; objects are found by their place in the model");
  }
  const WalkedModel model = WalkModel(plan);
  Ledger ledger(model, options, place);
  ledger.report().format = Format::kWeightsH5;
  const Group* vars = FindGroup(&root, "vars");
  if (vars != nullptr && vars->FindAttribute("name") != nullptr) {
    ledger.report().found_dialect = "keras3";
  }
  Walker walker(plan, root, ledger);
  if (Status status = walker.Visit(plan.model, &root, ""); !status) {
    return std::unexpected(status.error());
  }
  if (Status status = ledger.AccountForTensors(root, RoleAt); !status) {
    return std::unexpected(status.error());
  }
  return ledger.Finish();
}

}  // namespace weightproof
