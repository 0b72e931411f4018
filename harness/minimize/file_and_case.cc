#include "harness/minimize/file_and_case.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include "harness/minimize/tree_edits.h"
#include "model/checkpoint/checkpoint.h"
#include "model/spec/layer_schema.h"
#include "model/spec/plan.h"

namespace weightproof {
namespace {

// The layer of `before` that `after` lacks, all others being the same; -1: it is no such pair.
int DroppedLayer(const Case& before, const Case& after) {
  const auto& all = before.architecture.layers;
  const auto& rest = after.architecture.layers;
  if (rest.size() + 1 != all.size()) return -1;
  const auto differs = std::ranges::mismatch(all, rest).in1;
  if (!std::equal(differs + 1, all.end(), rest.begin() + (differs - all.begin()))) return -1;
  return static_cast<int>(differs - all.begin());
}

struct FilesLayers {
  std::string path;                // of the group that holds them
  std::vector<std::string> names;  // of those with tensors, in the model's order
};

// Legacy: as the list says. Weights of Keras 3: by class, in the order of the counters.
FilesLayers LayersIn(const Group& tree, const ModelPlan& plan) {
  FilesLayers layers;
  const Group* root = &tree;
  if (const Child* weights = tree.Find("model_weights"); weights != nullptr && weights->group()) {
    root = weights->group();
    layers.path = "model_weights";
  }
  if (const Attribute* names = root->FindAttribute("layer_names")) {
    for (const std::string& name : names->value.strings) {
      const Child* layer = root->Find(name);
      const Attribute* weights = layer != nullptr && layer->group() != nullptr
                                     ? layer->group()->FindAttribute("weight_names")
                                     : nullptr;
      if (weights != nullptr && !weights->value.strings.empty()) layers.names.push_back(name);
    }
    return layers;
  }
  layers.path = "layers";
  std::map<std::string, int> counters;
  for (const ObjectPlan& layer : plan.model.layers) {
    const std::string stem = SnakeCase(layer.class_name);
    const int number = counters[stem]++;
    const std::string name = number == 0 ? stem : stem + "_" + std::to_string(number);
    if (!Variables(layer).empty()) layers.names.push_back(name);
  }
  return layers;
}

// The sizes that became others: from and to.
std::set<std::pair<std::int64_t, std::int64_t>> Resized(const ModelPlan& before,
                                                        const ModelPlan& after) {
  std::set<std::pair<std::int64_t, std::int64_t>> sizes;
  const auto olds = Variables(before.model);
  const auto news = Variables(after.model);
  if (olds.size() != news.size()) return sizes;
  for (std::size_t i = 0; i < olds.size(); ++i) {
    const Shape& from = olds[i]->shape;
    const Shape& to = news[i]->shape;
    for (std::size_t axis = 0; axis < std::min(from.size(), to.size()); ++axis) {
      if (to[axis] < from[axis] && to[axis] > 0) sizes.emplace(from[axis], to[axis]);
    }
  }
  return sizes;
}

// A config's layers as a flat list, and the steps that nest, name and freeze them.
struct Flat {
  std::vector<LayerSpec> layers;
  Build steps;
  int nests = 0;

  void Add(const std::vector<LayerSpec>& more) {
    for (const LayerSpec& layer : more) {
      if (layer.class_name == "Sequential") {
        AddNest(layer);
        continue;
      }
      const int at = static_cast<int>(layers.size());
      if (IsGiven(layer)) AddStep(StepOp::kName, TargetKind::kLayer, at).name = layer.name;
      if (!layer.trainable) AddStep(StepOp::kFreeze, TargetKind::kLayer, at);
      layers.push_back(layer);
      layers.back().name.clear();
      layers.back().trainable = true;
    }
  }

 private:
  static bool IsGiven(const LayerSpec& layer) {
    return !layer.name.empty() && AutomaticNameClass(layer.name) != layer.class_name;
  }

  Step& AddStep(StepOp op, TargetKind target, int layer) {
    Step& step = steps.emplace_back();
    step.op = op;
    step.target = target;
    step.layer = layer;
    return step;
  }

  void AddNest(const LayerSpec& model) {
    const int ordinal = nests++;
    const std::size_t at = steps.size();
    Step& nest = AddStep(StepOp::kNest, TargetKind::kLayer, 0);
    nest.begin = static_cast<int>(layers.size());
    nest.own_input = model.input_shape.has_value();
    if (IsGiven(model)) nest.name = model.name;
    if (!model.trainable) AddStep(StepOp::kFreeze, TargetKind::kNest, ordinal);
    Add(model.layers);
    steps[at].end = static_cast<int>(layers.size());
  }
};

}  // namespace

Result<Case> CaseOfConfig(const std::string& json) {
  const Result<ArchitectureSpec> spec = ArchitectureFromKerasJson(json);
  if (!spec) return std::unexpected(spec.error());
  Case c;
  c.architecture = *spec;
  c.architecture.name.clear();
  Flat flat;
  flat.Add(spec->layers);
  c.architecture.layers = std::move(flat.layers);
  flat.steps.emplace_back();  // assembled as a list
  c.writer.build = c.reader.build = std::move(flat.steps);
  const Result<ModelPlan> plan = Interpret(c.architecture, c.reader.build);
  if (!plan) return std::unexpected(plan.error());
  return c;
}

Case ReaderAlone(const Case& c, const std::string& file, const Group* tree) {
  Case alone = c;
  if (c.route.load_as == LoadAs::kWeights) alone.writer.build = c.reader.build;
  alone.writer.session = SessionSpec{};
  alone.damage.clear();
  alone.route.sharded = false;
  alone.route.load_path.reset();
  alone.route.path = PathSpec{};
  alone.route.path.text = std::filesystem::path(file).filename().string();
  const Result<Format> format =
      tree != nullptr ? DetectFormat(*tree, file) : Fail(ErrorKind::kWrongFormat, "", "", "");
  if (!format) return alone;
  alone.route.format = *format == Format::kWeightsH5       ? RouteFormat::kWeightsH5
                       : *format == Format::kLegacyH5Model ? RouteFormat::kLegacyH5Model
                                                           : RouteFormat::kLegacyH5;
  return alone;
}

Group FollowCase(const Group& tree, const Case& before, const Case& after) {
  Group followed = tree;
  const Result<ModelPlan> old = Interpret(before.architecture, before.reader.build);
  const Result<ModelPlan> now = Interpret(after.architecture, after.reader.build);
  if (!old || !now) return followed;
  if (const int dropped = DroppedLayer(before, after); dropped >= 0) {
    // Variable ids leave out what computes nothing.
    const auto& all = before.architecture.layers;
    const auto number = std::count_if(all.begin(), all.begin() + dropped, [](const LayerSpec& one) {
      return !IsNoOp(one.class_name, one.config);
    });
    const std::string id = std::to_string(number) + "/";
    if (IsNoOp(all[static_cast<std::size_t>(dropped)].class_name,
               all[static_cast<std::size_t>(dropped)].config)) {
      return followed;
    }
    std::size_t at = 0;
    bool found = false;
    for (const ObjectPlan& layer : old->model.layers) {
      const auto variables = Variables(layer);
      if (variables.empty()) continue;
      found = variables[0]->id.starts_with(id);
      if (found) break;
      ++at;
    }
    const FilesLayers layers = LayersIn(tree, *old);
    if (!found || at >= layers.names.size()) return followed;
    RemoveChild(followed, layers.path, layers.names[at], true);
    if (layers.path == "layers") NumberAnew(followed, layers.path);
    return followed;
  }
  for (const auto& [from, to] : Resized(*old, *now)) ResizeEverywhere(followed, from, to);
  return followed;
}

}  // namespace weightproof
