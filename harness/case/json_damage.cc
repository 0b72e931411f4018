// Damage as JSON.
#include <cmath>

#include "harness/case/json_fields.h"

namespace weightproof {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 21> kDamageOps = {
    "drop",      "rename",           "swap",    "reshape", "retype", "duplicate", "set_attribute",
    "chunk",     "set_value",        "flip",    "cut",     "zero",   "append",    "external_link",
    "soft_link", "external_storage", "virtual", "huge",    "bomb",   "traversal", "config"};
constexpr std::array<std::string_view, 3> kNotNumbers = {"nan", "inf", "-inf"};
constexpr std::int64_t kIndexMax = std::int64_t{1} << 48;
constexpr std::int64_t kDamageBytesMax = std::int64_t{1} << 20;  // of one edit
// What a load may be made to believe: enough to be seen, too little to hurt the machine.
constexpr std::int64_t kHostileBytesMax = std::int64_t{1} << 30;

Json NumberToJson(double value) {
  if (std::isnan(value)) return kNotNumbers[0];
  if (std::isinf(value)) return kNotNumbers[value > 0 ? 1 : 2];
  return value;
}

void ReadNumber(JsonFields& fields, std::string_view key, double& out) {
  const Json* value = fields.Find(key, true);
  if (value == nullptr) return;
  if (value->is_number()) {
    out = value->get<double>();
    return;
  }
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const auto* text = value->get_ptr<const std::string*>();
  if (text != nullptr && *text == "nan")
    out = std::numeric_limits<double>::quiet_NaN();
  else if (text != nullptr && *text == "inf")
    out = kInfinity;
  else if (text != nullptr && *text == "-inf")
    out = -kInfinity;
  else
    fields.Wrong(key, "a number, \"nan\", \"inf\" or \"-inf\" is due here");
}

bool HasPath(DamageOp op) {
  return op != DamageOp::kAppend && op != DamageOp::kBomb && op != DamageOp::kTraversal &&
         op != DamageOp::kConfig;
}

Json OneDamageToJson(const Damage& damage) {
  Json out = {{"op", DamageOpName(damage.op)}};
  if (HasPath(damage.op) && (!OfBytes(damage.op) || !damage.path.empty())) {
    out["path"] = damage.path;
  }
  if (!damage.how.empty()) out["how"] = damage.how;
  switch (damage.op) {
    case DamageOp::kDrop:
      if (!damage.attribute.empty()) out["attribute"] = damage.attribute;
      break;
    case DamageOp::kRename:
    case DamageOp::kDuplicate:
      out["to"] = damage.to;
      break;
    case DamageOp::kSwap:
      out["other"] = damage.to;
      break;
    case DamageOp::kReshape:
      out["shape"] = damage.shape;
      break;
    case DamageOp::kRetype:
      out["dtype"] = damage.dtype;
      if (damage.big_endian) out["big_endian"] = true;
      break;
    case DamageOp::kSetAttribute:
      out["attribute"] = damage.attribute;
      out["strings"] = damage.strings;
      break;
    case DamageOp::kChunk:
      if (damage.deflate >= 0) out["deflate"] = damage.deflate;
      if (damage.shuffle) out["shuffle"] = true;
      if (damage.fletcher32) out["fletcher32"] = true;
      break;
    case DamageOp::kSetValue:
      out["index"] = damage.index;
      out["value"] = NumberToJson(damage.value);
      break;
    case DamageOp::kFlip:
      out["at"] = damage.index;
      out["mask"] = damage.mask;
      break;
    case DamageOp::kZero:
      out["at"] = damage.index;
      out["bytes"] = damage.bytes;
      break;
    case DamageOp::kCut:
      out["at"] = damage.index;
      break;
    case DamageOp::kAppend:
    case DamageOp::kHuge:
    case DamageOp::kBomb:
      out["bytes"] = damage.bytes;
      break;
    case DamageOp::kExternalLink:
    case DamageOp::kSoftLink:
    case DamageOp::kExternalStorage:
    case DamageOp::kVirtual:
    case DamageOp::kTraversal:
    case DamageOp::kConfig:
      break;
  }
  return out;
}

Result<Damage> ReadOneDamage(const Json& value, const JsonPlace& place) {
  JsonFields fields(value, place);
  Damage damage;
  fields.Word("op", kDamageOps, damage.op, true);
  if (HasPath(damage.op)) fields.Text("path", damage.path, !OfBytes(damage.op));
  const std::span<const std::string_view> words = HostileWords(damage.op);
  if (!words.empty()) {
    fields.Text("how", damage.how, true);
    if (fields.ok() && std::ranges::find(words, damage.how) == words.end()) {
      fields.Wrong("how", "no word of CASE.md for this op");
    }
  }
  switch (damage.op) {
    case DamageOp::kDrop:
      fields.Text("attribute", damage.attribute);
      break;
    case DamageOp::kRename:
    case DamageOp::kDuplicate:
      fields.Text("to", damage.to, true);
      break;
    case DamageOp::kSwap:
      fields.Text("other", damage.to, true);
      break;
    case DamageOp::kReshape:
      fields.Ints("shape", 32, damage.shape, 0, kIndexMax, true);
      break;
    case DamageOp::kRetype:
      fields.Text("dtype", damage.dtype, true);
      fields.Bool("big_endian", damage.big_endian);
      break;
    case DamageOp::kSetAttribute:
      fields.Text("attribute", damage.attribute, true);
      fields.Texts("strings", 10'000, damage.strings, true);
      break;
    case DamageOp::kChunk:
      fields.Int("deflate", -1, 9, damage.deflate);
      fields.Bool("shuffle", damage.shuffle);
      fields.Bool("fletcher32", damage.fletcher32);
      break;
    case DamageOp::kSetValue:
      fields.Integer("index", 0, kIndexMax, damage.index, true);
      ReadNumber(fields, "value", damage.value);
      break;
    case DamageOp::kFlip:
      fields.Integer("at", 0, kIndexMax, damage.index, true);
      fields.Int("mask", 1, 255, damage.mask, true);
      break;
    case DamageOp::kZero:
      fields.Integer("at", 0, kIndexMax, damage.index, true);
      fields.Integer("bytes", 1, kDamageBytesMax, damage.bytes, true);
      break;
    case DamageOp::kCut:
      fields.Integer("at", 0, kIndexMax, damage.index, true);
      break;
    case DamageOp::kAppend:
      fields.Integer("bytes", 1, kDamageBytesMax, damage.bytes, true);
      break;
    case DamageOp::kHuge:
    case DamageOp::kBomb:
      fields.Integer("bytes", 1, kHostileBytesMax, damage.bytes, true);
      break;
    case DamageOp::kExternalLink:
    case DamageOp::kSoftLink:
    case DamageOp::kExternalStorage:
    case DamageOp::kVirtual:
    case DamageOp::kTraversal:
    case DamageOp::kConfig:
      break;
  }
  fields.Done();
  if (!fields.ok()) return std::unexpected(std::move(fields).error());
  return damage;
}

}  // namespace

Result<std::vector<Damage>> ReadDamage(const Json& value, const JsonPlace& place) {
  auto array = ReadArray(value, place, kCaseDamageMax);
  if (!array) return std::unexpected(std::move(array.error()));
  std::vector<Damage> damage;
  for (std::size_t i = 0; i < (*array)->size(); ++i) {
    auto one = ReadOneDamage((**array)[i], JsonPlace{&place, "", i, true});
    if (!one) return std::unexpected(std::move(one.error()));
    damage.push_back(std::move(*one));
  }
  return damage;
}

std::string_view DamageOpName(DamageOp op) { return kDamageOps[static_cast<std::size_t>(op)]; }

std::span<const std::string_view> HostileWords(DamageOp op) {
  static constexpr std::array<std::string_view, 3> kSoftLink = {"elsewhere", "nowhere", "itself"};
  static constexpr std::array<std::string_view, 2> kVirtual = {"elsewhere", "itself"};
  static constexpr std::array<std::string_view, 2> kHuge = {"contiguous", "chunked"};
  static constexpr std::array<std::string_view, 3> kBomb = {"config", "weights", "asset"};
  static constexpr std::array<std::string_view, 2> kTraversal = {"parent", "absolute"};
  static constexpr std::array<std::string_view, 5> kConfig = {"module", "function", "lambda",
                                                              "vocabulary", "loss"};
  switch (op) {
    case DamageOp::kSoftLink:
      return kSoftLink;
    case DamageOp::kVirtual:
      return kVirtual;
    case DamageOp::kHuge:
      return kHuge;
    case DamageOp::kBomb:
      return kBomb;
    case DamageOp::kTraversal:
      return kTraversal;
    case DamageOp::kConfig:
      return kConfig;
    default:
      return {};
  }
}

Json DamageToJson(const std::vector<Damage>& damage) {
  Json out = Json::array();
  for (const Damage& one : damage) out.push_back(OneDamageToJson(one));
  return out;
}

Result<std::vector<Damage>> DamageFromJson(const Json& value, const std::string& place) {
  return ReadDamage(value, JsonPlace{nullptr, place});
}

}  // namespace weightproof
