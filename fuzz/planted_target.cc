// For tests of `weightproof minimize` alone: fuzz_load_any with two faults planted in the load. It
// dies of a float64 tensor, and it forgets the last value of the last variable where the file has
// more than one attribute at its root.
#include <csignal>
#include <cstdint>

#include "fuzz/checkpoint_models.h"
#include "fuzz/driver.h"
#include "harness/properties/checkpoint_loading.h"
#include "model/checkpoint/hdf5.h"

namespace weightproof::fuzz {
namespace {

bool HoldsFloat64(const Group& group) {
  for (const Child& child : group.children) {
    if (child.group() != nullptr && HoldsFloat64(*child.group())) return true;
    const Dataset* dataset = child.dataset();
    if (dataset == nullptr || dataset->value.type.cls != StoredClass::kNumber) continue;
    if (dataset->value.type.dtype == DType::kFloat64) return true;
  }
  return false;
}

Result<LoadReport> LoadWithFaults(Network& network, const std::string& path,
                                  const LoadOptions& options) {
  const Result<Group> tree = ReadTreeOfCopy(path);
  if (tree && HoldsFloat64(*tree)) std::raise(SIGSEGV);
  Result<LoadReport> report = LoadWeights(network, path, options);
  if (report && tree->attributes.size() > 1) {
    Tensor& last = network.variables().back();
    last.values<float>().back() += 1;
  }
  return report;
}

}  // namespace
}  // namespace weightproof::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace wf = weightproof::fuzz;
  const auto bytes = std::as_bytes(std::span(data, size));
  const weightproof::CheckpointLoadingResult result = weightproof::CheckCheckpointLoading(
      bytes, weightproof::CheckpointFamily::kAny, wf::CheckpointModels(), wf::ScratchFolder(),
      {.load = wf::LoadWithFaults});
  wf::Require("checkpoint-loading", result.verdict, {reinterpret_cast<const char*>(data), size});
  return wf::Count(result.accepted, /*keep_refused=*/true);
}
