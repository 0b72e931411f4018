// The case: one save/load round trip as a plain value. Its JSON is described in CASE.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"
#include "model/spec/architecture.h"
#include "model/spec/build.h"

namespace weightproof {

enum class Profile : std::uint8_t { kPlain, kNan, kInf, kNegativeZero, kDenormal, kHuge };

struct WeightsSpec {
  std::uint64_t seed = 1;
  Profile profile = Profile::kPlain;
  bool operator==(const WeightsSpec&) const = default;
};

struct SessionSpec {
  bool fresh = false;
  int models_before = 0;
  int hash_seed = 0;
  std::string working_directory;
  std::string locale;
  int umask = -1;   // -1: as it is
  int threads = 0;  // 0: as it is
  bool load_twice = false;
  bool operator==(const SessionSpec&) const = default;
};

enum class PathSetup : std::uint8_t {
  kNone,
  kExistingFile,
  kExistingDirectory,
  kMissingParent,
  kSymlink,
  kExistingCheckpoint
};

struct PathSpec {
  std::string text = "m";
  PathSetup setup = PathSetup::kNone;
  bool relative = false;
  bool operator==(const PathSpec&) const = default;
};

enum class RouteFormat : std::uint8_t { kLegacyH5, kLegacyH5Model, kWeightsH5, kKerasArchive };
enum class LoadAs : std::uint8_t { kWeights, kModel };

struct Route {
  RouteFormat format = RouteFormat::kLegacyH5;
  PathSpec path;
  std::optional<PathSpec> load_path;
  LoadAs load_as = LoadAs::kWeights;
  bool by_name = false;
  bool skip_mismatch = false;
  bool partial = false;
  bool overwrite = true;
  // Weights only, in several files, each as large as the largest weight (64 bytes at least).
  bool sharded = false;
  bool operator==(const Route&) const = default;
};

enum class DamageOp : std::uint8_t {
  kDrop,
  kRename,
  kSwap,
  kReshape,
  kRetype,
  kDuplicate,
  kSetAttribute,
  kChunk,
  kSetValue,
  // Edits of bytes, after all edits of the tree.
  kFlip,
  kCut,
  kZero,
  kAppend,
  // Aimed at a loader's safety. Such an edit stands alone.
  kExternalLink,
  kSoftLink,
  kExternalStorage,
  kVirtual,
  kHuge,
  kBomb,
  kTraversal,
  kConfig
};

constexpr bool OfBytes(DamageOp op) { return op >= DamageOp::kFlip && op <= DamageOp::kAppend; }
constexpr bool IsHostile(DamageOp op) { return op >= DamageOp::kExternalLink; }

struct Damage {
  DamageOp op = DamageOp::kDrop;
  std::string path;
  std::string attribute;             // kDrop (optional), kSetAttribute
  std::string to;                    // kRename, kDuplicate; `other` of kSwap
  std::vector<std::int64_t> shape;   // kReshape
  std::string dtype;                 // kRetype
  bool big_endian = false;           // kRetype
  std::vector<std::string> strings;  // kSetAttribute
  int deflate = -1;                  // kChunk
  bool shuffle = false;              // kChunk
  bool fletcher32 = false;           // kChunk
  // kSetValue; kFlip, kZero, kCut: a byte, counted modulo the length of the file; with a `path`
  // counted in the first stored piece of that dataset, modulo its length.
  std::int64_t index = 0;
  double value = 0;        // kSetValue
  std::int64_t bytes = 0;  // kZero, kAppend: how many; kHuge, kBomb: how many it pretends to be
  int mask = 0;            // kFlip: the bits that turn, 1 to 255
  // Of hostile ops that have them: one of HostileWords(op).
  std::string how = {};
  bool operator==(const Damage&) const = default;
};

struct Side {
  Build build;
  SessionSpec session;
  bool operator==(const Side&) const = default;
};

struct Probe {
  std::uint64_t seed = 1;
  int batch = 3;
  bool operator==(const Probe&) const = default;
};

struct Case {
  ArchitectureSpec architecture;  // layers without names, flat
  WeightsSpec weights;
  Side writer;
  Route route;
  std::vector<Damage> damage;
  Side reader;
  Probe probe;
  bool operator==(const Case&) const = default;
};

// A file that is to make the load leave its home: its one edit is hostile.
inline bool IsHostile(const Case& c) {
  return c.damage.size() == 1 && IsHostile(c.damage.front().op);
}

inline constexpr int kCaseSchema = 1;
inline constexpr std::size_t kCaseJsonBytesMax = std::size_t{1} << 20;

// Canonical JSON: sorted keys, defaults left out; the same case gives the same text.
std::string CaseToJson(const Case& c, int indent = 2);
// BadJson (with a JSON pointer as the place) for anything CASE.md does not allow.
Result<Case> CaseFromJson(std::string_view json, const std::string& place = "case");

}  // namespace weightproof
