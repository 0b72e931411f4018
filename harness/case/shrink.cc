// Simpler cases. Every candidate is valid and smaller by Measure, so shrinking ends.
#include "harness/case/shrink.h"

#include <array>

#include "harness/case/file_names.h"
#include "model/spec/layer_schema.h"

namespace weightproof {
namespace {

using std::int64_t;

std::uint64_t Bits(std::uint64_t n) {
  std::uint64_t bits = 0;
  for (; n > 0; n /= 2) ++bits;
  return bits;
}

// Size of the text, so that any name, path or number counts for what it says.
std::uint64_t Weight(const ConfigValue& value) {
  if (const auto* n = std::get_if<int64_t>(&value))
    return 1 + static_cast<std::uint64_t>(*n < 0 ? 0 : *n);
  if (const auto* text = std::get_if<std::string>(&value)) return 3 + text->size();
  const auto* list = std::get_if<std::vector<int64_t>>(&value);
  std::uint64_t weight = 2;
  if (list != nullptr) {
    for (const int64_t n : *list) weight += 1 + static_cast<std::uint64_t>(n < 0 ? 0 : n);
  }
  return weight;
}

std::uint64_t Weight(const LayerSpec& layer) {
  std::uint64_t weight = layer.class_name == "Dense" ? 20 : 40;
  for (const auto& [key, value] : layer.config) weight += 2 + Weight(value);
  for (const LayerSpec& inner : layer.layers) weight += 100 + Weight(inner);
  return weight;
}

std::uint64_t Weight(const Build& build) {
  std::uint64_t weight = 0;
  for (const Step& step : build) {
    weight += step.part.size();
    weight += 200 + step.name.size() + step.order.size() + step.class_name.size();
    weight += step.attributes.size() + 2 * step.attribute_order.size();
    weight +=
        static_cast<std::uint64_t>(step.how) * 20 + static_cast<std::uint64_t>(step.input) * 8;
    weight += static_cast<std::uint64_t>(step.rebuild) + (step.own_input ? 2 : 0);
    weight +=
        static_cast<std::uint64_t>(step.nest) * 40 + static_cast<std::uint64_t>(step.keep) * 4;
    if (step.op == StepOp::kCompile) weight += step.key.size() + (step.trained ? 2 : 0);
    weight += (step.same_objects ? 0 : 2) + static_cast<std::uint64_t>(std::max(0, step.count));
    weight += step.after && step.op == StepOp::kFreeze ? 1 : 0;
    weight += static_cast<std::uint64_t>(std::max(0, step.end - step.begin));
    if (step.spec) weight += Weight(*step.spec);
    if (step.op == StepOp::kSet || step.op == StepOp::kVocabulary) weight += Weight(step.value);
    if (step.op == StepOp::kVocabulary) weight += step.key == "set" ? 1 : 2;
    for (const std::string& name : step.attributes) weight += name.size();
  }
  return weight;
}

std::uint64_t Weight(const SessionSpec& session) {
  std::uint64_t weight = session.fresh ? 30 : 0;
  weight += 10 * static_cast<std::uint64_t>(session.models_before) + (session.load_twice ? 30 : 0);
  weight += session.hash_seed != 0 ? 20 : 0;
  weight += (session.working_directory.empty() ? 0 : 20) + (session.locale.empty() ? 0 : 20);
  return weight + (session.umask >= 0 ? 20 : 0) + (session.threads != 0 ? 20 : 0);
}

std::uint64_t Weight(const PathSpec& path) {
  return path.text.size() + (path.setup != PathSetup::kNone ? 40 : 0) + (path.relative ? 20 : 0);
}

}  // namespace

std::uint64_t Measure(const Case& c) {
  std::uint64_t weight = 500 * c.damage.size();
  for (const Damage& damage : c.damage) {
    weight += Bits(static_cast<std::uint64_t>(damage.index)) + (damage.fletcher32 ? 1 : 0) +
              Bits(static_cast<std::uint64_t>(damage.bytes)) +
              Bits(static_cast<std::uint64_t>(damage.mask));
  }
  for (const int64_t d : c.architecture.input_shape) weight += 10 + static_cast<std::uint64_t>(d);
  weight += c.architecture.dialect == Dialect::kKeras3 ? 0 : 1;
  for (const CallSpec& call : c.architecture.calls) weight += 300 + 50 * call.from.size();
  for (const Shape& shape : c.architecture.more_inputs) weight += 200 + 10 * shape.size();
  weight += 100 * c.architecture.outputs.size();
  for (const LayerSpec& layer : c.architecture.layers) weight += 1000 + Weight(layer);
  for (const Side* side : {&c.writer, &c.reader}) {
    weight += Weight(side->build) + Weight(side->session);
  }
  const Route& route = c.route;
  weight += Weight(route.path) + (route.load_path ? 30 + Weight(*route.load_path) : 0);
  weight += (route.load_as == LoadAs::kModel ? 50 : 0) + (route.by_name ? 50 : 0);
  weight += route.sharded ? 50 : 0;
  weight += (route.skip_mismatch ? 50 : 0) + (route.partial ? 50 : 0) + (route.overwrite ? 0 : 30);
  weight += route.format == RouteFormat::kLegacyH5Model ? 60 : 0;
  weight += route.format == RouteFormat::kKerasArchive ? 60 : 0;
  weight += c.weights.profile != Profile::kPlain ? 50 : 0;
  weight += Bits(c.weights.seed) + Bits(c.probe.seed) + static_cast<std::uint64_t>(c.probe.batch);
  return weight;
}

void Candidates::Add(Case candidate) {
  FixAttributes(case_.architecture.layers.size() == candidate.architecture.layers.size()
                    ? case_.architecture
                    : candidate.architecture,
                candidate.writer.build);
  FixAttributes(candidate.architecture, candidate.reader.build);
  FixReaderOfModel(candidate);
  if (Measure(candidate) >= measure_) return;
  if (std::find(out_.begin(), out_.end(), candidate) != out_.end()) return;
  if (!IsValid(candidate)) return;
  out_.push_back(std::move(candidate));
}

void Candidates::AddChanged(Case candidate) {
  if (case_.damage.empty()) return Add(std::move(candidate));
  const auto before = Interpret(case_.architecture, case_.writer.build);
  FixAttributes(candidate.architecture, candidate.writer.build);
  const auto after = Interpret(candidate.architecture, candidate.writer.build);
  if (!before || !after) return;
  const FileNames from = NamesInFile(*before, case_.route.format);
  const FileNames to = NamesInFile(*after, candidate.route.format);
  for (const bool from_back : {false, true}) {
    Case moved = candidate;
    moved.damage = TranslateDamage(case_.damage, from, to, from_back);
    if (moved.damage.size() == case_.damage.size()) Add(std::move(moved));
  }
}

std::vector<Case> Shrinks(const Case& c) {
  Candidates out(c);
  ShrinkDamage(c, out);
  if (c.architecture.calls.empty()) {
    ShrinkLayers(c, out);
  } else {
    ShrinkGraph(c, out);
  }
  ShrinkVocabulary(c, out);
  ShrinkBuilds(c, out);
  ShrinkRoute(c, out);
  ShrinkConfigs(c, out);
  return std::move(out).Take();
}

}  // namespace weightproof
