// Damage aimed at a loader's safety.
#include <array>

#include "harness/case/draw.h"
#include "harness/case/file_names.h"
#include "harness/case/json.h"

namespace weightproof {
namespace {

// Above what an ordinary load may take (load_stays_home.cc), and soon read.
constexpr std::int64_t kPretendedBytes = std::int64_t{1} << 29;

bool Fits(DamageOp op, const Case& c) {
  const bool archive = c.route.format == RouteFormat::kKerasArchive;
  if (op == DamageOp::kBomb || op == DamageOp::kTraversal) return archive;
  return op != DamageOp::kConfig || c.route.load_as == LoadAs::kModel;
}

}  // namespace

void DrawHostile(Chooser& choose, const Space& space, const ModelPlan& writer, Case& c) {
  // Those that take seconds are rare.
  constexpr std::array<std::pair<DamageOp, int>, 8> kWeights = {{{DamageOp::kExternalLink, 20},
                                                                 {DamageOp::kSoftLink, 12},
                                                                 {DamageOp::kExternalStorage, 16},
                                                                 {DamageOp::kVirtual, 16},
                                                                 {DamageOp::kHuge, 4},
                                                                 {DamageOp::kBomb, 6},
                                                                 {DamageOp::kTraversal, 10},
                                                                 {DamageOp::kConfig, 30}}};
  const FileNames names = NamesInFile(writer, c.route.format);
  if (c.route.sharded || names.datasets.empty()) return;
  std::vector<int> weights;
  for (const auto& [op, weight] : kWeights) {
    const bool listed = std::ranges::find(space.hostile, DamageOpName(op)) != space.hostile.end();
    weights.push_back(listed && Fits(op, c) ? weight : 0);
  }
  if (std::ranges::all_of(weights, [](int weight) { return weight == 0; })) return;
  Damage damage;
  damage.op = kWeights[choose.Weighted(std::span<const int>(weights))].first;
  const std::span<const std::string_view> words = HostileWords(damage.op);
  if (!words.empty()) damage.how = choose.Pick(words);
  // Who goes round in circles until the stack ends takes half a minute for it.
  if (damage.op == DamageOp::kVirtual) damage.how = choose.Percent(10) ? "itself" : "elsewhere";
  // What a `.h5` was compiled with stands elsewhere than its config.
  if (damage.how == "loss" && c.route.format != RouteFormat::kKerasArchive) damage.how = "lambda";
  switch (damage.op) {
    case DamageOp::kExternalLink:
    case DamageOp::kSoftLink:
      if (!names.groups.empty() && choose.Percent(40)) {
        damage.path = choose.Pick(std::span<const std::string>(names.groups));
        break;
      }
      [[fallthrough]];
    case DamageOp::kExternalStorage:
    case DamageOp::kVirtual:
    case DamageOp::kHuge:
      damage.path = choose.Pick(std::span<const FileDataset>(names.datasets)).path;
      break;
    default:
      break;
  }
  if (damage.op == DamageOp::kHuge || damage.op == DamageOp::kBomb) damage.bytes = kPretendedBytes;
  if (DamageApplies({damage}, names)) c.damage = {std::move(damage)};
}

}  // namespace weightproof
