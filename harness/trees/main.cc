// weightproof_trees_write SEED COUNT DIALECT OUT: draws COUNT cases of DIALECT (keras3, tf_keras).
// For both builds of each case and every format, writes into the folder OUT the tree that the
// dialect's library is thought to write, and prints one line of JSON: {"file", "refused" (why there
// is no file), "request" (the same save for a worker, PROTOCOL.md)}. The comparison with real
// Keras is made by scripts/compare_trees.py.
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "harness/case/generate.h"
#include "harness/oracle/weights.h"
#include "harness/testee/builtin.h"
#include "harness/testee/wire.h"
#include "model/checkpoint/checkpoint.h"
#include "model/checkpoint/hdf5.h"
#include "model/spec/layer_schema.h"

namespace weightproof {
namespace {

Status WriteTree(const ModelPlan& plan, const std::vector<NamedTensor>& weights, Format format,
                 const std::string& path) {
  const std::vector<NamedTensor> stored =
      format == Format::kWeightsH5 && HasLora(plan) ? MergeLora(plan, plan, weights) : weights;
  std::vector<Tensor> tensors;
  for (const NamedTensor& weight : stored) tensors.push_back(weight.tensor);
  // Configs are not compared, and that of a graph is not written: its weights stand where a whole
  // model has them.
  const bool graph = format == Format::kLegacyH5Model && !plan.model.graph.empty();
  Result<Group> tree = Encode(graph ? Format::kLegacyH5 : format, plan, tensors);
  if (graph && tree) {
    Group root;
    AddChild(root, Child{"model_weights", *std::move(tree)});
    tree = std::move(root);
  }
  if (!tree) return std::unexpected(tree.error());
  const Result<std::vector<std::byte>> bytes = WriteHdf5(*tree);
  if (!bytes) return std::unexpected(bytes.error());
  return WriteFileAtomically(path, *bytes);
}

void Compare(const Case& c, const Side& side, const std::string& out, const std::string& name,
             std::uint64_t* id) {
  SaveRequest request;
  request.build.program = {&c.architecture, &side.build};
  // Models made earlier in the session move the counters of automatic names.
  request.build.before.assign(static_cast<std::size_t>(side.session.models_before),
                              request.build.program);
  request.build.directory = out;
  const Result<ModelPlan> plan = PlayPrograms(request.build);
  if (!plan) return;
  const std::vector<NamedTensor> weights = MakeWeights(*plan, c.weights);
  request.weights = &weights;
  request.dialect = c.architecture.dialect;
  constexpr std::pair<RouteFormat, const char*> kFormats[] = {
      {RouteFormat::kLegacyH5, ".legacy.h5"},
      {RouteFormat::kLegacyH5Model, ".model.h5"},
      {RouteFormat::kWeightsH5, ".weights.h5"}};
  constexpr Format kOurs[] = {Format::kLegacyH5, Format::kLegacyH5Model, Format::kWeightsH5};
  for (std::size_t k = 0; k < std::size(kFormats); ++k) {
    request.format = kFormats[k].first;
    request.path = out + "/" + name + ".real" + kFormats[k].second;
    const std::string file = out + "/" + name + ".ours" + kFormats[k].second;
    const Status written = WriteTree(*plan, weights, kOurs[k], file);
    nlohmann::json line = {{"file", file}, {"refused", written ? "" : written.error().Text()}};
    line["request"] = nlohmann::json::parse(SaveLine(request, ++*id));
    std::puts(line.dump().c_str());
  }
}

// Every step of CASE.md: graphs are drawn where they are named.
const std::vector<std::string> kSteps = {"clear_names",
                                         "stray",
                                         "order",
                                         "name",
                                         "freeze",
                                         "unfreeze",
                                         "noop",
                                         "nest",
                                         "nest:functional",
                                         "nest:subclass",
                                         "nest:layer",
                                         "keep:list",
                                         "keep:lists",
                                         "keep:dict",
                                         "insert",
                                         "remove",
                                         "set",
                                         "exchange",
                                         "pop",
                                         "graph",
                                         "calls",
                                         "operands",
                                         "outputs",
                                         "compile",
                                         "own_state",
                                         "vocabulary:adapt",
                                         "vocabulary:set",
                                         "policy",
                                         "lora",
                                         "quantize",
                                         "assemble:list",
                                         "assemble:add",
                                         "assemble:functional",
                                         "assemble:subclass",
                                         "rebuild:from_config",
                                         "rebuild:json",
                                         "rebuild:clone"};

void Write(std::uint64_t seed, std::uint64_t count, const std::string& dialect,
           const std::string& out) {
  Space space;
  space.dialects = {dialect};
  space.damage = false;
  // Also what model/ does not compute: the trees are compared, no predictions.
  for (const LayerSchema& schema : LayerSchemas()) {
    // Keras 3 makes lookup layers only where TensorFlow is installed.
    if (schema.class_name == "IntegerLookup" && dialect == "keras3") continue;
    space.layers.emplace_back(schema.class_name);
  }
  space.steps = kSteps;
  std::uint64_t id = 0;
  for (std::uint64_t index = 0; index < count; ++index) {
    SeededChoices choices(seed, index);
    const Case c = Generate(choices, space);
    const std::string name = std::to_string(index);
    Compare(c, c.writer, out, name + ".writer", &id);
    Compare(c, c.reader, out, name + ".reader", &id);
  }
}

}  // namespace
}  // namespace weightproof

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: weightproof_trees_write SEED COUNT DIALECT OUT\n");
    return 2;
  }
  weightproof::Write(std::strtoull(argv[1], nullptr, 10), std::strtoull(argv[2], nullptr, 10),
                     argv[3], argv[4]);
  return 0;
}
