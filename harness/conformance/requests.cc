#include "harness/conformance/requests.h"

#include <algorithm>

#include "harness/case/generate.h"
#include "harness/case/json.h"
#include "harness/case/space.h"
#include "harness/oracle/weights.h"
#include "model/spec/plan.h"

namespace weightproof {
namespace {

constexpr std::uint64_t kDrawsMax = 500;

bool Lists(const std::vector<std::string>& list, std::string_view name) {
  return std::ranges::find(list, name) != list.end();
}

std::string_view SuffixOf(RouteFormat format) {
  if (format == RouteFormat::kWeightsH5) return ".weights.h5";
  return format == RouteFormat::kKerasArchive ? ".keras" : ".h5";
}

// The same model on both sides, without damage or odd options.
bool IsPlainRoundTrip(const Case& c) {
  return c.damage.empty() && !c.route.by_name && !c.route.skip_mismatch && !c.route.partial &&
         c.route.load_as == LoadAs::kWeights && c.weights.profile == Profile::kPlain;
}

}  // namespace

std::optional<CaseRequests> CaseRequests::Of(const Case& c, const std::string& directory) {
  const Result<ModelPlan> writer = Interpret(c.architecture, c.writer.build);
  const Result<ModelPlan> reader = Interpret(c.architecture, c.reader.build);
  if (!writer || !reader) return std::nullopt;
  CaseRequests out;
  out.c = c;
  out.saved = MakeWeights(*writer, c.weights);
  out.initial = MakeWeights(*reader, {c.weights.seed + 1, Profile::kPlain});
  out.inputs = MakeInputs(*writer, c.probe);
  out.more_inputs = MakeMoreInputs(*writer, c.probe);
  out.directory = directory;
  return out;
}

SaveRequest CaseRequests::Save(const std::string& path) const {
  SaveRequest request;
  request.build = {{&c.architecture, &c.writer.build}, {}, {}, directory, nullptr};
  request.weights = &saved;
  request.format = c.route.format;
  request.dialect = c.architecture.dialect;
  request.path = path;
  request.inputs = &inputs;
  request.more_inputs = &more_inputs;
  return request;
}

LoadRequest CaseRequests::Load(const std::string& path) const {
  LoadRequest request;
  request.build = {{&c.architecture, &c.reader.build}, {}, {}, directory, nullptr};
  request.initial = &initial;
  request.format = c.route.format;
  request.path = path;
  request.inputs = &inputs;
  request.more_inputs = &more_inputs;
  return request;
}

AssignRequest CaseRequests::Assign() const {
  return {{{&c.architecture, &c.reader.build}, {}, {}, directory, nullptr},
          &saved,
          &inputs,
          &more_inputs};
}

std::optional<Case> SmallCase(const Description& description, RouteFormat format) {
  Space space = SpellOut(description.space);
  const std::string name(RouteFormatName(format));
  if (!Lists(space.formats, name) || space.dialects.empty()) return std::nullopt;
  if (Lists(space.layers, "Dense")) {
    Case c;
    c.architecture.dialect =
        space.dialects.front() == "tf_keras" ? Dialect::kTfKeras : Dialect::kKeras3;
    c.architecture.input_shape = {2};
    for (int i = 0; i < 2; ++i) {
      LayerSpec dense;
      dense.class_name = "Dense";
      dense.config["units"] = std::int64_t{2};
      c.architecture.layers.push_back(std::move(dense));
    }
    Step assemble;
    if (!Lists(space.steps, "assemble:list")) assemble.how = AssembleHow::kFunctional;
    c.writer.build = c.reader.build = {assemble};
    c.route.format = format;
    c.route.path.text = "m" + std::string(SuffixOf(format));
    return c;
  }
  space.formats = {name};
  space.damage = space.sessions = false;
  space.layers_max = 1;
  for (std::uint64_t index = 0; index < kDrawsMax; ++index) {
    SeededChoices choices(1, index);
    Case c = Generate(choices, space);
    const Result<ModelPlan> writer = Interpret(c.architecture, c.writer.build);
    const Result<ModelPlan> reader = Interpret(c.architecture, c.reader.build);
    const bool named = std::ranges::any_of(c.architecture.layers, [&](const LayerSpec& layer) {
      return Lists(space.layers, layer.class_name);
    });
    if (!writer || !reader || !named || !IsPlainRoundTrip(c)) continue;
    if (NormalForm(*writer) != NormalForm(*reader) || Variables(writer->model).empty()) continue;
    c.route.path = {};
    c.route.path.text = "m" + std::string(SuffixOf(format));
    c.route.load_path.reset();
    return c;
  }
  return std::nullopt;
}

}  // namespace weightproof
