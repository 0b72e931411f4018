// weightproof_golden_write GOLDEN MODEL OUT: writes golden model MODEL our way into the folder OUT:
// architecture.json, every format, and what we predict for its inputs. Its weights are those of the
// golden file with the elements of each variable in reverse, so no file of Keras's own can pass.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>

#include "model/checkpoint/checkpoint.h"
#include "model/network/network.h"
#include "model/npy.h"
#include "model/spec/architecture.h"
#include "model/spec/plan.h"

namespace weightproof {
namespace {

Status WriteNpy(const std::string& path, const Tensor& tensor) {
  const Result<std::vector<std::byte>> bytes = TensorToNpy(tensor);
  if (!bytes) return std::unexpected(bytes.error());
  return WriteFileAtomically(path, *bytes);
}

Status Write(const std::string& golden, const std::string& out) {
  std::ifstream stream(golden + "/architecture.json", std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  const Result<ArchitectureSpec> architecture = ArchitectureFromKerasJson(text.str());
  if (!architecture) return std::unexpected(architecture.error());
  Result<ModelPlan> plan = PlanSequential(*architecture);
  if (!plan) return std::unexpected(plan.error());
  Result<Network> network = Network::Create(*std::move(plan));
  if (!network) return std::unexpected(network.error());
  if (const auto report = LoadWeights(*network, golden + "/new.weights.h5"); !report)
    return std::unexpected(report.error());
  for (Tensor& variable : network->variables()) std::ranges::reverse(variable.values<float>());

  const Result<FileBytes> file = ReadWholeFile(golden + "/inputs.npy");
  if (!file) return std::unexpected(file.error());
  const Result<Tensor> inputs = TensorFromNpy(*file, golden + "/inputs.npy");
  if (!inputs) return std::unexpected(inputs.error());
  const Result<BoundedPrediction> prediction = network->PredictBounded(*inputs);
  if (!prediction) return std::unexpected(prediction.error());
  if (Status s = WriteNpy(out + "/predictions.npy", prediction->value); !s) return s;
  if (Status s = WriteNpy(out + "/bounds.npy", prediction->bound); !s) return s;

  std::ofstream(out + "/architecture.json", std::ios::binary)
      << ArchitectureToKerasJson(*architecture);
  const std::pair<const char*, Format> files[] = {{"/legacy.h5", Format::kLegacyH5},
                                                  {"/model.h5", Format::kLegacyH5Model},
                                                  {"/ours.weights.h5", Format::kWeightsH5}};
  for (const auto& [name, format] : files)
    if (Status s = SaveWeights(*network, out + name, format); !s) return s;
  return {};
}

}  // namespace
}  // namespace weightproof

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: weightproof_golden_write GOLDEN MODEL OUT\n");
    return 2;
  }
  const weightproof::Status status =
      weightproof::Write(std::string(argv[1]) + "/" + argv[2], argv[3]);
  if (!status) std::fprintf(stderr, "%s: %s\n", argv[2], status.error().Text().c_str());
  return status ? 0 : 1;
}
