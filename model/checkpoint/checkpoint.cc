#include "model/checkpoint/checkpoint.h"

#include <algorithm>
#include <array>

#include "model/checkpoint/hdf5.h"
#include "model/checkpoint/legacy_h5.h"

namespace weightproof {
namespace {

constexpr std::array<std::string_view, 3> kFormatNames = {"legacy_h5", "legacy_h5_model",
                                                          "weights_h5"};

bool AnyChildGroup(const Group& root, bool (*holds)(const Group& group)) {
  return std::ranges::any_of(root.children, [holds](const Child& child) {
    return child.group() != nullptr && holds(*child.group());
  });
}

bool HoldsWeightNames(const Group& group) {
  return std::ranges::any_of(group.attributes, [](const Attribute& attribute) {
    return attribute.name.starts_with("weight_names");
  });
}

bool HoldsVars(const Group& group) { return group.Find("vars") != nullptr; }

Result<Assignment> Match(Format format, const ModelPlan& plan, const Group& root,
                         const LoadOptions& options, const std::string& place) {
  return format == Format::kWeightsH5 ? MatchWeightsH5(plan, root, options, place)
                                      : MatchLegacyH5(plan, root, options, place);
}

void NoteSuffix(const std::string& path, Dialect dialect, LoadReport& report) {
  const bool archive = path.ends_with(".keras");
  const std::optional<Format> said = FormatOfSuffix(path, dialect);
  if (!said && !archive) return;
  const bool said_new = said == Format::kWeightsH5;
  const bool found_new = report.format == Format::kWeightsH5;
  if (!archive && said_new == found_new) return;
  report.notes.push_back({NoteKind::kSuffixDiffers, path,
                          "the content is " + std::string(FormatName(report.format)) +
                              ", which the path's suffix does not say"});
}

Result<Group> ReadTree(const std::string& path, FileAccess access) {
  Result<FileBytes> read = ReadWholeFile(path, access);
  if (!read) return std::unexpected(read.error());
  auto bytes = std::make_shared<const FileBytes>(*std::move(read));
  const std::span<const std::byte> file(*bytes);
  return ReadHdf5(file, path, {}, std::move(bytes));
}

bool HasPart(std::string_view path, std::string_view name) {
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    if (path.substr(at, end - at) == name) return true;
    at = end + 1;
  }
  return false;
}

// In a whole model the config and the weights name the layers alike: weights that carry the name of
// another layer are not taken by position (flags inside a frozen model move what is written).
Status CheckNamesOfConfig(const ModelPlan& plan, const LoadReport& report,
                          const std::string& path) {
  const std::vector<const ObjectPlan*> layers = ComputingLayers(plan.model);
  const auto named_in = [&layers](const std::string& source) {
    return std::ranges::find_if(layers, [&source](const ObjectPlan* layer) {
      return !layer->variables.empty() && HasPart(source, layer->name);
    });
  };
  for (const ObjectPlan* layer : layers) {
    for (const VariablePlan& variable : layer->variables) {
      const auto loaded = std::ranges::find(report.variables, variable.id, &LoadedVariable::id);
      if (loaded == report.variables.end() || HasPart(loaded->source, layer->name)) continue;
      const auto other = named_in(loaded->source);
      if (other == layers.end()) continue;
      return Fail(ErrorKind::kAmbiguousOrder, path + ": " + loaded->source,
                  "by their place these are the weights of \"" + layer->name +
                      "\", by their name those of \"" + (*other)->name + "\"",
                  "save the model again with the same trainable flags on a nested model and on the "
                  "layers inside it");
    }
  }
  return {};
}

// Puts the values in; nothing can fail from here on.
LoadReport Apply(Assignment assignment, Network& network) {
  std::vector<Tensor>& variables = network.variables();
  for (std::size_t i = 0; i < variables.size(); ++i) {
    if (assignment.values[i]) {
      variables[i] = std::move(*assignment.values[i]);
    } else {
      assignment.report.variables[i].digest = TensorDigest(variables[i]);
    }
  }
  return std::move(assignment.report);
}

Result<Assignment> MatchTree(const ModelPlan& plan, const Group& root, const std::string& path,
                             const LoadOptions& options) {
  const Result<Format> format = DetectFormat(root, path);
  if (!format) return std::unexpected(format.error());
  Result<Assignment> assignment = Match(*format, plan, root, options, path);
  if (assignment) NoteSuffix(path, plan.dialect, assignment->report);
  return assignment;
}

}  // namespace

std::string_view FormatName(Format format) {
  return kFormatNames[static_cast<std::size_t>(format)];
}

std::optional<Format> FormatFromName(std::string_view name) {
  const auto it = std::ranges::find(kFormatNames, name);
  if (it == kFormatNames.end()) return std::nullopt;
  return static_cast<Format>(it - kFormatNames.begin());
}

std::string_view TensorRoleName(TensorRole role) {
  constexpr std::array<std::string_view, 5> kNames = {"weight", "optimizer", "metric", "seed",
                                                      "unknown"};
  return kNames[static_cast<std::size_t>(role)];
}

std::string_view NoteKindName(NoteKind kind) {
  constexpr std::array<std::string_view, 10> kNames = {
      "Renamed", "Widened",       "Narrowed",     "Skipped",      "Unset",
      "Unused",  "SuffixDiffers", "AssumedOrder", "TrustedNames", "LayersDiffer"};
  return kNames[static_cast<std::size_t>(kind)];
}

Result<Group> Encode(Format format, const ModelPlan& plan, std::span<const Tensor> variables) {
  switch (format) {
    case Format::kLegacyH5:
      return EncodeLegacyH5(plan, variables);
    case Format::kLegacyH5Model:
      return EncodeLegacyH5Model(plan, variables);
    case Format::kWeightsH5:
      break;
  }
  return EncodeWeightsH5(plan, variables);
}

Result<Format> DetectFormat(const Group& root, const std::string& place) {
  if (HasLayerNames(root)) return Format::kLegacyH5;
  const Child* weights = root.Find("model_weights");
  if (weights != nullptr && weights->group() != nullptr) return Format::kLegacyH5Model;
  if (root.FindAttribute("model_config") != nullptr) return Format::kLegacyH5Model;
  if (AnyChildGroup(root, HoldsWeightNames)) return Format::kLegacyH5;
  if (HoldsVars(root) || AnyChildGroup(root, HoldsVars)) return Format::kWeightsH5;
  if (root.Find("layers") != nullptr || root.Find("_layer_checkpoint_dependencies") != nullptr) {
    return Format::kWeightsH5;
  }
  return Fail(ErrorKind::kWrongFormat, place,
              "an HDF5 file with neither layer_names (legacy H5) nor vars or layers (weights_h5)",
              "give a weights file that Keras 3 or tf-keras wrote");
}

std::optional<Format> FormatOfSuffix(std::string_view path, Dialect dialect) {
  // Plain, case-sensitive tests, as both libraries make them (keras-formats 5.1).
  if (path.ends_with(".weights.h5")) return Format::kWeightsH5;
  const bool legacy = path.ends_with(".h5") || path.ends_with(".hdf5");
  if (dialect == Dialect::kTfKeras) {
    if (legacy || path.ends_with(".keras")) return Format::kLegacyH5;
    return std::nullopt;
  }
  // Keras 3 writes legacy H5 as a whole model only.
  if (legacy) return Format::kLegacyH5Model;
  return std::nullopt;
}

Status SaveWeights(const Network& network, const std::string& path, Format format,
                   const SaveOptions& options, FileSystem& fs) {
  const auto located = [&path](Error error) {
    error.place = path + (error.place.empty() ? "" : ": " + error.place);
    return std::unexpected(std::move(error));
  };
  Result<Group> root = Encode(format, network.plan(), network.variables());
  if (!root) return located(root.error());
  Result<std::vector<std::byte>> bytes = WriteHdf5(*root);
  if (!bytes) return located(bytes.error());
  return WriteFileAtomically(path, *bytes, options, fs);
}

Result<Group> ReadTreeOfCopy(const std::string& path) { return ReadTree(path, FileAccess::kRead); }
Result<Group> ReadTreeOfMapping(const std::string& path) {
  return ReadTree(path, FileAccess::kMap);
}

Result<LoadReport> LoadWeights(Network& network, const std::string& path,
                               const LoadOptions& options) {
  Result<Group> root = options.read_tree(path);
  if (!root) return std::unexpected(root.error());
  Result<Assignment> assignment = MatchTree(network.plan(), *root, path, options);
  if (!assignment) return std::unexpected(assignment.error());
  return Apply(std::move(*assignment), network);
}

Result<LoadedModel> LoadModel(const std::string& path, const LoadOptions& options) {
  Result<Group> root = options.read_tree(path);
  if (!root) return std::unexpected(root.error());
  const Attribute* config = root->FindAttribute("model_config");
  if (config == nullptr) {
    return Fail(ErrorKind::kWrongFormat, path,
                "no attribute model_config: the file holds weights, not a whole model",
                "load its weights into a model that you build");
  }
  if (config->value.strings.size() != 1) {
    return Fail(ErrorKind::kMalformedMetadata, path + ": @model_config", "one text is due here",
                "save the model again");
  }
  const auto located = [&path](Error error) {
    error.place = path + ": @model_config" + (error.place.empty() ? "" : " ") + error.place;
    return std::unexpected(std::move(error));
  };
  Result<ArchitectureSpec> architecture = ArchitectureFromKerasJson(config->value.strings[0]);
  if (!architecture) return located(architecture.error());
  Result<ModelPlan> plan = PlanSequential(*architecture);
  if (!plan) return located(plan.error());
  // Matched before the network is made: a config of a few bytes can ask for any amount of memory.
  Result<Assignment> assignment = MatchTree(*plan, *root, path, options);
  if (!assignment) return std::unexpected(assignment.error());
  if (Status named = CheckNamesOfConfig(*plan, assignment->report, path); !named) {
    return std::unexpected(named.error());
  }
  Result<Network> network = Network::Create(std::move(*plan));
  if (!network) return located(network.error());
  LoadReport report = Apply(std::move(*assignment), *network);
  return LoadedModel{std::move(*network), std::move(report)};
}

}  // namespace weightproof
