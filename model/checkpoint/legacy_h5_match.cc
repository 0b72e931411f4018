// Pairs a legacy H5 file's layers with a model's (keras-formats 1.3, 1.4; the strict contract).
#include <algorithm>

#include "model/checkpoint/checkpoint.h"
#include "model/checkpoint/legacy_h5.h"
#include "model/checkpoint/legacy_h5_order.h"
#include "model/checkpoint/match.h"

namespace weightproof {
namespace {

TensorRole RoleInModelFile(std::string_view path) {
  return path.starts_with("optimizer_weights/") ? TensorRole::kOptimizer : TensorRole::kWeight;
}

TensorRole RoleInWeightsFile(std::string_view) { return TensorRole::kWeight; }

std::string_view FoundDialect(const LegacyFile& file) {
  if (file.keras_version.starts_with("3.")) return "keras3";
  if (file.keras_version.starts_with("2.")) return "tf_keras";
  return "";
}

// "2 layers with weights (dense, dense_1)".
template <class NameOf>
std::string CountText(std::size_t count, const NameOf& name_of) {
  constexpr std::size_t kShown = 8;
  std::string text = std::to_string(count) + (count == 1 ? " layer" : " layers") + " with weights";
  for (std::size_t k = 0; k < count && k < kShown; ++k) {
    text += (k == 0 ? " (" : ", ") + std::string(name_of(k));
  }
  if (count > kShown) text += ", ...";
  return count == 0 ? text : text + ")";
}

class Matcher {
 public:
  Matcher(const ModelPlan& plan, const WalkedModel& model, const LegacyFile& file, Ledger& ledger)
      : model_(model), file_(file), ledger_(ledger), judge_(plan) {
    for (const LegacyLayer& layer : file.layers) {
      judge_.AddFileName(layer.name);
      if (judge_.HasGivenNames()) AddScopes(layer);
      if (!layer.weights.empty()) from_.push_back(&layer);
    }
    for (const TopLayer& layer : model.layers) {
      if (!layer.order.empty()) to_.push_back(&layer);
    }
  }

  Status ByOrder() {
    if (from_.size() != to_.size()) {
      const auto file_names = [this](std::size_t k) { return std::string_view(from_[k]->name); };
      const auto model_names = [this](std::size_t k) {
        return std::string_view(to_[k]->object->name);
      };
      return Fail(ErrorKind::kLayerCountMismatch, ledger_.PlaceOf(file_.prefix + "@layer_names"),
                  "the file has " + CountText(from_.size(), file_names) + ", the model has " +
                      CountText(to_.size(), model_names),
                  "build the model that was saved, or load with by_name and partial");
    }
    for (std::size_t k = 0; k < to_.size(); ++k) {
      if (Status status = judge_.Judge(from_[k]->name, *to_[k]->object,
                                       ledger_.PlaceOf(file_.PathOf(*from_[k])), ledger_.report());
          !status) {
        return status;
      }
      if (Status status = Pair(*from_[k], *to_[k], false); !status) return status;
    }
    NoteSilent();
    return {};
  }

  Status ByName() {
    std::vector<char> taken(from_.size(), 0);
    for (std::size_t k = 0; k < to_.size(); ++k) {
      const ObjectPlan& object = *to_[k]->object;
      if (NamesakesOf(object.name) > 1) {
        return Fail(ErrorKind::kDuplicateName, ledger_.PlaceOf(object.name),
                    "two layers of the model have this name",
                    "give them different names, or load by order");
      }
      const auto it = std::ranges::find(from_, object.name,
                                        [](const LegacyLayer* layer) { return layer->name; });
      if (it == from_.end()) {
        if (Status status = LeaveUnset(*to_[k]); !status) return status;
        continue;
      }
      const auto at = static_cast<std::size_t>(it - from_.begin());
      taken[at] = 1;
      if (Status status = CheckPlace(**it, at, object, k); !status) return status;
      if (Status status = Pair(**it, *to_[k], true); !status) return status;
    }
    for (std::size_t k = 0; k < from_.size(); ++k) {
      if (taken[k] == 0 && !ledger_.options().partial) {
        return Fail(ErrorKind::kUnmatchedLayer, ledger_.PlaceOf(file_.PathOf(*from_[k])),
                    "the model has no layer with weights of this name",
                    "load by order, or with partial to leave it out");
      }
    }
    if (from_.size() == to_.size()) NoteSilent();
    return {};
  }

 private:
  // Names of sublayers, as parts of the weights' scopes.
  void AddScopes(const LegacyLayer& layer) {
    for (const LegacyWeight& weight : layer.weights) {
      std::string_view rest = weight.name;
      // The layer's own name may hold slashes of its own.
      if (rest.starts_with(layer.name) && rest.substr(layer.name.size()).starts_with('/')) {
        rest.remove_prefix(layer.name.size() + 1);
      }
      for (std::size_t slash = rest.find('/'); slash != std::string_view::npos;
           slash = rest.find('/')) {
        judge_.AddFileName(rest.substr(0, slash));
        rest.remove_prefix(slash + 1);
      }
    }
  }

  // In by-name loads an automatic name counts only where its place agrees; a given one counts
  // everywhere, and another place is reported.
  Status CheckPlace(const LegacyLayer& layer, std::size_t file_at, const ObjectPlan& object,
                    std::size_t model_at) {
    if (file_at == model_at) return {};
    const std::string where = "\"" + object.name + "\" is layer " + std::to_string(file_at) +
                              " with weights in the file and " + std::to_string(model_at) +
                              " in the model";
    if (AutomaticNameClass(layer.name).empty()) {
      ledger_.AddNote(NoteKind::kLayersDiffer, object.name, where);
      return {};
    }
    if (!ledger_.options().trust_auto_names) {
      return Fail(ErrorKind::kAutoNamesDisagree, ledger_.PlaceOf(file_.PathOf(layer)),
                  where + ", and such names come from counters",
                  "load by order, or with trust_auto_names if the names are meant");
    }
    ledger_.AddNote(NoteKind::kTrustedNames, object.name, where);
    return {};
  }

  std::ptrdiff_t NamesakesOf(const std::string& name) const {
    return std::ranges::count_if(
        to_, [&name](const TopLayer* layer) { return layer->object->name == name; });
  }

  Status LeaveUnset(const TopLayer& layer) {
    if (!ledger_.options().partial) {
      return Fail(ErrorKind::kUnmatchedLayer, ledger_.PlaceOf(layer.object->name),
                  "the file has no layer with weights of this name",
                  "load by order, or with partial to let the layer keep its values");
    }
    for (const int index : layer.order) {
      ledger_.AddNote(NoteKind::kUnset, IdOf(index),
                      "keeps its value: the file has no layer \"" + layer.object->name + "\"");
    }
    return {};
  }

  const std::string& IdOf(int index) const {
    return model_.variables[static_cast<std::size_t>(index)]->id;
  }

  Status Pair(const LegacyLayer& from, const TopLayer& to, bool by_name) {
    if (from.weights.size() != to.order.size()) return CountMismatch(from, to, by_name);
    if (Status status = CheckOrderInside(file_, from, to, judge_, ledger_); !status) return status;
    for (std::size_t j = 0; j < to.order.size(); ++j) {
      const LegacyWeight& weight = from.weights[j];
      const std::string path = file_.PathOf(from, weight);
      if (ledger_.ShapeFits(to.order[j], *weight.dataset)) {
        if (Status status = ledger_.Take(to.order[j], *weight.dataset, path); !status) {
          return status;
        }
        continue;
      }
      if (!ledger_.options().skip_mismatch) {
        return ledger_.ShapeError(to.order[j], *weight.dataset, path, true);
      }
      ledger_.Skip(*weight.dataset);
      ledger_.AddNote(NoteKind::kSkipped, IdOf(to.order[j]),
                      "keeps its value: the shape of " + path + " differs");
    }
    return {};
  }

  Status CountMismatch(const LegacyLayer& from, const TopLayer& to, bool by_name) {
    if (by_name && ledger_.options().skip_mismatch) {
      for (const LegacyWeight& weight : from.weights) ledger_.Skip(*weight.dataset);
      for (const int index : to.order) {
        ledger_.AddNote(NoteKind::kSkipped, IdOf(index),
                        "keeps its value: the layer has another number of weights in the file");
      }
      return {};
    }
    return Fail(ErrorKind::kWeightCountMismatch, ledger_.PlaceOf(file_.PathOf(from)),
                std::to_string(from.weights.size()) + " weights in the file, " +
                    std::to_string(to.order.size()) + " in the model's layer \"" + to.object->name +
                    "\"",
                by_name ? "build the layer as it was saved, or load with skip_mismatch"
                        : "build the layer as it was saved, or load with by_name and "
                          "skip_mismatch to leave it out");
  }

  // Layers without weights show in layer_names: between the same layers with weights the same
  // ones are due.
  void NoteSilent() {
    std::vector<SilentLayer> file_gap;
    std::vector<SilentLayer> model_gap;
    auto entry = file_.layers.begin();
    auto layer = model_.layers.begin();
    for (std::size_t k = 0; k <= to_.size(); ++k) {
      file_gap.clear();
      model_gap.clear();
      for (; entry != file_.layers.end() && entry->weights.empty(); ++entry) {
        if (auto silent = SilentInFile(entry->name)) file_gap.push_back(std::move(*silent));
      }
      for (; layer != model_.layers.end() && layer->order.empty(); ++layer) {
        if (!IsSilent(*layer->object)) continue;
        model_gap.push_back({layer->object->class_name, layer->object->name, false});
      }
      if (auto note = CompareSilent(file_gap, model_gap)) {
        ledger_.report().notes.push_back(std::move(*note));
      }
      if (k < to_.size()) {
        ++entry;
        ++layer;
      }
    }
  }

  const WalkedModel& model_;
  const LegacyFile& file_;
  Ledger& ledger_;
  NameJudge judge_;
  std::vector<const LegacyLayer*> from_;  // layers with weights
  std::vector<const TopLayer*> to_;
};

}  // namespace

Result<Assignment> MatchLegacyH5(const ModelPlan& plan, const Group& root,
                                 const LoadOptions& options, const std::string& place) {
  Result<LegacyFile> file = ParseLegacyH5(root, place);
  if (!file) return std::unexpected(file.error());
  const WalkedModel model = WalkModel(plan);
  Ledger ledger(model, options, place);
  ledger.report().format = file->prefix.empty() ? Format::kLegacyH5 : Format::kLegacyH5Model;
  ledger.report().found_dialect = FoundDialect(*file);
  Matcher matcher(plan, model, *file, ledger);
  if (Status status = options.by_name ? matcher.ByName() : matcher.ByOrder(); !status) {
    return std::unexpected(status.error());
  }
  if (!file->own.empty() && !options.partial) {
    return Fail(ErrorKind::kWeightCountMismatch,
                ledger.PlaceOf(file->prefix + "top_level_model_weights"),
                std::to_string(file->own.size()) +
                    " weights of the model itself in the file, none in the model",
                "load with partial to leave them out");
  }
  const bool whole_model = !file->prefix.empty();
  if (Status status =
          ledger.AccountForTensors(root, whole_model ? RoleInModelFile : RoleInWeightsFile);
      !status) {
    return std::unexpected(status.error());
  }
  return ledger.Finish();
}

}  // namespace weightproof
