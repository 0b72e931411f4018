// Errors as values. Nothing in model/ throws, aborts or prints because of what a file says.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace weightproof {

// One kind per cause. The name in the comment's front is what ErrorKindName() prints.
enum class ErrorKind : std::uint8_t {
  // Paths and files.
  kPathUnreadable,    // PathUnreadable: missing, a directory, no permission, an I/O error
  kPathUnwritable,    // PathUnwritable: missing parent, a directory, no permission, name too long
  kNotAnHdf5File,     // NotAnHdf5File: no HDF5 signature, or the library cannot open the bytes
  kDamagedFile,       // DamagedFile: an HDF5 file whose inside cannot be read
  kForbiddenFeature,  // ForbiddenFeature: links, external storage, virtual data, unknown types
  kLimitExceeded,     // LimitExceeded: a size, count or depth over a named limit
  kWrongFormat,       // WrongFormat: well-formed, but not the format that was asked for
  kUnknownSuffix,     // UnknownSuffix: a suffix that means a format this library lacks
  // Architectures and builds.
  kBadJson,           // BadJson: not JSON, or not of the documented form
  kUnknownLayer,      // UnknownLayer: a layer class this library does not have
  kBadConfig,         // BadConfig: a config key or value this library does not know
  kUnsupportedDtype,  // UnsupportedDtype: a dtype policy other than float32
  kShapeInference,    // ShapeInference: layers whose shapes do not fit each other
  kInvalidBuild,      // InvalidBuild: a build program that does not apply to its architecture
  // Matching a file to a model.
  kLayerCountMismatch,   // LayerCountMismatch
  kWeightCountMismatch,  // WeightCountMismatch
  kShapeMismatch,        // ShapeMismatch
  kRoleMismatch,         // RoleMismatch: the file calls a weight "beta" where the model has "gamma"
  kClassMismatch,        // ClassMismatch: an automatic name of another class
  kGivenNameElsewhere,   // GivenNameElsewhere: a given name on both sides at different places
  kAutoNamesDisagree,    // AutoNamesDisagree: by name, automatic names whose places differ
  kAmbiguousOrder,  // AmbiguousOrder: equal-shaped siblings inside a nested layer, no clear order
  kUnmatchedLayer,  // UnmatchedLayer: by name, a layer that only one side has
  kMissingTensor,   // MissingTensor: a listed tensor or group that is not there
  kUnusedTensor,    // UnusedTensor: a weight tensor that no variable takes
  kNarrowing,       // Narrowing: a conversion that could lose a bit
  kDtypeMismatch,   // DtypeMismatch: text or opaque bytes where numbers are due
  kDuplicateName,   // DuplicateName: one name twice where it must be unique
  kMalformedMetadata,   // MalformedMetadata: a name list or attribute of the wrong kind
  kOptionNotSupported,  // OptionNotSupported: a load option that this format does not have
};

std::string_view ErrorKindName(ErrorKind kind);

struct Error {
  ErrorKind kind;
  std::string place;    // file, and layer, group, attribute or JSON pointer inside it
  std::string message;  // what was found there, and what was expected
  std::string remedy;   // the option or the change that gets further

  // "KIND at PLACE: MESSAGE (REMEDY)"
  std::string Text() const;
};

template <class T>
using Result = std::expected<T, Error>;
using Status = std::expected<void, Error>;

inline std::unexpected<Error> Fail(ErrorKind kind, std::string place, std::string message,
                                   std::string remedy) {
  return std::unexpected(Error{kind, std::move(place), std::move(message), std::move(remedy)});
}

}  // namespace weightproof
