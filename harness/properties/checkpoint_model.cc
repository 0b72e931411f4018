#include "harness/properties/checkpoint_model.h"

#include <utility>
#include <vector>

#include "harness/oracle/truth.h"
#include "harness/properties/checkpoint_loading_report.h"
#include "harness/properties/checkpoint_refusal.h"
#include "harness/properties/clauses.h"

namespace weightproof {
namespace {

// Causes that lie in the config.
bool IsOfConfig(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kBadJson:
    case ErrorKind::kUnknownLayer:
    case ErrorKind::kBadConfig:
    case ErrorKind::kUnsupportedDtype:
    case ErrorKind::kShapeInference:
    case ErrorKind::kInvalidBuild:
    case ErrorKind::kDuplicateName:
    case ErrorKind::kMalformedMetadata:
    case ErrorKind::kLimitExceeded:
      return true;
    default:
      return false;
  }
}

std::string FaultOfModelRefusal(const ModelFile& file, const Error& error) {
  if (file.tree.FindAttribute("model_config") == nullptr) {
    return error.kind == ErrorKind::kWrongFormat ? FaultOfRefusal(error, file.path, {})
                                                 : "a refusal of another kind than WrongFormat";
  }
  if (!error.place.starts_with(file.path + ": @model_config")) {
    return FaultOfRefusal(error, file.path, {});
  }
  if (!IsOfConfig(error.kind)) {
    return "a refusal of the config, of the kind " + std::string(ErrorKindName(error.kind));
  }
  return error.message.empty() || error.remedy.empty() ? "the refusal says or advises nothing" : "";
}

// Names of a config can be such that no file holds them, or none says their order.
Verdict RefusedAgain(const ModelFile& file, const Error& error, const char* cause) {
  const bool of_names =
      error.kind == ErrorKind::kDuplicateName || error.kind == ErrorKind::kMalformedMetadata ||
      error.kind == ErrorKind::kLimitExceeded || error.kind == ErrorKind::kAmbiguousOrder;
  if (of_names && error.place.starts_with(file.again) && !error.remedy.empty()) return Held();
  return Falsified(Severity::kFalseRefusal, cause, error.Text());
}

Verdict CheckModelSavedAgain(const ModelFile& file, const Network& network) {
  if (const Status saved = file.functions.save(network, file.again, Format::kLegacyH5Model);
      !saved) {
    return RefusedAgain(file, saved.error(), "cannot-save-model-again");
  }
  const Result<LoadedModel> again = file.functions.load_model(file.again, {});
  if (!again) return RefusedAgain(file, again.error(), "cannot-load-model-again");
  if (NormalForm(again->network.plan()) != NormalForm(network.plan())) {
    return SilentlyWrong(
        "another-model-when-saved-again",
        NormalForm(network.plan()) + "\nbecame\n" + NormalForm(again->network.plan()));
  }
  if (again->network.variables() == network.variables()) return Held();
  return SilentlyWrong("model-differs-when-saved-again",
                       "loaded, saved and loaded again, the variables are others");
}

// By a load of weights into a network of the same plan, and by the oracle.
Verdict CheckModelValues(const ModelFile& file, const Network& network) {
  Result<Network> other = Network::Create(network.plan());
  if (!other) return SilentlyWrong("model-without-network", other.error().Text());
  other->variables() = MarkedValues(*other, 0);
  const Result<LoadReport> loaded = file.functions.load(*other, file.path, {});
  if (!loaded) return SilentlyWrong("laxer-than-load-of-weights", loaded.error().Text());
  if (other->variables() != network.variables()) {
    return SilentlyWrong("differs-from-load-of-weights",
                         "the same weights loaded into a network of the same plan are others");
  }
  Route route;
  route.format = RouteFormat::kLegacyH5;
  const Truth truth = DecodeTruth(file.tree, network.plan(), route);
  for (std::size_t i = 0; i < truth.values.size(); ++i) {
    const auto& [id, value] = truth.values[i];
    if (value == network.variables()[i]) continue;
    return SilentlyWrong("model-differs-from-oracle",
                         id + " holds another value than the oracle reads for it");
  }
  return Held();
}

}  // namespace

Verdict CheckModelLoading(const ModelFile& file) {
  const Result<LoadedModel> loaded = file.functions.load_model(file.path, {});
  if (!loaded) {
    std::string fault = FaultOfModelRefusal(file, loaded.error());
    if (fault.empty()) return Held();
    return Falsified(Severity::kUnhelpful, "unhelpful-refusal-of-a-model",
                     std::move(fault) + ": " + loaded.error().Text());
  }
  if (file.tree.FindAttribute("model_config") == nullptr) {
    return SilentlyWrong("model-from-nothing", "a model, and the file holds no config");
  }
  const Network& network = loaded->network;
  const std::vector<Tensor> before = MarkedValues(network, 0);
  LoadingFault fault = FaultOfAccepted({.tree = file.tree,
                                        .options = {},
                                        .before = before,
                                        .network = network,
                                        .report = loaded->report});
  if (!fault.cause.empty()) return SilentlyWrong(std::move(fault.cause), std::move(fault.evidence));
  Verdict verdict = CheckModelValues(file, network);
  return verdict.kind == VerdictKind::kHeld ? CheckModelSavedAgain(file, network) : verdict;
}

}  // namespace weightproof
