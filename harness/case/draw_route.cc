// Routes, sessions, weights profiles.
#include <array>

#include "harness/case/draw.h"

namespace weightproof {
namespace {

// The last `name` bytes of the file name are `end`, so that two of them differ only at the end.
std::string LongName(std::size_t bytes, std::string_view end, char letter) {
  return std::string(bytes - end.size() - 1, 'x') + letter + std::string(end);
}

PathSpec DrawPath(Chooser& choose, RouteFormat format) {
  const std::string s(UsualSuffix(format));
  PathSpec path;
  path.text = "m" + s;
  const std::size_t kind = choose.Weighted({48, 4, 5, 4, 3, 3, 3, 5, 2, 4, 3, 4, 3, 2, 2, 1, 2, 2});
  switch (kind) {
    case 1:
      path.text = choose.Pick<std::string>({"two words", " m", "m "}) + s;
      break;
    case 2:
      path.text = choose.Pick<std::string>({"v1.2.3", "m.", ".m", ""}) + s;
      break;
    case 3:
      path.text = choose.Pick<std::string>({"größe", "模型", "m\u0301"}) + s;
      break;
    case 4:
      path.text = choose.Pick<std::string>({"m[1]", "{m}", "(m)"}) + s;
      break;
    case 5:
      path.text = choose.Pick<std::string>({"50%d", "%s", "m%20"}) + s;
      break;
    case 6:
      path.text = "back\\slash" + s;
      break;
    case 7:
      path.text = LongName(static_cast<std::size_t>(choose.Range(240, kNameBytesMax)), s,
                           choose.Percent(50) ? 'a' : 'b');
      break;
    case 8:
      path.text = LongName(kNameBytesMax + 1, s, 'a');
      break;
    case 9:
      path.relative = true;
      path.text = choose.Pick<std::string>({"m", "./m", "sub/../m"}) + s;
      if (path.text.starts_with("sub")) path.text = "m" + s;
      break;
    case 10:
      path.setup = PathSetup::kSymlink;
      break;
    case 11:
      path.text = "m" + choose.Pick<std::string>({".hdf5", ".bin", "", ".ckpt", ".h5",
                                                  ".weights.h5", ".keras", ".h5.bak"});
      break;
    case 12:
      path.text = choose.Pick<std::string>({"m.H5", "m.WEIGHTS.H5", "m.Keras", "m.weights.H5"});
      break;
    case 13:
      path.text = "gone/m" + s;
      path.setup = PathSetup::kMissingParent;
      break;
    case 14:
      path.setup = PathSetup::kExistingFile;
      break;
    case 15:
      path.setup = PathSetup::kExistingDirectory;
      break;
    case 16:
      path.setup = PathSetup::kExistingCheckpoint;
      break;
    case 17:
      path.text = choose.Pick<std::string>({"~m", "m*", "m?", "m'\"", "-m"}) + s;
      break;
    default:
      break;
  }
  return path;
}

void DrawMode(Chooser& choose, const Space& space, Case& c) {
  Route& route = c.route;
  const bool legacy =
      route.format == RouteFormat::kLegacyH5 || route.format == RouteFormat::kLegacyH5Model;
  const bool whole =
      route.format == RouteFormat::kLegacyH5Model || route.format == RouteFormat::kKerasArchive;
  if (whole && choose.Percent(45) && Allows(space.modes, "model")) {
    route.load_as = LoadAs::kModel;
    return;
  }
  const bool by_order = Allows(space.modes, "by_order");
  if (Allows(space.modes, "by_name") && (!by_order || choose.Percent(legacy ? 16 : 3))) {
    route.by_name = true;
  }
  if (Allows(space.modes, "skip_mismatch")) route.skip_mismatch = choose.Percent(10);
  if (Allows(space.modes, "partial")) route.partial = choose.Percent(6);
}

// Several files beside one another travel together or not at all.
void DrawShards(Chooser& choose, Case& c) {
  Route& route = c.route;
  if (route.format != RouteFormat::kWeightsH5 || route.by_name || route.partial) return;
  route.sharded = true;
  route.load_path.reset();
  route.path = PathSpec{};
  route.path.text = "m" + choose.Pick<std::string>({std::string(kShardedSuffix), ".weights.h5"});
  route.overwrite = true;
  if (choose.Percent(40)) {
    route.path.setup = PathSetup::kExistingCheckpoint;
    route.overwrite = !choose.Percent(60);
  }
}

}  // namespace

std::string_view UsualSuffix(RouteFormat format) {
  if (format == RouteFormat::kWeightsH5) return ".weights.h5";
  if (format == RouteFormat::kKerasArchive) return ".keras";
  return ".h5";
}

void DrawRoute(Chooser& choose, const Space& space, Case& c) {
  const auto may = [&](std::string_view format) { return Allows(space.formats, format); };
  c.route.format = static_cast<RouteFormat>(
      choose.Weighted({may("legacy_h5") ? 40 : 0, may("legacy_h5_model") ? 18 : 0,
                       may("weights_h5") ? 38 : 0, may("keras_archive") ? 12 : 0}));
  c.route.path = DrawPath(choose, c.route.format);
  if (choose.Percent(24)) {
    PathSpec path = DrawPath(choose, c.route.format);
    if (path.setup != PathSetup::kSymlink) path.setup = PathSetup::kNone;
    if (path.text.starts_with("gone/")) path.text.erase(0, 5);
    if (path != c.route.path) c.route.load_path = path;
  }
  const PathSetup setup = c.route.path.setup;
  if (setup == PathSetup::kExistingFile || setup == PathSetup::kExistingCheckpoint) {
    c.route.overwrite = !choose.Percent(25);
  }
  DrawMode(choose, space, c);
  if (AllowsSharded(space) && choose.Percent(12)) DrawShards(choose, c);
}

void DrawSessions(Chooser& choose, const Space& space, Case& c) {
  const bool relative = c.route.path.relative || (c.route.load_path && c.route.load_path->relative);
  if (!space.sessions) return;
  for (Side* side : {&c.writer, &c.reader}) {
    SessionSpec& session = side->session;
    if (choose.Percent(10)) session.models_before = choose.Range(1, 2);
    if (choose.Percent(3)) session.hash_seed = choose.Range(1, 3);
    if (choose.Percent(3)) session.locale = choose.Pick<std::string>({"C", "C.UTF-8"});
    if (choose.Percent(3)) session.umask = choose.Pick({0, 022, 077});
    if (choose.Percent(3)) session.threads = choose.Range(1, 2);
    if (!relative && choose.Percent(4)) {
      session.working_directory = choose.Pick<std::string>({"wd", "an other", "ort/tief"});
    }
  }
  c.reader.session.load_twice = choose.Percent(6);
  c.reader.session.fresh = choose.Below(64) == 0;
  // A relative path must mean one file to both sides.
  if (relative && choose.Percent(50)) {
    c.writer.session.working_directory = c.reader.session.working_directory = "wd";
  }
}

void DrawProfile(Chooser& choose, Case& c) {
  c.weights.seed = 1 + choose.Below(1'000'000);
  c.weights.profile = static_cast<Profile>(choose.Weighted({85, 3, 3, 3, 3, 3}));
  c.probe.seed = 1 + choose.Below(1'000'000);
  c.probe.batch = choose.Range(2, 4);
}

}  // namespace weightproof
