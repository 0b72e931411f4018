// The input is a checkpoint (legacy H5, weights alone or a whole model).
#include "fuzz/checkpoint_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return weightproof::fuzz::LoadCheckpoint({data, size}, weightproof::CheckpointFamily::kLegacyH5);
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  return weightproof::fuzz::MutateCheckpoint(data, size, max_size, seed);
}
