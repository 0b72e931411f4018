// A valid checkpoint with structural damage as a fuzzer's input:
//   {"model": 3, "format": "weights_h5", "damage": [{"op": "drop", "path": "layers/dense/vars/1"}]}
// `model` counts CheckpointModels(), modulo their number; `damage` is CASE.md's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/properties/checkpoint_loading.h"

namespace weightproof::fuzz {

struct DamagedCheckpoint {
  CheckpointFamily family = CheckpointFamily::kLegacyH5;
  std::vector<std::byte> bytes;
};

// Nothing for text that is no such input, and for damage that does not apply to the file, makes no
// file, or is aimed at a loader's safety (which a case judges).
std::optional<DamagedCheckpoint> DecodeDamage(std::string_view json);

// The input with one edit more, one less, or drawn anew. Nothing when it does not parse or does not
// fit. Same arguments, same result.
std::optional<std::string> MutateDamage(std::string_view json, std::uint64_t seed,
                                        std::size_t bytes_max);

}  // namespace weightproof::fuzz
