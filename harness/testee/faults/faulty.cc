#include "harness/testee/faults/faulty.h"

#include <algorithm>
#include <utility>

#include "harness/oracle/truth.h"
#include "model/checkpoint/hdf5.h"

namespace weightproof {
namespace {

Network CopyOf(const Network& network) {
  Result<Network> copy = Network::Create(network.plan());
  for (std::size_t i = 0; i < network.variables().size(); ++i) {
    copy->variables()[i] = network.variables()[i];
  }
  return *std::move(copy);
}

void Apply(Network& network, Assignment& assignment) {
  for (std::size_t i = 0; i < assignment.values.size(); ++i) {
    if (assignment.values[i]) network.variables()[i] = *assignment.values[i];
  }
}

}  // namespace

Result<Assignment> Match(const Network& network, const Group& tree, const LoadOptions& options,
                         const std::string& place) {
  const Result<Format> format = DetectFormat(tree, place);
  if (!format) return std::unexpected(format.error());
  return *format == Format::kWeightsH5 ? MatchWeightsH5(network.plan(), tree, options, place)
                                       : MatchLegacyH5(network.plan(), tree, options, place);
}

FaultyTestee::FaultyTestee(std::string name, Hooks hooks)
    : BuiltinTestee(std::move(name)), hooks_(std::move(hooks)), told_(BuiltinTestee::Describe()) {
  constexpr int kHostilePercent = 10;
  told_.space.hostile = hooks_.hostile;
  told_.space.hostile_percent = kHostilePercent;
}

Answer FaultyTestee::Save(const SaveRequest& request) {
  SaveRequest asked = request;
  if (hooks_.save_asked) hooks_.save_asked(asked);
  return BuiltinTestee::Save(asked);
}

Answer FaultyTestee::Load(const LoadRequest& request) {
  LoadRequest asked = request;
  if (hooks_.load_asked) hooks_.load_asked(asked);
  before_load_.reset();
  refused_ = false;
  return BuiltinTestee::Load(asked);
}

Status FaultyTestee::SaveNetwork(const Network& network, const std::string& path, Format format,
                                 const SaveOptions& options) {
  const std::string target = hooks_.save_path ? hooks_.save_path(path) : path;
  if (!hooks_.tree_encoded && !hooks_.write) return SaveWeights(network, target, format, options);
  Result<Group> tree = Encode(format, network.plan(), network.variables());
  if (!tree) return std::unexpected(tree.error());
  if (hooks_.tree_encoded) hooks_.tree_encoded(*tree, network);
  const Result<std::vector<std::byte>> bytes = WriteHdf5(*tree);
  if (!bytes) return std::unexpected(bytes.error());
  return hooks_.write ? hooks_.write(target, *bytes) : WriteFileAtomically(target, *bytes, options);
}

Result<LoadReport> FaultyTestee::LoadByPieces(Network& network, const std::string& path,
                                              const LoadOptions& options, Group* tree_out) {
  const std::string source = hooks_.load_path ? hooks_.load_path(path) : path;
  Result<FileBytes> file = ReadWholeFile(source);
  if (!file) return std::unexpected(file.error());
  std::string bytes(reinterpret_cast<const char*>(file->data()), file->size());
  if (hooks_.bytes_read) hooks_.bytes_read(bytes, path);
  Result<Group> tree = ReadHdf5(std::as_bytes(std::span(bytes)), path, hooks_.limits);
  if (!tree && hooks_.damage_swallowed) return LoadReport();
  if (!tree) return std::unexpected(tree.error());
  if (hooks_.tree_read) hooks_.tree_read(*tree);
  *tree_out = *tree;
  if (hooks_.refuse_more) {
    if (const Status more = hooks_.refuse_more(network, *tree); !more) {
      Error error = more.error();
      error.place = path + ": " + error.place;
      return std::unexpected(std::move(error));
    }
  }
  Result<Assignment> match = Match(network, *tree, options, path);
  if (!match && hooks_.refused) match = hooks_.refused(match.error(), network, *tree, options);
  if (!match) return std::unexpected(match.error());
  if (hooks_.values_matched) hooks_.values_matched(match->values, network, *tree);
  Apply(network, *match);
  if (hooks_.reported) hooks_.reported(match->report, network);
  return std::move(match->report);
}

Result<LoadReport> FaultyTestee::LoadNetwork(Network& network, const std::string& path,
                                             const LoadOptions& options) {
  before_load_ = std::make_unique<Network>(CopyOf(network));
  Group tree;
  Result<LoadReport> report = LoadByPieces(network, path, options, &tree);
  if (!report) {
    refused_ = true;
    if (hooks_.after_refusal) hooks_.after_refusal(network, tree);
    Error error = report.error();
    if (hooks_.error_said) hooks_.error_said(error);
    return std::unexpected(std::move(error));
  }
  return report;
}

Result<LoadedModel> FaultyTestee::LoadWholeModel(const std::string& path,
                                                 const LoadOptions& options) {
  const std::string source = hooks_.load_path ? hooks_.load_path(path) : path;
  Result<LoadedModel> loaded = LoadModel(source, options);
  if (!loaded) {
    Error error = loaded.error();
    if (hooks_.error_said) hooks_.error_said(error);
    return std::unexpected(std::move(error));
  }
  Result<LoadReport> report = LoadNetwork(loaded->network, path, options);
  if (!report) return std::unexpected(report.error());
  loaded->report = *std::move(report);
  return loaded;
}

Result<Tensor> FaultyTestee::Predict(const Network& network, const Tensor& inputs, bool loaded) {
  const bool wanted =
      loaded && before_load_ && hooks_.predict_loaded && refused_ == hooks_.predict_after_refusal;
  if (!wanted) return network.Predict(inputs);
  Network stale = CopyOf(network);
  hooks_.predict_loaded(stale, *before_load_);
  return stale.Predict(inputs);
}

Assignment LenientMatch(const Network& network, const Group& tree, const LoadOptions& options) {
  Route route;
  route.by_name = options.by_name;
  const Result<Format> format = DetectFormat(tree, "");
  if (format && *format == Format::kWeightsH5) route.format = RouteFormat::kWeightsH5;
  Truth truth = DecodeTruth(tree, network.plan(), route);
  Assignment assignment;
  for (std::size_t i = 0; i < truth.values.size(); ++i) {
    LoadedVariable variable{truth.values[i].first, truth.values[i].second ? "somewhere" : "", {}};
    assignment.report.variables.push_back(std::move(variable));
    assignment.values.push_back(std::move(truth.values[i].second));
  }
  return assignment;
}

Hooks Ignoring(std::initializer_list<ErrorKind> kinds) {
  Hooks hooks;
  hooks.refused = [kinds = std::vector<ErrorKind>(kinds)](
                      Error error, const Network& network, const Group& tree,
                      const LoadOptions& options) -> Result<Assignment> {
    if (std::ranges::find(kinds, error.kind) == kinds.end()) return std::unexpected(error);
    return LenientMatch(network, tree, options);
  };
  return hooks;
}

Hooks Allowing(ErrorKind kind, bool LoadOptions::* option) {
  Hooks hooks;
  hooks.refused = [kind, option](Error error, const Network& network, const Group& tree,
                                 const LoadOptions& options) -> Result<Assignment> {
    if (error.kind != kind) return std::unexpected(error);
    LoadOptions more = options;
    more.*option = true;
    Result<Assignment> match = Match(network, tree, more, "");
    if (!match) return std::unexpected(error);
    std::erase_if(match->report.notes, [](const Note& note) {
      return note.kind == NoteKind::kNarrowed || note.kind == NoteKind::kAssumedOrder ||
             note.kind == NoteKind::kTrustedNames;
    });
    return match;
  };
  return hooks;
}

Hooks EditingRole(std::string_view role, void (*edit)(Tensor& value)) {
  Hooks hooks;
  hooks.values_matched = [role, edit](Values& values, const Network& network, const Group&) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i] && network.variable_plans()[i]->role == role) edit(*values[i]);
    }
  };
  return hooks;
}

Hooks EditingElements(float (*edit)(float value)) {
  Hooks hooks;
  hooks.values_matched = [edit](Values& values, const Network&, const Group&) {
    for (std::optional<Tensor>& value : values) {
      if (!value) continue;
      for (float& element : value->values<float>()) element = edit(element);
    }
  };
  return hooks;
}

}  // namespace weightproof
