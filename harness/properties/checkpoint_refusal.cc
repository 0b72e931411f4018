#include "harness/properties/checkpoint_refusal.h"

#include <string_view>
#include <utility>

namespace weightproof {
namespace {

// Causes that lie in the bytes of a file or in how it fits a model.
bool IsOfLoading(ErrorKind kind, const LoadOptions& options) {
  switch (kind) {
    case ErrorKind::kNotAnHdf5File:
    case ErrorKind::kDamagedFile:
    case ErrorKind::kForbiddenFeature:
    case ErrorKind::kLimitExceeded:
    case ErrorKind::kWrongFormat:
    case ErrorKind::kLayerCountMismatch:
    case ErrorKind::kWeightCountMismatch:
    case ErrorKind::kRoleMismatch:
    case ErrorKind::kClassMismatch:
    case ErrorKind::kGivenNameElsewhere:
    case ErrorKind::kAmbiguousOrder:
    case ErrorKind::kMissingTensor:
    case ErrorKind::kDtypeMismatch:
    case ErrorKind::kDuplicateName:
    case ErrorKind::kMalformedMetadata:
      return true;
    case ErrorKind::kShapeMismatch:
      return !options.skip_mismatch;
    case ErrorKind::kUnusedTensor:
      return !options.partial;
    case ErrorKind::kNarrowing:
      return !options.allow_narrowing;
    case ErrorKind::kUnmatchedLayer:
      return options.by_name && !options.partial;
    case ErrorKind::kAutoNamesDisagree:
      return options.by_name && !options.trust_auto_names;
    case ErrorKind::kOptionNotSupported:
      return options.by_name;
    default:
      return false;
  }
}

// Whether the remedy is an option, or several, and all of them were given.
bool AdvisesWhatWasDone(const Error& error, const LoadOptions& options) {
  if (error.kind == ErrorKind::kOptionNotSupported) return false;
  const std::pair<std::string_view, bool> words[] = {{"by_name", options.by_name},
                                                     {"skip_mismatch", options.skip_mismatch},
                                                     {"with partial", options.partial},
                                                     {"and partial", options.partial},
                                                     {"trust_auto_names", options.trust_auto_names},
                                                     {"assume_order", options.assume_order},
                                                     {"allow_narrowing", options.allow_narrowing}};
  bool advised = false;
  for (const auto& [word, given] : words) {
    if (!error.remedy.contains(word)) continue;
    if (!given) return false;
    advised = true;
  }
  return advised;
}

}  // namespace

std::string FaultOfRefusal(const Error& error, const std::string& path,
                           const LoadOptions& options) {
  if (!IsOfLoading(error.kind, options)) {
    return "a refusal of the kind " + std::string(ErrorKindName(error.kind));
  }
  if (!error.place.starts_with(path)) return "the refusal does not name the file";
  if (error.message.empty() || error.remedy.empty()) return "the refusal says or advises nothing";
  // These three are about the file as a whole.
  const bool whole = error.kind == ErrorKind::kNotAnHdf5File ||
                     error.kind == ErrorKind::kWrongFormat ||
                     error.kind == ErrorKind::kOptionNotSupported;
  const bool placed = error.place.size() > path.size() + 2 || error.message.contains("(byte ");
  if (!whole && !placed) return "the refusal names no place in the file";
  if (AdvisesWhatWasDone(error, options)) return "the refusal advises what was given";
  return "";
}

}  // namespace weightproof
