#include "fuzz/damage_input.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "fuzz/checkpoint_models.h"
#include "fuzz/load_seeds.h"
#include "harness/case/draw.h"
#include "harness/case/json.h"
#include "harness/oracle/damage.h"
#include "model/checkpoint/hdf5.h"

namespace weightproof::fuzz {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kInputBytesMax = 1 << 16;
constexpr std::size_t kEditsMax = 8;

struct DamageInput {
  std::uint64_t model = 0;
  RouteFormat format = RouteFormat::kLegacyH5;
  std::vector<Damage> damage;

  const Network& network() const { return CheckpointModels()[model % CheckpointModels().size()]; }
};

std::optional<DamageInput> Read(std::string_view json) {
  const Result<Json> value = ParseJson(json, "damage", kInputBytesMax);
  if (!value || !value->is_object() || value->size() != 3) return std::nullopt;
  const auto model = value->find("model");
  const auto format = value->find("format");
  const auto damage = value->find("damage");
  if (model == value->end() || !model->is_number_unsigned() || format == value->end() ||
      damage == value->end()) {
    return std::nullopt;
  }
  DamageInput input{.model = model->get<std::uint64_t>(), .damage = {}};
  if (*format == "weights_h5") {
    input.format = RouteFormat::kWeightsH5;
  } else if (*format != "legacy_h5") {
    return std::nullopt;
  }
  Result<std::vector<Damage>> edits = DamageFromJson(*damage);
  if (!edits || edits->size() > kEditsMax) return std::nullopt;
  if (std::ranges::any_of(*edits, [](const Damage& edit) { return IsHostile(edit.op); })) {
    return std::nullopt;
  }
  input.damage = *std::move(edits);
  return input;
}

std::string Write(const DamageInput& input) {
  return DumpJson({{"model", input.model},
                   {"format", RouteFormatName(input.format)},
                   {"damage", DamageToJson(input.damage)}});
}

CheckpointFamily FamilyOf(const DamageInput& input) {
  return input.format == RouteFormat::kWeightsH5 ? CheckpointFamily::kWeightsH5
                                                 : CheckpointFamily::kLegacyH5;
}

}  // namespace

std::optional<DamagedCheckpoint> DecodeDamage(std::string_view json) {
  const std::optional<DamageInput> input = Read(json);
  if (!input) return std::nullopt;
  Group root = PlainCheckpoint(FamilyOf(*input), input->network());
  if (!ApplyDamage(root, input->damage)) return std::nullopt;
  const Result<std::vector<std::byte>> file = WriteHdf5(root);
  if (!file) return std::nullopt;
  std::string bytes(reinterpret_cast<const char*>(file->data()), file->size());
  if (!DamageBytes(bytes, input->damage)) return std::nullopt;
  const auto* begin = reinterpret_cast<const std::byte*>(bytes.data());
  return DamagedCheckpoint{FamilyOf(*input), {begin, begin + bytes.size()}};
}

std::optional<std::string> MutateDamage(std::string_view json, std::uint64_t seed,
                                        std::size_t bytes_max) {
  std::optional<DamageInput> input = Read(json);
  if (!input) return std::nullopt;
  SeededChoices choices(seed, 0);
  Chooser choose(choices);
  if (!input->damage.empty() && choose.Percent(30)) {
    const std::size_t at = choose.Below(input->damage.size());
    input->damage.erase(input->damage.begin() + static_cast<std::ptrdiff_t>(at));
  } else {
    if (choose.Percent(20) || input->damage.size() + 2 > kEditsMax) {
      input->model = choose.Below(CheckpointModels().size());
      input->damage.clear();
    }
    Case c;
    c.route.format = input->format;
    DrawDamage(choose, input->network().plan(), c);
    std::ranges::move(c.damage, std::back_inserter(input->damage));
  }
  std::string text = Write(*input);
  return text.size() <= bytes_max ? std::optional(std::move(text)) : std::nullopt;
}

}  // namespace weightproof::fuzz
