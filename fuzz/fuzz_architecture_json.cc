// The input is a Keras config JSON: refused helpfully, or accepted and written back the same.
#include "fuzz/driver.h"
#include "fuzz/engine.h"
#include "fuzz/json_target.h"
#include "harness/properties/architecture_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = weightproof::fuzz::TextOf(data, size);
  const weightproof::ArchitectureJsonResult result = weightproof::CheckArchitectureJson(text);
  weightproof::fuzz::Require("architecture-json", result.verdict, text);
  return weightproof::fuzz::Count(result.accepted, /*keep_refused=*/true);
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  return weightproof::fuzz::MutateJsonInput(data, size, max_size, seed);
}
