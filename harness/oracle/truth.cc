#include "harness/oracle/truth.h"

#include <algorithm>
#include <map>
#include <set>

#include "harness/oracle/legacy_names.h"
#include "harness/oracle/truth_internal.h"

namespace weightproof {

const std::optional<Tensor>* Truth::Find(std::string_view id) const {
  for (const auto& [name, value] : values) {
    if (name == id) return &value;
  }
  return nullptr;
}

std::optional<Tensor> NumbersOf(const Dataset& dataset) {
  const StoredArray& stored = dataset.value;
  const Attribute* marked = FindAttribute(dataset.attributes, "dtype");
  const bool bfloat16 = stored.type.cls == StoredClass::kOpaque && stored.type.size == 2 &&
                        marked != nullptr && marked->value.strings.size() == 1 &&
                        marked->value.strings[0] == "bfloat16";
  if (stored.null_space || (stored.type.cls != StoredClass::kNumber && !bfloat16)) {
    return std::nullopt;
  }
  Tensor tensor(bfloat16 ? DType::kBFloat16 : stored.type.dtype, stored.shape);
  std::ranges::copy(stored.bytes, tensor.bytes().begin());
  return tensor;
}

void TruthBuilder::Owe(std::string rule, std::vector<std::string> subjects) {
  truth.owed.push_back({std::move(rule), std::move(subjects)});
}

void TruthBuilder::Take(const VariablePlan& variable, const Dataset* dataset,
                        const std::string& path) {
  std::optional<Tensor>& slot = values[variable.id];
  if (dataset == nullptr) {
    Owe("missing-tensor", {path, variable.id});
    return;
  }
  taken.insert(path);
  const std::optional<Tensor> stored = NumbersOf(*dataset);
  if (!stored) {
    Owe("not-numbers", {path, variable.id});
    return;
  }
  if (stored->shape() != variable.shape) {
    Owe("shape", {path, variable.id});
    return;
  }
  if (!WidensExactly(stored->dtype(), variable.dtype)) {
    Owe("narrowing", {path, variable.id});
  }
  slot = stored->dtype() == variable.dtype ? stored : Convert(*stored, variable.dtype);
}

void TruthBuilder::CheckNames(const std::vector<std::string>& file,
                              const std::vector<const ObjectPlan*>& reader) {
  for (std::size_t k = 0; k < std::min(file.size(), reader.size()); ++k) {
    const std::string automatic = AutomaticNameClass(file[k]);
    const ObjectPlan& object = *reader[k];
    const bool same_given = object.name_given && object.name == file[k];
    if (!automatic.empty() && automatic != ClassInNames(object) && !same_given) {
      Owe("class", {file[k], object.name});
    }
  }
  for (std::size_t j = 0; j < reader.size(); ++j) {
    if (!reader[j]->name_given) continue;
    const auto at = std::ranges::find(file, reader[j]->name);
    if (at == file.end() || at - file.begin() == static_cast<std::ptrdiff_t>(j)) continue;
    if (AutomaticNameClass(reader[j]->name).empty()) {
      Owe("given-name-elsewhere", {reader[j]->name});
    } else {
      truth.refusal_allowed = true;  // only a person knows whether the file's name was given
    }
  }
}

void TruthBuilder::CheckUnused(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    if (!taken.contains(path)) Owe("unused-tensor", {path});
  }
}

Truth TruthBuilder::Finish(const ModelPlan& reader) {
  for (const VariablePlan* variable : Variables(reader.model)) {
    truth.values.emplace_back(variable->id, std::move(values[variable->id]));
  }
  return std::move(truth);
}

std::vector<std::string> WeightTensorPaths(const Group& root) {
  std::vector<std::pair<std::string, const Dataset*>> all;
  CollectDatasets(root, "", &all);
  std::vector<std::string> paths;
  for (const auto& [path, dataset] : all) {
    const bool state = path.starts_with("optimizer") || path.starts_with("metrics/") ||
                       path.contains("seed_generator") || path.starts_with("compile_metrics/") ||
                       path.contains("/seed_generator/");
    if (!state) paths.push_back(path);
  }
  return paths;
}

Truth DecodeTruth(const Group& root, const ModelPlan& reader, const Route& route) {
  TruthBuilder builder;
  if (route.format == RouteFormat::kWeightsH5 || route.format == RouteFormat::kKerasArchive) {
    DecodeWeightsH5(root, reader, builder);
  } else {
    DecodeLegacy(root, reader, route.by_name, builder);
  }
  builder.CheckUnused(WeightTensorPaths(root));
  return builder.Finish(reader);
}

}  // namespace weightproof
