// The input is a Keras config JSON: refused helpfully, or accepted and written back the same.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz/driver.h"
#include "fuzz/json_mutator.h"
#include "harness/properties/architecture_json.h"

// The engine's own mutation of bytes; some engines have none.
extern "C" __attribute__((weak)) std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size,
                                                              std::size_t max_size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const weightproof::ArchitectureJsonResult result = weightproof::CheckArchitectureJson(text);
  weightproof::fuzz::Require("architecture-json", result.verdict, text);
  return weightproof::fuzz::Count(result.accepted, /*keep_refused=*/true);
}

// Three of four mutations keep JSON JSON; bytes and words of the dictionary are the engine's.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  if (seed % 4 != 0) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto changed = weightproof::fuzz::MutateJson(text, seed, max_size)) {
      std::copy(changed->begin(), changed->end(), reinterpret_cast<char*>(data));
      return changed->size();
    }
  }
  return LLVMFuzzerMutate != nullptr ? LLVMFuzzerMutate(data, size, max_size) : size;
}
