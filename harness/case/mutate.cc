// A valid case near another: one part is drawn again.
#include "harness/case/draw.h"
#include "harness/case/shrink.h"

namespace weightproof {
namespace {

constexpr int kMutateTriesMax = 12;

// Everything but the argument lists of existing layers that a part can be.
enum class MutatedPart : std::uint8_t {
  kBuilds,
  kRoute,
  kSessions,
  kSeeds,
  kDamage,
  kDifference,
  kLayerConfig,
  kAddLayer,
  kDropLayer,
  kArchitecture,
  kFormat,
  kDialect,
  kPlainBuild,
};
constexpr std::uint64_t kParts = 13;

bool RedrawLayer(Chooser& choose, Case& c, bool insert) {
  if (!c.architecture.calls.empty()) return false;
  const auto shapes = LayerShapes(c.architecture);
  auto& layers = c.architecture.layers;
  if (shapes.empty() || layers.size() >= 64) return false;
  const std::size_t at = choose.Below(insert ? shapes.size() : layers.size());
  if (at == 0 && TakesWholeNumbers(c.architecture)) return false;
  const LayerStyle style{c.architecture.dialect, choose.Percent(50),
                         static_cast<int>(std::min<std::int64_t>(shapes[at].back(), 6))};
  auto layer = DrawLayer(choose, {}, style, shapes[at], choose.Percent(70));
  if (!layer) return false;
  if (!insert) {
    layers[at] = std::move(*layer);
    return true;
  }
  // Only at the end do the indices in both programs stay what they are.
  layers.push_back(std::move(*layer));
  for (Build* build : {&c.writer.build, &c.reader.build}) {
    if (Step* order = FindStep(*build, StepOp::kOrder)) {
      order->order.push_back(static_cast<int>(layers.size()) - 1);
    }
  }
  return true;
}

void RedrawBuilds(Chooser& choose, Case& c) {
  c.writer.build.clear();
  c.reader.build.clear();
  DrawBuilds(choose, {}, c);
}

bool Redraw(Chooser& choose, MutatedPart part, Case& c) {
  auto& layers = c.architecture.layers;
  switch (part) {
    case MutatedPart::kBuilds:
      RedrawBuilds(choose, c);
      return true;
    case MutatedPart::kRoute: {
      const RouteFormat format = c.route.format;
      c.route = Route();
      DrawRoute(choose, {}, c);
      if (!c.damage.empty()) c.route.format = format;
      return true;
    }
    case MutatedPart::kSessions:
      c.writer.session = c.reader.session = SessionSpec();
      DrawSessions(choose, {}, c);
      return true;
    case MutatedPart::kSeeds:
      DrawProfile(choose, c);
      return true;
    case MutatedPart::kDamage: {
      c.damage.clear();
      const auto writer = Interpret(c.architecture, c.writer.build);
      if (!writer) return false;
      if (!choose.Percent(20)) DrawDamage(choose, *writer, c);
      return true;
    }
    case MutatedPart::kDifference:
      return DrawDifference(choose, {}, c);
    case MutatedPart::kLayerConfig:
      return RedrawLayer(choose, c, false);
    case MutatedPart::kAddLayer:
      return RedrawLayer(choose, c, true);
    case MutatedPart::kDropLayer: {
      if (layers.size() < 2 || !c.architecture.calls.empty()) return false;
      const int layer = static_cast<int>(choose.Below(layers.size()));
      layers.erase(layers.begin() + layer);
      c.writer.build = WithoutLayer(c.writer.build, layer);
      c.reader.build = WithoutLayer(c.reader.build, layer);
      return true;
    }
    case MutatedPart::kArchitecture:
      c.architecture = DrawArchitecture(choose, {});
      c.damage.clear();
      RedrawBuilds(choose, c);
      return true;
    case MutatedPart::kFormat:
      c.route.format = static_cast<RouteFormat>(choose.Below(3));
      return true;
    case MutatedPart::kDialect:
      c.architecture.dialect =
          c.architecture.dialect == Dialect::kKeras3 ? Dialect::kTfKeras : Dialect::kKeras3;
      return true;
    case MutatedPart::kPlainBuild: {
      Build& build = choose.Percent(50) ? c.writer.build : c.reader.build;
      if (build.empty()) return false;
      build = WithoutStep(build, choose.Below(build.size()));
      return true;
    }
  }
  return false;
}

}  // namespace

Case Mutate(const Case& c, std::uint64_t seed) {
  SeededChoices choices(seed, 0x6d757461746500U);
  Chooser choose(choices);
  for (int tries = 0; tries < kMutateTriesMax; ++tries) {
    Case next = c;
    if (!Redraw(choose, static_cast<MutatedPart>(choose.Below(kParts)), next)) continue;
    FixAttributes(next.architecture, next.writer.build);
    FixAttributes(next.architecture, next.reader.build);
    if (next.route.load_as == LoadAs::kModel) FixReaderOfModel(next);
    if (next != c && IsValid(next)) return next;
    next.damage.clear();  // what it named may have gone with the change
    if (next != c && IsValid(next)) return next;
  }
  return Generate(choices);
}

}  // namespace weightproof
