#include <fmt/core.h>

#include <filesystem>

#include "harness/cli/commands.h"
#include "model/checkpoint/checkpoint.h"
#include "model/network/network.h"
#include "model/npy.h"
#include "model/spec/architecture.h"
#include "model/spec/plan.h"

namespace weightproof {
namespace {

Result<Network> NetworkFromJson(const std::string& text) {
  Result<ArchitectureSpec> architecture = ArchitectureFromKerasJson(text);
  if (!architecture) return std::unexpected(architecture.error());
  Result<ModelPlan> plan = PlanSequential(*architecture);
  if (!plan) return std::unexpected(plan.error());
  return Network::Create(*std::move(plan));
}

LoadOptions OptionsOf(const PredictOptions& o) {
  LoadOptions options;
  options.read_tree = TreeReaderFor(o.hdf5_library, o.map);
  return options;
}

Result<Network> NetworkFor(const PredictOptions& o) {
  Result<std::string> text = ReadTextFile(o.model);
  if (!text) return std::unexpected(text.error());
  const bool json = text->find_first_not_of(" \t\r\n") != std::string::npos &&
                    (*text)[text->find_first_not_of(" \t\r\n")] == '{';
  if (!json) {
    Result<LoadedModel> model = LoadModel(o.model, OptionsOf(o));
    if (!model) return std::unexpected(model.error());
    return std::move(model->network);
  }
  if (o.weights.empty()) {
    return Fail(ErrorKind::kWrongFormat, o.model, "an architecture alone has no weights",
                "add --weights FILE");
  }
  return NetworkFromJson(*text);
}

}  // namespace

int Predict(const PredictOptions& o) {
  Result<Network> network = NetworkFor(o);
  if (!network) return Refuse(network.error());
  if (!o.weights.empty()) {
    Result<LoadReport> report = LoadWeights(*network, o.weights, OptionsOf(o));
    if (!report) return Refuse(report.error());
    for (const Note& note : report->notes) {
      fmt::print(stderr, "note: {}: {}: {}\n", NoteKindName(note.kind), note.subject, note.text);
    }
  }
  Result<FileBytes> bytes = ReadWholeFile(o.input);
  if (!bytes) return Refuse(bytes.error());
  Result<Tensor> inputs = TensorFromNpy(*bytes, o.input);
  if (!inputs) return Refuse(inputs.error());
  if (inputs->dtype() != DType::kFloat32) {
    std::optional<Tensor> converted = Convert(*inputs, DType::kFloat32);
    if (!converted) {
      return Refuse({ErrorKind::kUnsupportedDtype, o.input,
                     fmt::format("inputs of dtype {}", DTypeName(inputs->dtype())),
                     "save them as float32"});
    }
    inputs = *std::move(converted);
  }
  Result<Tensor> outputs = network->Predict(*inputs);
  if (!outputs) return Refuse(outputs.error());
  Result<std::vector<std::byte>> file = TensorToNpy(*outputs);
  if (!file) return Refuse(file.error());
  if (Status s = WriteFileAtomically(o.output, *file); !s) return Refuse(s.error());
  fmt::print("{}: float32 {}\n", o.output, ShapeText(outputs->shape()));
  return kExitOk;
}

}  // namespace weightproof
