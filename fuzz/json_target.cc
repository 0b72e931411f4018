#include "fuzz/json_target.h"

#include "fuzz/engine.h"
#include "fuzz/json_mutator.h"

namespace weightproof::fuzz {

std::size_t MutateJsonInput(std::uint8_t* data, std::size_t size, std::size_t max_size,
                            unsigned seed) {
  if (seed % 4 != 0) {
    if (const auto changed = MutateJson(TextOf(data, size), seed, max_size)) {
      return Put(changed, data);
    }
  }
  return MutateBytes(data, size, max_size);
}

}  // namespace weightproof::fuzz
