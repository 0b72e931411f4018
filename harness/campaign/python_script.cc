#include "harness/campaign/python_script.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "harness/campaign/python_damage.h"
#include "harness/campaign/python_head.h"
#include "harness/campaign/python_hostile.h"
#include "harness/campaign/python_state.h"
#include "harness/campaign/python_text.h"
#include "harness/case/json.h"

namespace weightproof {
namespace {

using Lines = std::vector<std::string>;

// The libraries choose the format by suffix (keras-formats 5.1), so a path without one gets it.
std::string Path(const Case& c, const PathSpec& path) {
  std::string text = path.text;
  if (c.route.sharded) return PythonText(text);
  const auto ends = [&](std::string_view suffix) { return text.ends_with(suffix); };
  switch (c.route.format) {
    case RouteFormat::kWeightsH5:
      if (!ends(".weights.h5")) text += ".weights.h5";
      break;
    case RouteFormat::kKerasArchive:
      if (!ends(".keras")) text += ".keras";
      break;
    default:
      if (!(ends(".h5") || ends(".hdf5")) || ends(".weights.h5")) text += "_.h5";
  }
  if (path.setup == PathSetup::kMissingParent) text = "absent/" + text;
  return PythonText(text);
}

// Where sharded weights lie: their table.
std::string LoadPath(const Case& c) {
  PathSpec path = c.route.load_path.value_or(c.route.path);
  constexpr std::string_view kOneFile = ".weights.h5";
  if (c.route.sharded && path.text.ends_with(kOneFile)) {
    path.text.replace(path.text.size() - kOneFile.size(), kOneFile.size(), ".weights.json");
  }
  return Path(c, path);
}

std::string SaveCall(const Case& c, const std::string& path) {
  const bool keras3 = c.architecture.dialect == Dialect::kKeras3;
  const RouteFormat format = c.route.format;
  // Keras 3 writes legacy H5 as a whole model only.
  const bool whole = format == RouteFormat::kKerasArchive ||
                     format == RouteFormat::kLegacyH5Model ||
                     (keras3 && format == RouteFormat::kLegacyH5);
  const char* shards =
      c.route.sharded ? ", max_shard_size=max([64] + [v.numpy().nbytes for v in w.weights]) / 2**30"
                      : "";
  return fmt::format("w.{}({}{}{})", whole ? "save" : "save_weights", path,
                     c.route.overwrite ? "" : ", overwrite=False", shards);
}

std::string LoadCall(const Case& c, const std::string& path) {
  std::string options;
  if (c.route.by_name) options += ", by_name=True";
  if (c.route.skip_mismatch) options += ", skip_mismatch=True";
  return fmt::format("r.load_weights({}{})", path, options);
}

Lines PrepareLines(const Case& c) {
  Lines lines;
  const std::string path = Path(c, c.route.path);
  switch (c.route.path.setup) {
    case PathSetup::kExistingFile:
      lines.push_back(fmt::format("attempt(lambda: open({}, \"wb\").write(b\"x\" * 98304))", path));
      break;
    case PathSetup::kExistingDirectory:
      lines.push_back(fmt::format("attempt(lambda: os.mkdir({}))", path));
      break;
    case PathSetup::kSymlink:
      lines.push_back(fmt::format(
          "os.mkdir(\"linked\"); attempt(lambda: os.symlink(\"linked/target\", {}))", path));
      break;
    case PathSetup::kExistingCheckpoint:
      lines.push_back(
          fmt::format("w, wl = writer(); fill(wl, 9); attempt(lambda: {})", SaveCall(c, path)));
      break;
    default:
      break;
  }
  return lines;
}

std::string Names(const SessionSpec& session, const char* side) {
  return session.models_before > 0
             ? fmt::format("for _ in range({}): {}()", session.models_before, side)
             : "";
}

// Up to the load: files made, the writer's model saved, the file moved and changed.
Lines SaveLines(const Case& c, const std::string& path, const std::string& load_path) {
  Lines lines = {"os.chdir(tempfile.mkdtemp())"};
  for (std::string& line : PrepareLines(c)) lines.push_back(std::move(line));
  if (std::string line = Names(c.writer.session, "writer"); !line.empty()) lines.push_back(line);
  lines.push_back("w, wl = writer(); fill(wl, 1)");
  lines.push_back(fmt::format("attempt(lambda: {})", SaveCall(c, path)));
  // A symlink of the same name leads to the file where it lies.
  if (c.route.load_path && load_path != path)
    lines.push_back(fmt::format("attempt(lambda: shutil.copy({}, {}))", path, load_path));
  for (std::string& line :
       IsHostile(c) ? PythonHostile(c, load_path) : PythonDamage(c.damage, load_path)) {
    lines.push_back(std::move(line));
  }
  if (c.reader.session.fresh) {  // the names that a process of its own would give
    lines.push_back(c.architecture.dialect == Dialect::kKeras3
                        ? "keras.utils.clear_session(free_memory=False)"
                        : "keras.backend.clear_session()");
  }
  if (std::string line = Names(c.reader.session, "reader"); !line.empty()) lines.push_back(line);
  return lines;
}

// The vocabulary of a lookup layer that begins the writer's model.
std::vector<std::int64_t> WritersTokens(const Case& c) {
  const auto& layers = c.architecture.layers;
  if (layers.empty() || layers.front().class_name != "IntegerLookup") return {};
  ConfigValue value;
  const auto given = layers.front().config.find("vocabulary");
  if (given != layers.front().config.end()) value = given->second;
  for (const Step& step : c.writer.build) {
    if (step.op == StepOp::kVocabulary) value = step.value;
  }
  const auto* tokens = std::get_if<std::vector<std::int64_t>>(&value);
  return tokens != nullptr ? *tokens : std::vector<std::int64_t>();
}

// The same model with the saved values put into it: what a right load would predict.
Lines CompareLines(const Case& c) {
  std::string numbers = "uniform(-1, 1, ";
  const auto& layers = c.architecture.layers;
  if (!layers.empty() && layers.front().class_name == "Embedding") {
    const auto it = layers.front().config.find("input_dim");
    const auto* rows =
        it == layers.front().config.end() ? nullptr : std::get_if<std::int64_t>(&it->second);
    numbers = fmt::format("integers(0, {}, ", rows != nullptr ? *rows : 1);
  }
  if (std::vector<std::int64_t> tokens = WritersTokens(c); !tokens.empty()) {
    tokens.push_back(std::ranges::max(tokens) + 1);  // one that is in no vocabulary
    numbers = fmt::format("choice({}, ", PythonValue(tokens));
  }
  std::vector<Shape> inputs = {c.architecture.input_shape};
  inputs.insert(inputs.end(), c.architecture.more_inputs.begin(), c.architecture.more_inputs.end());
  Lines drawn;
  for (Shape& batch : inputs) {
    batch.insert(batch.begin(), c.probe.batch);
    drawn.push_back(fmt::format("np.random.default_rng({}).{}{}).astype(\"float32\")",
                                c.probe.seed + drawn.size(), numbers, PythonShape(batch)));
  }
  const std::string x = drawn.size() == 1 ? drawn[0] : fmt::format("[{}]", fmt::join(drawn, ", "));
  // Several outputs are compared end to end.
  const std::string flat =
      c.architecture.outputs.size() < 2
          ? ""
          : "flat = lambda y: np.concatenate([np.ravel(np.asarray(t)) for t in y])";
  const std::string same = flat.empty() ? "equal(r(x), c(x))" : "equal(flat(r(x)), flat(c(x)))";
  const bool merged =
      c.route.format == RouteFormat::kWeightsH5 || c.route.format == RouteFormat::kKerasArchive;
  if (merged && HasStep(c, StepOp::kLora)) {  // the weights are others, the function is not
    Lines lines = {"x = " + x, flat,
                   flat.empty() ? "a, b = np.asarray(r(x)), np.asarray(w(x))"
                                : "a, b = flat(r(x)), flat(w(x))",
                   "print(a, b, *[s.message for s in said], sep=\"\\n\")",
                   "sys.exit(not said and (a.shape != b.shape or "
                   "not np.allclose(a, b, 1e-3, 1e-3, equal_nan=True)))"};
    std::erase(lines, "");
    return lines;
  }
  Lines lines = {
      "c, cl = reader(); want = [v.numpy() for v in weights(wl)]",
      "same = [v.shape for v in want] == [tuple(v.shape) for v in weights(cl)]",
      "if not same: sys.exit(print(\"loaded into another model\") or not said)",
      "for v, a in zip(weights(cl), want): v.assign(a)",
      HoldsNormalization(c) ? "derive(cl)" : "",
      "x = " + x,
      flat,
      "equal = lambda a, b: np.array_equal(np.asarray(a), np.asarray(b), equal_nan=True)",
      "bad = [v.path if hasattr(v, \"path\") else v.name for v, a in zip(weights(rl), want) "
      "if not equal(v, a)]",
      "print(r(x), c(x), *bad, *[s.message for s in said], sep=\"\\n\")",
      "sys.exit(not said and (bad != [] or not " + same + "))"};
  std::erase(lines, "");
  return lines;
}

std::string AimText(ScriptAim aim) {
  switch (aim) {
    case ScriptAim::kWrong:
      return "the load is silently wrong, 0 if right or refused";
    case ScriptAim::kAccepted:
      return "the load is accepted without a warning, 0 if not";
    case ScriptAim::kRefused:
      return "the save or the load is refused, 0 if not";
    case ScriptAim::kChanged:
      return "the load is refused and has changed variables, 0 if not";
    case ScriptAim::kHalf:
      return "the load goes on and changes a layer in part, 0 if not";
    case ScriptAim::kNamed:
      return "a layer silently gets weights that were saved under another name, 0 if not";
    case ScriptAim::kKept:
      return "what is beside the weights is not what was saved, 0 if it is or the load is refused";
    case ScriptAim::kHome:
      return "the load touches what the file alone names, or takes over 384 MiB, 0 if not";
    case ScriptAim::kEndless:
      return "the load has not ended after half a minute, 0 if it has";
    case ScriptAim::kReplaced:
      return "what stood there is replaced unasked, 0 if not";
  }
  return "";
}

// The function `load`.
Lines LoadLines(const Case& c, const std::string& load_path, ScriptAim aim) {
  if (c.route.load_as == LoadAs::kModel) {
    return {fmt::format("    r = attempt(lambda: keras.models.load_model({})); return r, leaves(r)",
                        load_path)};
  }
  if (aim == ScriptAim::kHalf) {
    return {"    r, rl = reader(); fill(rl, 2); old = [[v.numpy() for v in l.weights] for l in rl]",
            fmt::format("    attempt(lambda: {})", LoadCall(c, load_path)),
            "    new = [[not np.array_equal(v.numpy(), a) for v, a in zip(l.weights, b)] "
            "for l, b in zip(rl, old)]",
            "    bad = [l.name for l, n in zip(rl, new) if any(n) and not all(n)]",
            "    print(\"changed in part:\", bad); sys.exit(bad != [])"};
  }
  if (aim == ScriptAim::kNamed) {
    return {
        "    r, rl = reader(); fill(rl, 2); old = [[v.numpy() for v in l.weights] "
        "for l in kids(r)]",
        "    saved = {l.name: [v.numpy() for v in l.weights] for l in kids(w)}",
        fmt::format("    attempt(lambda: {})", LoadCall(c, load_path)),
        "    got = [(l.name, v.numpy()) for l, b in zip(kids(r), old) "
        "for v, a in zip(l.weights, b) if not np.array_equal(v.numpy(), a)]",
        "    return r, [n for n, v in got "
        "if not any(np.array_equal(v, s) for s in saved.get(n, []))]"};
  }
  if (aim != ScriptAim::kChanged) {
    return {fmt::format("    r, rl = reader(); fill(rl, 2); attempt(lambda: {}); return r, rl",
                        LoadCall(c, load_path))};
  }
  return {"    r, rl = reader(); fill(rl, 2); old = [v.numpy() for v in weights(rl)]",
          "    try: " + LoadCall(c, load_path) + "; return r, rl",
          "    except Exception as e: print(\"refused:\", type(e).__name__, e)",
          "    bad = [v.name for v, a in zip(weights(rl), old) "
          "if not np.array_equal(v.numpy(), a)]",
          "    print(\"changed:\", bad); sys.exit(bad != [])"};
}

// What a script that shows something of the save alone does.
Lines SaveTail(const Case& c, ScriptAim aim, std::string_view cause, const std::string& path,
               const std::string& load_path) {
  if (aim == ScriptAim::kKept) {
    Lines lines = SaveLines(c, path, load_path);
    for (std::string& line : PythonKept(cause, path)) lines.push_back(std::move(line));
    return lines;
  }
  Lines lines = {"os.chdir(tempfile.mkdtemp())"};
  for (std::string& line : PrepareLines(c)) lines.push_back(std::move(line));
  lines.push_back("files = lambda: {f: open(f, \"rb\").read() for f in os.listdir()}");
  lines.push_back("w, wl = writer(); fill(wl, 1); old = files()");
  lines.push_back(fmt::format("attempt(lambda: {})", SaveCall(c, path)));
  lines.push_back("print(*old); sys.exit(any(files()[f] != old[f] for f in old))");
  return lines;
}

Lines Script(const Case& c, ScriptAim aim, std::string_view cause, bool packed) {
  const std::string path = Path(c, c.route.path);
  const std::string load_path = LoadPath(c);
  Lines out = {fmt::format("# {} by {}. Exits 1 if {}.", RouteFormatName(c.route.format),
                           c.route.by_name ? "name" : "order", AimText(aim))};
  for (std::string& line : PythonHead(c, packed)) out.push_back(std::move(line));
  out.push_back("def attempt(call):");
  out.push_back("    try: return call()");
  out.push_back(std::string("    except Exception as e: ") +
                "print(\"refused:\", type(e).__name__, e); sys.exit(" +
                (aim == ScriptAim::kRefused ? "1" : "0") + ")");
  if (aim == ScriptAim::kReplaced || (aim == ScriptAim::kKept && ShownBySave(cause))) {
    AddPythonBlock(out, SaveTail(c, aim, cause, path, load_path), "", packed);
    return out;
  }
  if (aim == ScriptAim::kHome) {
    AddPythonBlock(out, SaveLines(c, path, load_path), "", packed);
    const bool whole = c.route.load_as == LoadAs::kModel;
    const std::string call =
        whole ? fmt::format("keras.models.load_model({})", load_path) : LoadCall(c, load_path);
    AddPythonBlock(out, PythonWatchedLoad(whole ? "" : "r, rl = reader()", call), "", packed);
    return out;
  }
  out.push_back("def load():");
  for (std::string& line : LoadLines(c, load_path, aim)) out.push_back(std::move(line));
  AddPythonBlock(out, SaveLines(c, path, load_path), "", packed);
  if (aim == ScriptAim::kEndless) {
    out.push_back("import faulthandler; faulthandler.dump_traceback_later(30, exit=True)");
  }
  out.push_back("with warnings.catch_warnings(record=True) as said:");
  out.push_back(c.reader.session.load_twice
                    ? "    warnings.simplefilter(\"always\"); load(); r, rl = load()"
                    : "    warnings.simplefilter(\"always\"); r, rl = load()");
  switch (aim) {
    case ScriptAim::kWrong:
      AddPythonBlock(out, CompareLines(c), "", packed);
      break;
    case ScriptAim::kAccepted:
      out.push_back(
          "print(\"accepted\", *[s.message for s in said], sep=\"\\n\"); sys.exit(not said)");
      break;
    case ScriptAim::kNamed:
      out.push_back("print(\"loaded under another name:\", rl, *[s.message for s in said])");
      out.push_back("sys.exit(rl != [] and not said)");
      break;
    case ScriptAim::kKept:
      AddPythonBlock(out, PythonKept(cause, path), "", packed);
      break;
    case ScriptAim::kRefused:
    case ScriptAim::kChanged:
    case ScriptAim::kHalf:
    case ScriptAim::kHome:
    case ScriptAim::kEndless:
    case ScriptAim::kReplaced:
      out.push_back("print(\"accepted\", *[s.message for s in said], sep=\"\\n\")");
  }
  return out;
}

}  // namespace

std::optional<ScriptAim> AimOf(std::string_view clause, const Verdict& verdict) {
  if (clause == "same-code-same-answer" || clause == "saving-repeats") return std::nullopt;
  if (clause == "load-stays-home") {
    if (verdict.severity == Severity::kHang) return ScriptAim::kEndless;
    const bool seen = verdict.cause != "time" && verdict.cause != "process-changed";
    return seen ? std::optional(ScriptAim::kHome) : std::nullopt;
  }
  if (!PythonKept(verdict.cause, "").empty()) return ScriptAim::kKept;
  if (verdict.cause == "impossible-path-accepted") return ScriptAim::kReplaced;
  switch (verdict.severity) {
    case Severity::kSilentlyWrong:
      if (verdict.cause == "skipped-layer-changed") return ScriptAim::kHalf;
      if (verdict.cause == "name-ignored") return ScriptAim::kNamed;
      if (clause == "path-never-matters") return std::nullopt;
      // Here variables are wrong as well, which says more.
      if (verdict.cause == "silent-unmatched-layer" || verdict.cause == "silent-ambiguous-order" ||
          verdict.cause == "variables-left-over") {
        return ScriptAim::kWrong;
      }
      return clause == "accounts-for-everything" || verdict.cause.starts_with("silent-")
                 ? ScriptAim::kAccepted
                 : ScriptAim::kWrong;
    case Severity::kFalseRefusal:
      return ScriptAim::kRefused;
    case Severity::kHalfLoaded:
      return ScriptAim::kChanged;
    case Severity::kCrash:
      return ScriptAim::kWrong;
    case Severity::kHang:
      return ScriptAim::kEndless;
    default:
      return std::nullopt;
  }
}

std::string PythonScript(const Case& c, ScriptAim aim, std::string_view cause) {
  Lines lines = Script(c, aim, cause, false);
  if (lines.size() > kScriptLinesMax) lines = Script(c, aim, cause, true);
  return fmt::format("{}\n", fmt::join(lines, "\n"));
}

}  // namespace weightproof
