// Save and load: formats, options, and the account of what went where.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/checkpoint/file.h"
#include "model/checkpoint/tree.h"
#include "model/error.h"
#include "model/network/network.h"
#include "model/spec/plan.h"

namespace weightproof {

enum class Format : std::uint8_t {
  kLegacyH5,       // legacy_h5: `save_weights("m.h5")` of tf-keras
  kLegacyH5Model,  // legacy_h5_model: `save("m.h5")`, config and weights
  kWeightsH5,      // weights_h5: Keras 3's `.weights.h5`
};
std::string_view FormatName(Format format);
std::optional<Format> FormatFromName(std::string_view name);

// The tree of the file at a path.
using ReadTreeOfFile = Result<Group> (*)(const std::string& path);
// By the strict reader, from a copy of the file in memory, or from the file itself (see
// FileAccess::kMap).
Result<Group> ReadTreeOfCopy(const std::string& path);
Result<Group> ReadTreeOfMapping(const std::string& path);

struct LoadOptions {
  bool by_name = false;           // legacy H5 only
  bool skip_mismatch = false;     // skip what does not fit in count or shape, and list it
  bool partial = false;           // accept what only one side has, and list it
  bool trust_auto_names = false;  // by name: automatic names match wherever they stand
  bool assume_order = false;      // AmbiguousOrder: take the file's order
  bool allow_narrowing = false;   // accept conversions that lose bits, and list them
  ReadTreeOfFile read_tree = ReadTreeOfCopy;
};

enum class TensorRole : std::uint8_t { kWeight, kOptimizer, kMetric, kSeed, kUnknown };
std::string_view TensorRoleName(TensorRole role);

// Things that a load says beside its success, each naming what it is about.
enum class NoteKind : std::uint8_t {
  kRenamed,        // one side alone knows the given name
  kWidened,        // exact dtype conversion
  kNarrowed,       // with allow_narrowing
  kSkipped,        // skip_mismatch
  kUnset,          // partial: variable kept its value
  kUnused,         // partial: tensor in the file not used
  kSuffixDiffers,  // the path's suffix means another format than the content
  kAssumedOrder,   // assume_order was needed
  kTrustedNames,   // trust_auto_names was needed
  kLayersDiffer,   // layers without weights differ in class, number or order
};
std::string_view NoteKindName(NoteKind kind);

struct Note {
  NoteKind kind;
  std::string subject;  // variable id, layer name or path in the file
  std::string text;     // one sentence
};

struct LoadedVariable {
  std::string id;
  std::string source;  // path of the dataset in the file; empty: not set
  Digest digest{};     // of the variable's value after the load
};

struct UnusedTensor {
  std::string path;
  TensorRole role = TensorRole::kWeight;
};

struct LoadReport {
  Format format = Format::kLegacyH5;
  std::string found_dialect;              // "keras3", "tf_keras" or "" when the file does not tell
  std::vector<LoadedVariable> variables;  // every variable of the model, in walk order
  std::vector<UnusedTensor> unused;       // every tensor of the file that no variable took
  std::vector<Note> notes;
};

// ---- Trees (one file per format) ----

// The tree that the dialect's real library would write for this plan with these variables, in the
// order of Variables(plan.model). DuplicateName where the real library cannot save.
Result<Group> EncodeLegacyH5(const ModelPlan& plan, std::span<const Tensor> variables);
Result<Group> EncodeLegacyH5Model(const ModelPlan& plan, std::span<const Tensor> variables);
Result<Group> EncodeWeightsH5(const ModelPlan& plan, std::span<const Tensor> variables);
Result<Group> Encode(Format format, const ModelPlan& plan, std::span<const Tensor> variables);

// Which tensor goes to which variable. `values[i]` is for variable i in walk order, already in
// the variable's dtype; nullopt: keeps its value.
struct Assignment {
  std::vector<std::optional<Tensor>> values;
  LoadReport report;  // digests of set variables filled in
};

Result<Assignment> MatchLegacyH5(const ModelPlan& plan, const Group& root,
                                 const LoadOptions& options, const std::string& place);
Result<Assignment> MatchWeightsH5(const ModelPlan& plan, const Group& root,
                                  const LoadOptions& options, const std::string& place);

// The format by content. WrongFormat when it is none of ours.
Result<Format> DetectFormat(const Group& root, const std::string& place);

// What Keras would write at a path of this suffix (keras-formats 5.1), nullopt: none of ours.
std::optional<Format> FormatOfSuffix(std::string_view path, Dialect dialect);

// ---- Files ----

Status SaveWeights(const Network& network, const std::string& path, Format format,
                   const SaveOptions& options = {}, FileSystem& fs = RealFileSystem());

// Content decides the format. All or nothing: on an error no variable has changed.
//
// Memory, the report's and the error's included: what reading the file takes (h5/reader.h), and at
// most kLoadMemoryPerByte for every byte of the file and kLoadMemoryPerModelByte for every byte of
// the network's variables, each of which counts kLoadMemoryPerVariable bytes more.
inline constexpr std::size_t kLoadMemoryPerByte = 4;
inline constexpr std::size_t kLoadMemoryPerModelByte = 2;
inline constexpr std::size_t kLoadMemoryPerVariable = 1024;
Result<LoadReport> LoadWeights(Network& network, const std::string& path,
                               const LoadOptions& options = {});

// A whole-model file: the network of its `model_config`, weights loaded.
struct LoadedModel {
  Network network;
  LoadReport report;
};
Result<LoadedModel> LoadModel(const std::string& path, const LoadOptions& options = {});

}  // namespace weightproof
