#include "model/error.h"

namespace weightproof {

std::string_view ErrorKindName(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kPathUnreadable:
      return "PathUnreadable";
    case ErrorKind::kPathUnwritable:
      return "PathUnwritable";
    case ErrorKind::kNotAnHdf5File:
      return "NotAnHdf5File";
    case ErrorKind::kDamagedFile:
      return "DamagedFile";
    case ErrorKind::kForbiddenFeature:
      return "ForbiddenFeature";
    case ErrorKind::kLimitExceeded:
      return "LimitExceeded";
    case ErrorKind::kWrongFormat:
      return "WrongFormat";
    case ErrorKind::kUnknownSuffix:
      return "UnknownSuffix";
    case ErrorKind::kBadJson:
      return "BadJson";
    case ErrorKind::kUnknownLayer:
      return "UnknownLayer";
    case ErrorKind::kBadConfig:
      return "BadConfig";
    case ErrorKind::kUnsupportedDtype:
      return "UnsupportedDtype";
    case ErrorKind::kShapeInference:
      return "ShapeInference";
    case ErrorKind::kInvalidBuild:
      return "InvalidBuild";
    case ErrorKind::kLayerCountMismatch:
      return "LayerCountMismatch";
    case ErrorKind::kWeightCountMismatch:
      return "WeightCountMismatch";
    case ErrorKind::kShapeMismatch:
      return "ShapeMismatch";
    case ErrorKind::kRoleMismatch:
      return "RoleMismatch";
    case ErrorKind::kClassMismatch:
      return "ClassMismatch";
    case ErrorKind::kGivenNameElsewhere:
      return "GivenNameElsewhere";
    case ErrorKind::kAutoNamesDisagree:
      return "AutoNamesDisagree";
    case ErrorKind::kAmbiguousOrder:
      return "AmbiguousOrder";
    case ErrorKind::kUnmatchedLayer:
      return "UnmatchedLayer";
    case ErrorKind::kMissingTensor:
      return "MissingTensor";
    case ErrorKind::kUnusedTensor:
      return "UnusedTensor";
    case ErrorKind::kNarrowing:
      return "Narrowing";
    case ErrorKind::kDtypeMismatch:
      return "DtypeMismatch";
    case ErrorKind::kDuplicateName:
      return "DuplicateName";
    case ErrorKind::kMalformedMetadata:
      return "MalformedMetadata";
    case ErrorKind::kOptionNotSupported:
      return "OptionNotSupported";
  }
  return "UnknownError";
}

std::string Error::Text() const {
  std::string text(ErrorKindName(kind));
  if (!place.empty()) text += " at " + place;
  text += ": " + message;
  if (!remedy.empty()) text += " (" + remedy + ")";
  return text;
}

}  // namespace weightproof
