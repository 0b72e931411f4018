#include "fuzz/checkpoint_target.h"

#include <algorithm>
#include <string_view>

#include "fuzz/checkpoint_models.h"
#include "fuzz/driver.h"
#include "fuzz/engine.h"
#include "fuzz/tree_mutator.h"

namespace weightproof::fuzz {

int LoadCheckpoint(std::span<const std::uint8_t> input, CheckpointFamily family) {
  const CheckpointLoadingResult result =
      CheckCheckpointLoading(std::as_bytes(input), family, CheckpointModels(), ScratchFolder());
  Require("checkpoint-loading", result.verdict,
          {reinterpret_cast<const char*>(input.data()), input.size()});
  // What cannot be read is the business of fuzz_hdf5_reader.
  const bool loaded = result.accepted || result.accepted_with_options;
  const bool asked = result.verdict.kind != VerdictKind::kNotAsked;
  return Count(loaded, /*keep_refused=*/result.readable && asked);
}

std::size_t MutateCheckpoint(std::uint8_t* data, std::size_t size, std::size_t max_size,
                             unsigned seed) {
  if (seed % 2 != 0) {
    const auto file = std::as_bytes(std::span(data, size));
    if (const auto changed = MutateTree(file, seed / 2, max_size)) {
      std::ranges::copy(*changed, std::as_writable_bytes(std::span(data, max_size)).begin());
      return changed->size();
    }
  }
  return MutateBytes(data, size, max_size);
}

}  // namespace weightproof::fuzz
