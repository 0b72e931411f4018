// The input is a file of any content under a name of any suffix, loaded as a checkpoint.
#include "fuzz/checkpoint_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return weightproof::fuzz::LoadCheckpoint({data, size}, weightproof::CheckpointFamily::kAny);
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  return weightproof::fuzz::MutateCheckpoint(data, size, max_size, seed);
}
