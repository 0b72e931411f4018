// Sessions, routes, damage and whole cases as JSON.
#include "harness/case/json_fields.h"

namespace weightproof {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 6> kProfiles = {"plain",         "nan",      "inf",
                                                       "negative_zero", "denormal", "huge"};
constexpr std::array<std::string_view, 6> kSetups = {
    "none",           "existing_file", "existing_directory",
    "missing_parent", "symlink",       "existing_checkpoint"};
constexpr std::array<std::string_view, 4> kFormats = {"legacy_h5", "legacy_h5_model", "weights_h5",
                                                      "keras_archive"};
constexpr std::array<std::string_view, 2> kLoadAs = {"weights", "model"};
constexpr std::array<std::string_view, 2> kModes = {"by_order", "by_name"};
Json PathToJson(const PathSpec& path) {
  Json out = {{"text", path.text}};
  if (path.setup != PathSetup::kNone) out["setup"] = PathSetupName(path.setup);
  if (path.relative) out["relative"] = true;
  return out;
}

// A case comes from anywhere; it may not reach outside its own folder.
bool LeavesItsFolder(std::string_view path) {
  if (path.starts_with('/') || path.contains('\0')) return true;
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    if (path.substr(0, slash) == "..") return true;
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return false;
}

void ReadInside(JsonFields& fields, std::string_view key, std::string& path, bool required) {
  fields.Text(key, path, required);
  if (LeavesItsFolder(path)) fields.Wrong(key, "a path inside the case's own folder");
}

void ReadPath(JsonFields& route, std::string_view key, PathSpec& path, bool required) {
  const Json* value = route.Find(key, required);
  if (value == nullptr) return;
  const JsonPlace here{&route.place(), key};
  JsonFields fields(*value, here);
  ReadInside(fields, "text", path.text, true);
  fields.Word("setup", kSetups, path.setup);
  fields.Bool("relative", path.relative);
  fields.Done();
  if (!fields.ok()) route.Take(std::move(fields).error());
}

Result<SessionSpec> ReadSession(const Json& value, const JsonPlace& place) {
  JsonFields fields(value, place);
  SessionSpec session;
  fields.Bool("fresh", session.fresh);
  fields.Int("models_before", 0, kModelsBeforeMax, session.models_before);
  fields.Int("hash_seed", 0, std::numeric_limits<int>::max(), session.hash_seed);
  ReadInside(fields, "working_directory", session.working_directory, false);
  fields.Text("locale", session.locale);
  fields.Int("umask", -1, 0777, session.umask);
  fields.Int("threads", 0, kThreadsMax, session.threads);
  fields.Bool("load_twice", session.load_twice);
  fields.Done();
  if (!fields.ok()) return std::unexpected(std::move(fields).error());
  return session;
}

Result<Route> ReadRoute(const Json& value, const JsonPlace& place) {
  JsonFields fields(value, place);
  Route route;
  fields.Word("format", kFormats, route.format, true);
  ReadPath(fields, "path", route.path, true);
  if (fields.Has("load_path")) ReadPath(fields, "load_path", route.load_path.emplace(), false);
  fields.Word("load_as", kLoadAs, route.load_as);
  fields.Word("mode", kModes, route.by_name);
  fields.Bool("skip_mismatch", route.skip_mismatch);
  fields.Bool("partial", route.partial);
  fields.Bool("overwrite", route.overwrite);
  fields.Bool("sharded", route.sharded);
  fields.Done();
  if (!fields.ok()) return std::unexpected(std::move(fields).error());
  return route;
}

Json SideToJson(const Side& side) {
  Json out = {{"build", BuildToJson(side.build)}};
  if (side.session != SessionSpec{}) out["session"] = SessionToJson(side.session);
  return out;
}

// Reads the field `key` of `fields` by `read` into `out`.
template <class T, class Read>
void Part(JsonFields& fields, std::string_view key, Read read, T& out, bool required) {
  const Json* value = fields.Find(key, required);
  if (value == nullptr) return;
  auto part = read(*value, JsonPlace{&fields.place(), key});
  if (!part) return fields.Take(std::move(part.error()));
  out = std::move(*part);
}

Result<Side> ReadSide(const Json& value, const JsonPlace& place) {
  JsonFields fields(value, place);
  Side side;
  Part(fields, "build", ReadBuild, side.build, true);
  Part(fields, "session", ReadSession, side.session, false);
  fields.Done();
  if (!fields.ok()) return std::unexpected(std::move(fields).error());
  return side;
}

Result<WeightsSpec> ReadWeights(const Json& value, const JsonPlace& place) {
  JsonFields fields(value, place);
  WeightsSpec weights;
  fields.Unsigned("seed", weights.seed);
  fields.Word("profile", kProfiles, weights.profile);
  fields.Done();
  if (!fields.ok()) return std::unexpected(std::move(fields).error());
  return weights;
}

Result<Probe> ReadProbe(const Json& value, const JsonPlace& place) {
  JsonFields fields(value, place);
  Probe probe;
  fields.Unsigned("seed", probe.seed);
  fields.Int("batch", 1, kCaseBatchMax, probe.batch);
  fields.Done();
  if (!fields.ok()) return std::unexpected(std::move(fields).error());
  return probe;
}

}  // namespace

std::string_view ProfileName(Profile profile) {
  return kProfiles[static_cast<std::size_t>(profile)];
}
std::string_view PathSetupName(PathSetup setup) { return kSetups[static_cast<std::size_t>(setup)]; }
std::string_view RouteFormatName(RouteFormat format) {
  return kFormats[static_cast<std::size_t>(format)];
}
Json SessionToJson(const SessionSpec& session) {
  const SessionSpec plain;
  Json out = Json::object();
  if (session.fresh) out["fresh"] = true;
  if (session.models_before != plain.models_before) out["models_before"] = session.models_before;
  if (session.hash_seed != plain.hash_seed) out["hash_seed"] = session.hash_seed;
  if (!session.working_directory.empty()) out["working_directory"] = session.working_directory;
  if (!session.locale.empty()) out["locale"] = session.locale;
  if (session.umask != plain.umask) out["umask"] = session.umask;
  if (session.threads != plain.threads) out["threads"] = session.threads;
  if (session.load_twice) out["load_twice"] = true;
  return out;
}

Json RouteToJson(const Route& route) {
  Json out = {{"format", RouteFormatName(route.format)}, {"path", PathToJson(route.path)}};
  if (route.load_path) out["load_path"] = PathToJson(*route.load_path);
  if (route.load_as != LoadAs::kWeights) out["load_as"] = "model";
  if (route.by_name) out["mode"] = "by_name";
  if (route.skip_mismatch) out["skip_mismatch"] = true;
  if (route.partial) out["partial"] = true;
  if (!route.overwrite) out["overwrite"] = false;
  if (route.sharded) out["sharded"] = true;
  return out;
}

Result<SessionSpec> SessionFromJson(const Json& value, const std::string& place) {
  return ReadSession(value, JsonPlace{nullptr, place});
}
Result<Route> RouteFromJson(const Json& value, const std::string& place) {
  return ReadRoute(value, JsonPlace{nullptr, place});
}
std::string CaseToJson(const Case& c, int indent) {
  Json out = {{"schema", kCaseSchema},
              {"architecture", ArchitectureToJson(c.architecture)},
              {"writer", SideToJson(c.writer)},
              {"reader", SideToJson(c.reader)},
              {"route", RouteToJson(c.route)}};
  if (!c.damage.empty()) out["damage"] = DamageToJson(c.damage);
  if (c.weights.seed != 1) out["weights"]["seed"] = c.weights.seed;
  if (c.weights.profile != Profile::kPlain) {
    out["weights"]["profile"] = ProfileName(c.weights.profile);
  }
  const Probe plain;
  if (c.probe.seed != plain.seed) out["probe"]["seed"] = c.probe.seed;
  if (c.probe.batch != plain.batch) out["probe"]["batch"] = c.probe.batch;
  return DumpJson(out, indent);
}

Result<Case> CaseFromJson(std::string_view json, const std::string& place) {
  const auto value = ParseJson(json, place);
  if (!value) return std::unexpected(value.error());
  const JsonPlace root{nullptr, place};
  JsonFields fields(*value, root);
  Case c;
  int schema = 0;
  fields.Int("schema", kCaseSchema, kCaseSchema, schema, true);
  Part(fields, "architecture", ReadArchitecture, c.architecture, true);
  Part(fields, "weights", ReadWeights, c.weights, false);
  Part(fields, "writer", ReadSide, c.writer, true);
  Part(fields, "route", ReadRoute, c.route, true);
  Part(fields, "damage", ReadDamage, c.damage, false);
  Part(fields, "reader", ReadSide, c.reader, true);
  Part(fields, "probe", ReadProbe, c.probe, false);
  fields.Done();
  if (!fields.ok()) return std::unexpected(std::move(fields).error());
  return c;
}

}  // namespace weightproof
