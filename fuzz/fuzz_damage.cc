// The input names a valid checkpoint and damage to its structure or bytes; the file is loaded.
#include <cstddef>
#include <cstdint>

#include "fuzz/checkpoint_target.h"
#include "fuzz/damage_input.h"
#include "fuzz/driver.h"
#include "fuzz/engine.h"
#include "fuzz/json_target.h"

using weightproof::fuzz::Count;
using weightproof::fuzz::TextOf;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto damaged = weightproof::fuzz::DecodeDamage(TextOf(data, size));
  if (!damaged) return Count(false, /*keep_refused=*/false);
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(damaged->bytes.data());
  return weightproof::fuzz::LoadCheckpoint({bytes, damaged->bytes.size()}, damaged->family);
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  if (!weightproof::fuzz::MutatesStructure()) {
    return weightproof::fuzz::MutateBytes(data, size, max_size);
  }
  if (seed % 2 != 0) {
    if (const auto changed =
            weightproof::fuzz::MutateDamage(TextOf(data, size), seed / 2, max_size)) {
      return weightproof::fuzz::Put(changed, data);
    }
  }
  return weightproof::fuzz::MutateJsonInput(data, size, max_size, seed / 2);
}
