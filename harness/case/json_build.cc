// Build programs as JSON.
#include <cmath>

#include "harness/case/json_fields.h"

namespace weightproof {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 24> kOps = {
    "clear_names", "stray",     "order",      "name",     "freeze", "unfreeze",
    "noop",        "nest",      "insert",     "remove",   "set",    "exchange",
    "calls",       "operands",  "outputs",    "assemble", "pop",    "rebuild",
    "compile",     "own_state", "vocabulary", "policy",   "lora",   "quantize"};
constexpr std::array<std::string_view, 4> kHows = {"list", "add", "functional", "subclass"};
constexpr std::array<std::string_view, 4> kNests = {"sequential", "functional", "subclass",
                                                    "layer"};
constexpr std::array<std::string_view, 5> kKeeps = {"attributes", "list", "lists", "dict", "set"};
constexpr std::array<std::string_view, 3> kInputs = {"given", "build", "call"};
constexpr std::array<std::string_view, 3> kRebuilds = {"from_config", "json", "clone"};
constexpr int kPlaceMax = static_cast<int>(kCaseLayersMax);

void WriteTarget(const Step& step, Json& out) {
  if (step.target == TargetKind::kModel)
    out["model"] = true;
  else
    out[step.target == TargetKind::kNest ? "nest" : "layer"] = step.layer;
}

void ReadTarget(JsonFields& fields, Step& step) {
  const int given = int{fields.Has("layer")} + int{fields.Has("nest")} + int{fields.Has("model")};
  if (given != 1) return fields.Wrong("", "one of \"layer\", \"nest\", \"model\" is due here");
  bool model = true;
  fields.Bool("model", model);
  if (!model) fields.Wrong("model", "only true makes sense here");
  if (fields.Has("model")) step.target = TargetKind::kModel;
  if (fields.Has("nest")) step.target = TargetKind::kNest;
  fields.Int(step.target == TargetKind::kNest ? "nest" : "layer", 0, kPlaceMax, step.layer);
}

void WritePart(const Step& step, Json& out) {
  if (!step.part.empty()) out["part"] = step.part;
}

void WriteName(const Step& step, Json& out) {
  if (!step.name.empty()) out["name"] = step.name;
}

// What an object of a person's own class keeps its layers in.
void WriteKeeping(const Step& step, Json& out) {
  if (step.keep != KeepHow::kAttributes) out["keep"] = KeepHowName(step.keep);
  if (!step.attributes.empty()) out["attributes"] = step.attributes;
  if (!step.attribute_order.empty()) out["attribute_order"] = step.attribute_order;
}

Json StepToJson(const Step& step) {
  Json out = Json::object();
  out["op"] = StepOpName(step.op);
  switch (step.op) {
    case StepOp::kClearNames:
      break;
    case StepOp::kStray:
      out["class"] = step.class_name;
      break;
    case StepOp::kOperands:
      out["call"] = step.layer;
      out["order"] = step.order;
      break;
    case StepOp::kOrder:
    case StepOp::kCalls:
    case StepOp::kOutputs:
      out["order"] = step.order;
      break;
    case StepOp::kName:
      WriteTarget(step, out);
      out["name"] = step.name;
      break;
    case StepOp::kFreeze:
      WriteTarget(step, out);
      WritePart(step, out);
      if (step.after) out["after"] = true;
      break;
    case StepOp::kUnfreeze:
      WriteTarget(step, out);
      WritePart(step, out);
      break;
    case StepOp::kNoop:
      out["at"] = step.begin;
      out["class"] = step.class_name;
      WriteName(step, out);
      break;
    case StepOp::kNest:
      out["begin"] = step.begin;
      out["end"] = step.end;
      if (step.own_input) out["own_input"] = true;
      if (step.nest != NestHow::kSequential) out["how"] = NestHowName(step.nest);
      WriteKeeping(step, out);
      WriteName(step, out);
      break;
    case StepOp::kInsert:
      out["at"] = step.begin;
      out["spec"] = LayerToJson(step.spec.value_or(LayerSpec{}));
      WriteName(step, out);
      break;
    case StepOp::kRemove:
      out["layer"] = step.layer;
      break;
    case StepOp::kSet:
      out["layer"] = step.layer;
      out["key"] = step.key;
      out["value"] = ConfigValueToJson(step.value);
      break;
    case StepOp::kExchange:
      out["layer"] = step.layer;
      out["other"] = step.other;
      break;
    case StepOp::kAssemble:
      out["how"] = AssembleHowName(step.how);
      if (step.input != InputHow::kGiven) out["input"] = InputHowName(step.input);
      WriteKeeping(step, out);
      WriteName(step, out);
      break;
    case StepOp::kPop:
      out["count"] = step.count;
      if (!step.same_objects) out["same"] = false;
      break;
    case StepOp::kRebuild:
      out["how"] = RebuildHowName(step.rebuild);
      break;
    case StepOp::kCompile:
      out["optimizer"] = step.class_name;
      out["loss"] = step.key;
      if (step.trained) out["trained"] = true;
      break;
    case StepOp::kOwnState:
      out["layer"] = step.layer;
      break;
    case StepOp::kVocabulary:
      out["layer"] = step.layer;
      out["how"] = step.key;
      out["tokens"] = ConfigValueToJson(step.value);
      break;
    case StepOp::kPolicy:
      out["policy"] = step.class_name;
      break;
    case StepOp::kLora:
      out["layer"] = step.layer;
      out["rank"] = step.count;
      break;
    case StepOp::kQuantize:
      out["mode"] = step.class_name;
      break;
  }
  return out;
}

void ReadIndices(JsonFields& fields, std::string_view key, std::vector<int>& out, bool required) {
  std::vector<std::int64_t> wide;
  fields.Ints(key, kCaseLayersMax, wide, 0, kPlaceMax, required);
  out.assign(wide.begin(), wide.end());
}

void ReadKeeping(JsonFields& fields, Step& step) {
  fields.Word("keep", kKeeps, step.keep);
  fields.Texts("attributes", kCaseLayersMax, step.attributes);
  ReadIndices(fields, "attribute_order", step.attribute_order, false);
}

void ReadAssemble(JsonFields& fields, Step& step) {
  fields.Word("how", kHows, step.how, true);
  fields.Word("input", kInputs, step.input);
  ReadKeeping(fields, step);
  fields.Text("name", step.name);
}

void ReadInsert(JsonFields& fields, Step& step) {
  fields.Int("at", 0, kPlaceMax, step.begin, true);
  fields.Text("name", step.name);
  const Json* spec = fields.Find("spec", true);
  if (spec == nullptr) return;
  auto layer = ReadLayer(*spec, JsonPlace{&fields.place(), "spec"});
  if (!layer) return fields.Take(std::move(layer.error()));
  step.spec = std::move(*layer);
}

void ReadSet(JsonFields& fields, Step& step) {
  fields.Int("layer", 0, kPlaceMax, step.layer, true);
  fields.Text("key", step.key, true);
  const Json* value = fields.Find("value", true);
  if (value == nullptr) return;
  auto config = ReadConfigValue(*value, JsonPlace{&fields.place(), "value"});
  if (!config) return fields.Take(std::move(config.error()));
  step.value = std::move(*config);
}

void ReadVocabulary(JsonFields& fields, Step& step) {
  fields.Int("layer", 0, kPlaceMax, step.layer, true);
  fields.Text("how", step.key, true);
  if (step.key != "adapt" && step.key != "set") fields.Wrong("how", "adapt or set is due here");
  std::vector<std::int64_t> tokens;
  fields.Ints("tokens", kCaseLayersMax, tokens, 0, kDimensionMax, true);
  step.value = std::move(tokens);
}

Result<Step> ReadStep(const Json& value, const JsonPlace& place) {
  JsonFields fields(value, place);
  Step step;
  fields.Word("op", kOps, step.op, true);
  switch (step.op) {
    case StepOp::kClearNames:
      break;
    case StepOp::kStray:
      fields.Text("class", step.class_name, true);
      break;
    case StepOp::kOperands:
      fields.Int("call", 0, kPlaceMax, step.layer, true);
      ReadIndices(fields, "order", step.order, true);
      break;
    case StepOp::kOrder:
    case StepOp::kCalls:
    case StepOp::kOutputs:
      ReadIndices(fields, "order", step.order, true);
      break;
    case StepOp::kName:
      ReadTarget(fields, step);
      fields.Text("name", step.name, true);
      break;
    case StepOp::kFreeze:
      ReadTarget(fields, step);
      fields.Text("part", step.part);
      fields.Bool("after", step.after);
      break;
    case StepOp::kUnfreeze:
      ReadTarget(fields, step);
      step.after = true;
      fields.Text("part", step.part);
      fields.Bool("after", step.after);
      if (!step.after) fields.Wrong("after", "unfreeze comes after assembly only");
      break;
    case StepOp::kNoop:
      fields.Int("at", 0, kPlaceMax, step.begin, true);
      fields.Text("class", step.class_name, true);
      fields.Text("name", step.name);
      break;
    case StepOp::kNest:
      fields.Int("begin", 0, kPlaceMax, step.begin, true);
      fields.Int("end", 0, kPlaceMax, step.end, true);
      fields.Bool("own_input", step.own_input);
      fields.Word("how", kNests, step.nest);
      ReadKeeping(fields, step);
      fields.Text("name", step.name);
      break;
    case StepOp::kInsert:
      ReadInsert(fields, step);
      break;
    case StepOp::kRemove:
      fields.Int("layer", 0, kPlaceMax, step.layer, true);
      break;
    case StepOp::kSet:
      ReadSet(fields, step);
      break;
    case StepOp::kExchange:
      fields.Int("layer", 0, kPlaceMax, step.layer, true);
      fields.Int("other", 0, kPlaceMax, step.other, true);
      break;
    case StepOp::kAssemble:
      ReadAssemble(fields, step);
      break;
    case StepOp::kPop:
      fields.Int("count", 0, kPlaceMax, step.count, true);
      fields.Bool("same", step.same_objects);
      break;
    case StepOp::kRebuild:
      fields.Word("how", kRebuilds, step.rebuild, true);
      break;
    case StepOp::kCompile:
      fields.Text("optimizer", step.class_name, true);
      fields.Text("loss", step.key, true);
      fields.Bool("trained", step.trained);
      break;
    case StepOp::kOwnState:
      fields.Int("layer", 0, kPlaceMax, step.layer, true);
      break;
    case StepOp::kVocabulary:
      ReadVocabulary(fields, step);
      break;
    case StepOp::kPolicy:
      fields.Text("policy", step.class_name, true);
      break;
    case StepOp::kLora:
      fields.Int("layer", 0, kPlaceMax, step.layer, true);
      fields.Int("rank", 1, kLoraRankMax, step.count, true);
      break;
    case StepOp::kQuantize:
      fields.Text("mode", step.class_name, true);
      break;
  }
  fields.Done();
  if (!fields.ok()) return std::unexpected(std::move(fields).error());
  return step;
}

}  // namespace

std::string_view StepOpName(StepOp op) { return kOps[static_cast<std::size_t>(op)]; }
std::string_view AssembleHowName(AssembleHow how) { return kHows[static_cast<std::size_t>(how)]; }
std::string_view NestHowName(NestHow how) { return kNests[static_cast<std::size_t>(how)]; }
std::string_view KeepHowName(KeepHow how) { return kKeeps[static_cast<std::size_t>(how)]; }
std::string_view InputHowName(InputHow input) { return kInputs[static_cast<std::size_t>(input)]; }
std::string_view RebuildHowName(RebuildHow how) { return kRebuilds[static_cast<std::size_t>(how)]; }

Json BuildToJson(const Build& build) {
  Json out = Json::array();
  for (const Step& step : build) out.push_back(StepToJson(step));
  return out;
}

Result<Build> ReadBuild(const Json& value, const JsonPlace& place) {
  auto array = ReadArray(value, place, kCaseStepsMax);
  if (!array) return std::unexpected(std::move(array.error()));
  Build build;
  build.reserve((*array)->size());
  for (std::size_t i = 0; i < (*array)->size(); ++i) {
    auto step = ReadStep((**array)[i], JsonPlace{&place, "", i, true});
    if (!step) return std::unexpected(std::move(step.error()));
    build.push_back(std::move(*step));
  }
  return build;
}

Result<Build> BuildFromJson(const Json& value, const std::string& place) {
  return ReadBuild(value, JsonPlace{nullptr, place});
}

}  // namespace weightproof
