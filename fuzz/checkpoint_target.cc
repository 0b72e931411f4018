#include "fuzz/checkpoint_target.h"

#include <algorithm>
#include <string_view>

#include "fuzz/checkpoint_models.h"
#include "fuzz/driver.h"
#include "fuzz/engine.h"
#include "fuzz/peak_memory.h"
#include "fuzz/tree_mutator.h"
#include "model/checkpoint/file.h"
#include "model/checkpoint/hdf5.h"

namespace weightproof::fuzz {
namespace {

Result<Group> ReadUncompressed(const std::string& path) {
  const Result<FileBytes> bytes = ReadWholeFile(path);
  if (!bytes) return std::unexpected(bytes.error());
  Hdf5Limits limits;
  limits.deflate = false;
  return ReadHdf5({bytes->data(), bytes->size()}, path, limits);
}

struct MemoryUse {
  std::size_t bytes = 0;
  Result<LoadReport> report;
};

MemoryUse Measured(Network& network, const std::string& path, const LoadOptions& options) {
  const PeakMemory peak;
  Result<LoadReport> report = LoadWeights(network, path, options);
  return {peak.bytes(), std::move(report)};
}

// A load within its bound. Compressed values have one of their own, and are no excuse for others.
Result<LoadReport> BoundedLoad(Network& network, const std::string& path,
                               const LoadOptions& options) {
  MemoryUse use = Measured(network, path, options);
  const std::size_t file_bytes = InputOfTarget().size();
  const std::size_t bound = LoadingBound(file_bytes, network);
  if (use.bytes <= bound) return std::move(use.report);
  RequireMemory(use.bytes, bound + InflatedBound(file_bytes));
  LoadOptions uncompressed = options;
  uncompressed.read_tree = ReadUncompressed;
  RequireMemory(Measured(network, path, uncompressed).bytes, bound);
  return std::move(use.report);
}

constexpr CheckpointFunctions kBounded{.load = BoundedLoad};

}  // namespace

int LoadCheckpoint(std::span<const std::uint8_t> input, CheckpointFamily family) {
  SetInputOfTarget({reinterpret_cast<const char*>(input.data()), input.size()});
  const CheckpointLoadingResult result = CheckCheckpointLoading(
      std::as_bytes(input), family, CheckpointModels(), ScratchFolder(), kBounded);
  Require("checkpoint-loading", result.verdict, InputOfTarget());
  // What cannot be read is the business of fuzz_hdf5_reader.
  const bool loaded = result.accepted || result.accepted_with_options;
  const bool asked = result.verdict.kind != VerdictKind::kNotAsked;
  return Count(loaded, /*keep_refused=*/result.readable && asked);
}

std::size_t MutateCheckpoint(std::uint8_t* data, std::size_t size, std::size_t max_size,
                             unsigned seed) {
  if (seed % 2 != 0 && MutatesStructure()) {
    const auto file = std::as_bytes(std::span(data, size));
    if (const auto changed = MutateTree(file, seed / 2, max_size)) {
      std::ranges::copy(*changed, std::as_writable_bytes(std::span(data, max_size)).begin());
      return changed->size();
    }
  }
  return MutateBytes(data, size, max_size);
}

}  // namespace weightproof::fuzz
