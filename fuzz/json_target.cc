#include "fuzz/json_target.h"

#include <algorithm>

#include "fuzz/json_mutator.h"

// The engine's own mutation of bytes; some engines have none.
extern "C" __attribute__((weak)) std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size,
                                                              std::size_t max_size);

namespace weightproof::fuzz {

std::size_t MutateJsonInput(std::uint8_t* data, std::size_t size, std::size_t max_size,
                            unsigned seed) {
  if (seed % 4 != 0) {
    if (const auto changed = MutateJson(TextOf(data, size), seed, max_size)) {
      std::copy(changed->begin(), changed->end(), reinterpret_cast<char*>(data));
      return changed->size();
    }
  }
  return LLVMFuzzerMutate != nullptr ? LLVMFuzzerMutate(data, size, max_size) : size;
}

}  // namespace weightproof::fuzz
