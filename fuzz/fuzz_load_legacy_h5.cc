// The input is a checkpoint (legacy H5, weights alone or a whole model): refused without a trace,
// or loaded and accounted for.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "fuzz/checkpoint_models.h"
#include "fuzz/driver.h"
#include "fuzz/tree_mutator.h"
#include "harness/properties/checkpoint_loading.h"

// The engine's own mutation of bytes; some engines have none.
extern "C" __attribute__((weak)) std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size,
                                                              std::size_t max_size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace fuzz = weightproof::fuzz;
  const weightproof::CheckpointLoadingResult result = weightproof::CheckCheckpointLoading(
      std::as_bytes(std::span(data, size)), weightproof::CheckpointFamily::kLegacyH5,
      fuzz::CheckpointModels(), fuzz::ScratchFolder());
  fuzz::Require("checkpoint-loading", result.verdict, {reinterpret_cast<const char*>(data), size});
  // What cannot be read is the business of fuzz_hdf5_reader.
  const bool loaded = result.accepted || result.accepted_with_options;
  const bool asked = result.verdict.kind != weightproof::VerdictKind::kNotAsked;
  return fuzz::Count(loaded, /*keep_refused=*/result.readable && asked);
}

// Every other mutation keeps the file an HDF5 file.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  if (seed % 2 != 0) {
    const auto file = std::as_bytes(std::span(data, size));
    if (const auto changed = weightproof::fuzz::MutateTree(file, seed / 2, max_size)) {
      std::ranges::copy(*changed, std::as_writable_bytes(std::span(data, max_size)).begin());
      return changed->size();
    }
  }
  return LLVMFuzzerMutate != nullptr ? LLVMFuzzerMutate(data, size, max_size) : size;
}
