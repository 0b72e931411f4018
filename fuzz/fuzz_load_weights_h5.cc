// The input is a checkpoint (.weights.h5).
#include "fuzz/checkpoint_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return weightproof::fuzz::LoadCheckpoint({data, size}, weightproof::CheckpointFamily::kWeightsH5);
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  return weightproof::fuzz::MutateCheckpoint(data, size, max_size, seed);
}
