// The features of a case for the coverage table.
#include <set>

#include "harness/case/draw.h"
#include "harness/case/json.h"
#include "model/spec/layer_schema.h"

namespace weightproof {
namespace {

constexpr std::size_t kLongPathBytes = 200;

using Sink = std::set<std::string>;

void AddStep(Sink& out, const Step& step) {
  const std::string op(StepOpName(step.op));
  if (!step.part.empty()) out.insert("step:freeze:part");
  switch (step.op) {
    case StepOp::kAssemble:
      out.insert("step:assemble:" + std::string(AssembleHowName(step.how)));
      out.insert("input:" + std::string(InputHowName(step.input)));
      break;
    case StepOp::kRebuild:
      out.insert("step:rebuild:" + std::string(RebuildHowName(step.rebuild)));
      break;
    case StepOp::kVocabulary:
      out.insert("step:vocabulary:" + step.key);
      break;
    case StepOp::kNest:
      out.insert("step:nest" + (step.nest == NestHow::kSequential
                                    ? std::string()
                                    : ":" + std::string(NestHowName(step.nest))));
      break;
    default:
      out.insert("step:" + op);
  }
  if (step.keep != KeepHow::kAttributes) {
    out.insert("step:keep:" + std::string(KeepHowName(step.keep)));
  }
  if (step.spec) {
    out.insert("layer:" + step.spec->class_name);
    for (const LayerSpec& inner : step.spec->layers) out.insert("layer:" + inner.class_name);
  }
  if (step.op == StepOp::kNoop) out.insert("layer:" + step.class_name);
}

void AddGraph(Sink& out, const ArchitectureSpec& a) {
  out.insert("graph:branches");
  if (!a.more_inputs.empty()) out.insert("graph:several_inputs");
  if (a.outputs.size() > 1) out.insert("graph:several_outputs");
  if (a.calls.size() > a.layers.size()) out.insert("graph:shared_layer");
}

bool SameSuffix(std::string_view text, RouteFormat format) {
  return text.ends_with(UsualSuffix(format)) &&
         (format != RouteFormat::kLegacyH5 || !text.ends_with(".weights.h5")) &&
         (format != RouteFormat::kLegacyH5Model || !text.ends_with(".weights.h5"));
}

std::string Lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

void AddPath(Sink& out, const PathSpec& path, RouteFormat format) {
  const std::size_t before = out.size();
  const std::string& text = path.text;
  const std::string name = text.substr(text.rfind('/') + 1);
  const auto has = [&](std::string_view any) {
    return text.find_first_of(any) != std::string::npos;
  };
  if (has(" ")) out.insert("path:space");
  if (has("[]{}()")) out.insert("path:brackets");
  if (has("%")) out.insert("path:percent");
  if (has("\\")) out.insert("path:backslash");
  if (has("~*?'\"")) out.insert("path:special");
  if (std::any_of(text.begin(), text.end(),
                  [](char c) { return static_cast<signed char>(c) < 0; })) {
    out.insert("path:unicode");
  }
  if (name.size() > kNameBytesMax)
    out.insert("path:too_long");
  else if (name.size() >= kLongPathBytes)
    out.insert("path:long");
  if (path.relative) out.insert("path:relative");
  if (!SameSuffix(text, format)) {
    out.insert(Lower(text) != text ? "path:suffix_case" : "path:other_suffix");
  } else {
    const std::string stem = name.substr(0, name.size() - UsualSuffix(format).size());
    if (stem.empty() || stem.find('.') != std::string::npos) out.insert("path:dots");
  }
  if (path.setup != PathSetup::kNone) out.insert("path:" + std::string(PathSetupName(path.setup)));
  if (out.size() == before) out.insert("path:plain");
}

void AddSession(Sink& out, const SessionSpec& session) {
  if (session.fresh) out.insert("session:fresh");
  if (session.models_before > 0) out.insert("session:models_before");
  if (session.hash_seed != 0) out.insert("session:hash_seed");
  if (!session.working_directory.empty()) out.insert("session:working_directory");
  if (!session.locale.empty()) out.insert("session:locale");
  if (session.umask >= 0) out.insert("session:umask");
  if (session.threads != 0) out.insert("session:threads");
  if (session.load_twice) out.insert("session:load_twice");
}

}  // namespace

std::vector<std::string> Features(const Case& c) {
  Sink out;
  for (const LayerSpec& layer : c.architecture.layers) {
    out.insert("layer:" + layer.class_name);
    for (const LayerSpec& inner : layer.layers) out.insert("layer:" + inner.class_name);
  }
  if (!c.architecture.calls.empty()) AddGraph(out, c.architecture);
  for (const Side* side : {&c.writer, &c.reader}) {
    for (const Step& step : side->build) AddStep(out, step);
    AddSession(out, side->session);
  }
  out.insert("format:" + std::string(RouteFormatName(c.route.format)));
  out.insert("dialect:" + std::string(DialectName(c.architecture.dialect)));
  PathSpec path = c.route.path;
  if (c.route.sharded && path.text.ends_with(kShardedSuffix)) {
    path.text.replace(path.text.size() - kShardedSuffix.size(), kShardedSuffix.size(),
                      UsualSuffix(c.route.format));
  }
  AddPath(out, path, c.route.format);
  if (c.route.load_path) {
    AddPath(out, *c.route.load_path, c.route.format);
    out.insert("path:copied");
  }
  if (!c.route.overwrite) out.insert("path:no_overwrite");
  const Route& route = c.route;
  out.insert(route.load_as == LoadAs::kModel ? "mode:model"
             : route.by_name                 ? "mode:by_name"
                                             : "mode:by_order");
  if (route.skip_mismatch) out.insert("mode:skip_mismatch");
  if (route.partial) out.insert("mode:partial");
  if (route.sharded) out.insert("mode:sharded");
  for (const Damage& damage : c.damage) {
    const std::string how = damage.how.empty() ? "" : ":" + damage.how;
    out.insert("damage:" + std::string(DamageOpName(damage.op)) + how);
  }
  out.insert("profile:" + std::string(ProfileName(c.weights.profile)));
  return {out.begin(), out.end()};
}

namespace {

// Every word of the hostile damage that the space lists and has formats for.
void AddHostile(Sink& out, const Space& space) {
  const bool archive = Allows(space.formats, "keras_archive");
  const bool whole = archive || Allows(space.formats, "legacy_h5_model");
  for (auto op = DamageOp::kExternalLink; op <= DamageOp::kConfig;
       op = static_cast<DamageOp>(static_cast<int>(op) + 1)) {
    const std::string name(DamageOpName(op));
    if (std::ranges::find(space.hostile, name) == space.hostile.end()) continue;
    if ((op == DamageOp::kBomb || op == DamageOp::kTraversal) && !archive) continue;
    if (op == DamageOp::kConfig && !(whole && Allows(space.modes, "model"))) continue;
    const std::span<const std::string_view> words = HostileWords(op);
    if (words.empty()) out.insert("damage:" + name);
    for (const std::string_view word : words) {
      out.insert("damage:" + name + ":" + std::string(word));
    }
  }
}

}  // namespace

std::vector<std::string> AllFeatures(const Space& space) {
  Sink out;
  const auto add = [&](std::string_view prefix, const std::vector<std::string>& allowed,
                       std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) {
      if (Allows(allowed, name)) out.insert(std::string(prefix) + std::string(name));
    }
  };
  for (const LayerSchema& schema : LayerSchemas()) {
    if (schema.class_name == "Sequential" || schema.class_name == "InputLayer") continue;
    if (!AllowsLayer(space, schema.class_name)) continue;
    out.insert("layer:" + std::string(schema.class_name));
    const bool frozen = Allows(space.steps, "freeze") || Allows(space.steps, "unfreeze");
    if (schema.is_wrapper && frozen) out.insert("step:freeze:part");
  }
  add("format:", space.formats, {"legacy_h5", "legacy_h5_model", "weights_h5", "keras_archive"});
  add("dialect:", space.dialects, {"keras3", "tf_keras"});
  add("mode:", space.modes, {"by_order", "by_name", "skip_mismatch", "partial"});
  const bool whole =
      Allows(space.formats, "legacy_h5_model") || Allows(space.formats, "keras_archive");
  if (whole) add("mode:", space.modes, {"model"});
  add("step:", space.steps,
      {"clear_names",
       "stray",
       "order",
       "name",
       "freeze",
       "unfreeze",
       "noop",
       "nest",
       "insert",
       "remove",
       "set",
       "exchange",
       "assemble:list",
       "assemble:add",
       "assemble:functional",
       "assemble:subclass",
       "rebuild:from_config",
       "rebuild:json",
       "rebuild:clone",
       "pop"});
  for (const char* name : {"compile", "own_state", "policy", "lora", "quantize", "vocabulary:adapt",
                           "vocabulary:set", "nest:functional", "nest:subclass", "nest:layer",
                           "keep:list", "keep:lists", "keep:dict", "keep:set"}) {
    if (AllowsStep(space, name)) out.insert("step:" + std::string(name));
  }
  if (AllowsSharded(space)) out.insert("mode:sharded");
  if (!space.steps.empty() && Allows(space.steps, "graph")) {
    add("step:", space.steps, {"calls", "operands", "outputs"});
    for (const char* name : {"branches", "several_inputs", "several_outputs", "shared_layer"}) {
      out.insert("graph:" + std::string(name));
    }
  }
  const std::vector<std::string> all;
  add("input:", all, {"given"});
  const bool sequential =
      Allows(space.steps, "assemble:list") || Allows(space.steps, "assemble:add");
  for (const char* name : {"input:build", "input:call"}) {
    if (sequential && Allows(space.steps, name)) out.insert(name);
  }
  if (Allows(space.steps, "assemble:subclass")) out.insert("input:call");  // it has no other way
  add("path:", all,
      {"plain",
       "space",
       "dots",
       "unicode",
       "brackets",
       "percent",
       "backslash",
       "special",
       "long",
       "too_long",
       "relative",
       "symlink",
       "other_suffix",
       "suffix_case",
       "missing_parent",
       "existing_file",
       "existing_directory",
       "existing_checkpoint",
       "copied",
       "no_overwrite"});
  add("profile:", all, {"plain", "nan", "inf", "negative_zero", "denormal", "huge"});
  if (space.damage) {
    if (Allows(space.formats, "legacy_h5") || Allows(space.formats, "legacy_h5_model")) {
      add("damage:", all, {"set_attribute"});
    }
    add("damage:", all,
        {"drop", "rename", "swap", "reshape", "retype", "duplicate", "chunk", "set_value", "flip",
         "cut", "zero", "append"});
  }
  AddHostile(out, space);
  if (space.sessions) {
    add("session:", all,
        {"fresh", "models_before", "hash_seed", "working_directory", "locale", "umask", "threads",
         "load_twice"});
  }
  if (space.same_build) {
    // Other models, and layers of an own class, which have no config.
    for (const char* step :
         {"insert", "remove", "set", "exchange", "outputs", "assemble:subclass", "nest:subclass",
          "nest:layer", "keep:list", "keep:lists", "keep:dict", "keep:set"}) {
      out.erase("step:" + std::string(step));
    }
  }
  return {out.begin(), out.end()};
}

}  // namespace weightproof
