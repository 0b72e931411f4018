// Damage: edits on things that the writer's file has.
#include "harness/case/draw.h"
#include "harness/case/file_names.h"

namespace weightproof {
namespace {

using Names = std::span<const FileDataset>;

std::int64_t Count(const Shape& shape) { return ElementCount(shape).value_or(0); }

// Another shape with as many elements; the same when there is none.
Shape OtherShape(Chooser& choose, const Shape& shape) {
  const std::int64_t count = Count(shape);
  if (shape.size() == 2 && shape[0] != shape[1] && choose.Percent(60)) return {shape[1], shape[0]};
  if (shape.size() > 1 && choose.Percent(50)) return {count};
  Shape out = shape;
  if (choose.Percent(50))
    out.insert(out.begin(), 1);
  else
    out.push_back(1);
  return out;
}

// `storage_only`: the same numbers, stored in another way.
// `skips`: a load that skips what does not fit, so it gets something to skip more often.
Damage DrawOne(Chooser& choose, const FileNames& names, bool storage_only, bool skips) {
  Damage out;
  const FileDataset& target = choose.Pick(Names(names.datasets));
  out.path = target.path;
  if (storage_only) {
    out.op = choose.Percent(50) ? DamageOp::kChunk : DamageOp::kRetype;
  } else if (skips && choose.Percent(60)) {
    out.op = DamageOp::kReshape;
  } else {
    out.op = static_cast<DamageOp>(
        choose.Weighted({10, 10, 20, 10, 22, 10, names.lists.empty() ? 0 : 22, 6, 10}));
  }
  switch (out.op) {
    case DamageOp::kDrop:
      if (!names.lists.empty() && choose.Percent(30)) {
        const auto& list = choose.Pick(std::span<const FileNameList>(names.lists));
        out.path = list.path;
        out.attribute = list.attribute;
      } else if (choose.Percent(30)) {
        out.path = choose.Pick(std::span<const std::string>(names.groups));
      }
      break;
    case DamageOp::kRename:
      if (choose.Percent(40)) out.path = choose.Pick(std::span<const std::string>(names.groups));
      out.to = choose.Pick<std::string>({"lost", "renamed", "7"});
      break;
    case DamageOp::kSwap: {
      std::vector<std::string> others;
      for (const FileDataset& other : names.datasets) {
        if (other.path != target.path && other.shape == target.shape) others.push_back(other.path);
      }
      if (others.empty()) {
        for (const FileDataset& other : names.datasets) {
          if (other.path != target.path) others.push_back(other.path);
        }
      }
      if (!others.empty()) out.to = choose.Pick(std::span<const std::string>(others));
      if (names.groups.size() > 1 && choose.Percent(20)) {
        out.path = names.groups[0];
        out.to = names.groups[1 + choose.Below(names.groups.size() - 1)];
      }
      break;
    }
    case DamageOp::kReshape:
      out.shape = OtherShape(choose, target.shape);
      break;
    case DamageOp::kRetype:
      out.big_endian = storage_only || choose.Percent(35);
      out.dtype = storage_only || (out.big_endian && choose.Percent(70))
                      ? "float32"
                      : choose.Pick<std::string>({"float64", "float16"});
      break;
    case DamageOp::kDuplicate:
      out.to = out.path + "_copy";
      break;
    case DamageOp::kSetAttribute: {
      const auto& list = choose.Pick(std::span<const FileNameList>(names.lists));
      out.path = list.path;
      out.attribute = list.attribute;
      out.strings = list.strings;
      std::string& one = out.strings[choose.Below(out.strings.size())];
      const std::size_t how = choose.Weighted({40, 25, 20, 15});
      if (how == 0)
        std::swap(one, out.strings[choose.Below(out.strings.size())]);
      else if (how == 1)
        out.strings.pop_back();
      else if (how == 2)
        one = choose.Pick<std::string>({"lost", "", ".."});
      else
        out.strings.push_back(std::string(one));
      break;
    }
    case DamageOp::kChunk:
      out.deflate = choose.Percent(70) ? choose.Range(0, 9) : -1;
      out.shuffle = choose.Percent(50);
      out.fletcher32 = choose.Percent(30);
      break;
    case DamageOp::kSetValue:
      out.index =
          static_cast<std::int64_t>(choose.Below(static_cast<std::uint64_t>(Count(target.shape))));
      out.value = choose.Pick({0.0, 0.5, -3.0, 1e30});
      break;
    case DamageOp::kFlip:
    case DamageOp::kCut:
    case DamageOp::kZero:
    case DamageOp::kAppend:
      break;  // DrawBytes
    default:
      break;  // DrawHostile
  }
  return out;
}

// Bytes of small files: the position is taken modulo the length, which is not known here.
Damage DrawBytes(Chooser& choose, const FileNames& names) {
  constexpr int kPositions = 1 << 16;
  Damage out;
  switch (choose.Weighted({60, 20, 15, 5})) {
    case 0:
      out.op = DamageOp::kFlip;
      out.mask = choose.Percent(60) ? 1 << choose.Range(0, 7) : choose.Range(1, 255);
      break;
    case 1:
      out.op = DamageOp::kCut;
      break;
    case 2:
      out.op = DamageOp::kZero;
      out.bytes = choose.Pick({1, 2, 8, 64, 512, 4096});
      break;
    default:
      out.op = DamageOp::kAppend;
      out.bytes = choose.Pick({1, 8, 512});
      return out;
  }
  out.index = choose.Range(0, kPositions - 1);
  if (choose.Percent(35)) out.path = choose.Pick(Names(names.datasets)).path;
  return out;
}

// One or two edits of bytes; now and then of a file whose chunks carry checksums.
void DrawByteDamage(Chooser& choose, const FileNames& names, Case& c) {
  Damage one = DrawBytes(choose, names);
  if (choose.Percent(30)) {
    Damage chunk;
    chunk.op = DamageOp::kChunk;
    chunk.path = one.path.empty() ? choose.Pick(Names(names.datasets)).path : one.path;
    // What is changed in a chunk that is not packed shows by the checksum alone.
    chunk.deflate = choose.Percent(40) ? 4 : -1;
    if (one.op != DamageOp::kAppend && choose.Percent(80)) one.path = chunk.path;
    chunk.fletcher32 = choose.Percent(80);
    c.damage.push_back(std::move(chunk));
  }
  c.damage.push_back(std::move(one));
  if (choose.Percent(20)) c.damage.push_back(DrawBytes(choose, names));
}

}  // namespace

void DrawDamage(Chooser& choose, const ModelPlan& writer, Case& c) {
  if (c.route.format == RouteFormat::kKerasArchive) return;
  const FileNames names = NamesInFile(writer, c.route.format);
  if (names.datasets.empty()) return;
  if (choose.Percent(40)) return DrawByteDamage(choose, names, c);
  const std::size_t wanted = choose.Percent(80) ? 1 : 2;
  const bool storage_only = choose.Percent(25);
  for (int tries = 0; tries < 12 && c.damage.size() < wanted; ++tries) {
    Damage one = DrawOne(choose, names, storage_only, c.route.skip_mismatch);
    const auto touches = [](const std::string& a, const std::string& b) {
      return !a.empty() && !b.empty() && (a.starts_with(b) || b.starts_with(a));
    };
    const bool again = std::any_of(c.damage.begin(), c.damage.end(), [&](const Damage& other) {
      // The second edit must not depend on the first: another part of the file altogether.
      return one.path.empty() || other.path.empty() || touches(one.path, other.path) ||
             touches(one.path, other.to) || touches(one.to, other.path) ||
             touches(one.to, other.to);
    });
    if (!again && DamageApplies({one}, names)) c.damage.push_back(std::move(one));
  }
  // The edits are independent; new names come last, so that no edit is looked up among them.
  if (c.damage.size() == 2 && c.damage[0].op == DamageOp::kRename) {
    std::swap(c.damage[0], c.damage[1]);
  }
}

}  // namespace weightproof
