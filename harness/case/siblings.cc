#include "harness/case/siblings.h"

#include <array>

#include "harness/case/draw.h"

namespace weightproof {
namespace {

constexpr int kTries = 12;

// Whose reader's build a member has: the stem's, another of the same model, that of another model.
enum class SiblingReader : std::uint8_t { kStem, kSame, kOther };
// What its load does besides.
enum class SiblingLoad : std::uint8_t { kPlain, kPath, kMode, kPathAndMode, kDamage };

struct SiblingKind {
  SiblingReader reader;
  SiblingLoad load;
};

constexpr std::array<SiblingKind, kFamilyCases> kKinds{{
    {SiblingReader::kStem, SiblingLoad::kPlain},  // the stem itself
    {SiblingReader::kStem, SiblingLoad::kPath},
    {SiblingReader::kStem, SiblingLoad::kMode},
    {SiblingReader::kStem, SiblingLoad::kPathAndMode},
    {SiblingReader::kStem, SiblingLoad::kDamage},
    {SiblingReader::kStem, SiblingLoad::kDamage},
    {SiblingReader::kSame, SiblingLoad::kPlain},
    {SiblingReader::kSame, SiblingLoad::kMode},
    {SiblingReader::kSame, SiblingLoad::kPath},
    {SiblingReader::kSame, SiblingLoad::kPathAndMode},
    {SiblingReader::kSame, SiblingLoad::kDamage},
    {SiblingReader::kOther, SiblingLoad::kPlain},
    {SiblingReader::kOther, SiblingLoad::kMode},
    {SiblingReader::kOther, SiblingLoad::kPath},
    {SiblingReader::kOther, SiblingLoad::kPathAndMode},
    {SiblingReader::kOther, SiblingLoad::kDamage},
}};

void DrawLoadPath(Chooser& choose, const Space& space, Case& c) {
  Case drawn = c;
  DrawRoute(choose, space, drawn);
  PathSpec path = drawn.route.path;
  if (drawn.route.format != c.route.format || drawn.route.sharded) return;
  if (path.setup != PathSetup::kSymlink) path.setup = PathSetup::kNone;
  if (path.text.starts_with("gone/")) path.text.erase(0, 5);
  // A relative path must mean one file to both sides.
  const bool elsewhere = c.writer.session.working_directory != c.reader.session.working_directory;
  if (path.relative && elsewhere) return;
  if (path != c.route.path) c.route.load_path = path;
}

void DrawOtherMode(Chooser& choose, const Space& space, Case& c) {
  Route& route = c.route;
  const Route before = route;
  const bool whole =
      route.format == RouteFormat::kLegacyH5Model || route.format == RouteFormat::kKerasArchive;
  route.load_as = LoadAs::kWeights;
  route.by_name = route.skip_mismatch = route.partial = false;
  if (whole && before.load_as != LoadAs::kModel && choose.Percent(30) &&
      Allows(space.modes, "model")) {
    route.load_as = LoadAs::kModel;
    FixReaderOfModel(c);
    return;
  }
  const bool legacy =
      route.format == RouteFormat::kLegacyH5 || route.format == RouteFormat::kLegacyH5Model;
  route.by_name = Allows(space.modes, "by_name") && choose.Percent(legacy ? 50 : 5);
  route.skip_mismatch = Allows(space.modes, "skip_mismatch") && choose.Percent(50);
  route.partial = !space.modes.empty() && Allows(space.modes, "partial") && choose.Percent(25);
}

// The reader's build is drawn again, of the same model.
void DrawReader(Chooser& choose, const Space& space, Case& c) {
  Case drawn = c;
  drawn.writer.build.clear();
  drawn.reader.build.clear();
  DrawBuilds(choose, space, drawn);
  c.reader.build = drawn.reader.build;
  if (c.route.load_as == LoadAs::kModel) c.route.load_as = LoadAs::kWeights;
}

// Another model on the reader's side alone.
bool DrawOtherReader(Chooser& choose, const Space& space, Case& c) {
  DrawReader(choose, space, c);
  const Build writer = c.writer.build;
  for (int i = 0; i < kTries; ++i) {
    Case drawn = c;
    if (DrawDifference(choose, space, drawn) && drawn.writer.build == writer) {
      c = std::move(drawn);
      return true;
    }
  }
  return false;
}

bool DrawOtherDamage(Chooser& choose, const Space& space, Case& c) {
  const auto writer = Interpret(c.architecture, c.writer.build);
  if (!space.damage || !writer || c.route.format == RouteFormat::kKerasArchive) return false;
  c.damage.clear();
  DrawDamage(choose, *writer, c);
  return !c.damage.empty();
}

// What the drawing functions may have touched on the writer's side stays the stem's.
bool SameSave(const Case& a, const Case& b) {
  return a.architecture == b.architecture && a.weights == b.weights && a.writer == b.writer &&
         a.route.format == b.route.format && a.route.path == b.route.path &&
         a.route.overwrite == b.route.overwrite && a.probe == b.probe;
}

// Members with one reader's build draw it from the same choices.
Case WithReader(const Case& base, const Space& space, std::uint64_t seed, SiblingReader reader) {
  for (int tries = 0; reader != SiblingReader::kStem && tries < kTries; ++tries) {
    SeededChoices choices(seed, 0x7265616464U + static_cast<std::uint64_t>(reader) * 64 +
                                    static_cast<std::uint64_t>(tries));
    Chooser choose(choices);
    Case c = base;
    if (reader == SiblingReader::kSame) {
      DrawReader(choose, space, c);
    } else if (!DrawOtherReader(choose, space, c)) {
      continue;
    }
    FixAttributes(c.architecture, c.reader.build);
    if (SameSave(c, base) && IsValid(c)) return c;
  }
  return base;
}

}  // namespace

Case Sibling(const Case& stem, const Space& space, std::uint64_t seed, std::uint64_t k) {
  const SiblingKind kind = kKinds[k % FamilyCases(space)];
  Case base = stem;
  base.damage.clear();
  // A session for one request each is dear; the stem has it.
  base.reader.session.fresh = false;
  base = WithReader(base, space, seed, kind.reader);
  if (kind.load == SiblingLoad::kPlain && base != stem) return base;
  for (int tries = 0; tries < kTries; ++tries) {
    SeededChoices choices(seed, 0x7369626cU + k * 64 + static_cast<std::uint64_t>(tries));
    Chooser choose(choices);
    Case c = base;
    const bool both = kind.load == SiblingLoad::kPathAndMode;
    if (both || kind.load == SiblingLoad::kMode) DrawOtherMode(choose, space, c);
    if (both || kind.load == SiblingLoad::kPath) DrawLoadPath(choose, space, c);
    if (kind.load == SiblingLoad::kDamage && !DrawOtherDamage(choose, space, c)) {
      DrawLoadPath(choose, space, c);
    }
    if (space.same_build && !GiveReaderSameBuild(c)) continue;
    if (c != stem && c != base && SameSave(c, stem) && IsValid(c)) return c;
  }
  // The same load once more, at another path.
  Case c = base;
  c.route.load_path =
      PathSpec{"copy" + std::to_string(k) + std::string(UsualSuffix(c.route.format)),
               PathSetup::kNone, false};
  return IsValid(c) ? c : stem;
}

}  // namespace weightproof
