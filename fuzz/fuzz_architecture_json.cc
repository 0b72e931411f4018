// The input is a Keras config JSON: refused helpfully, or accepted and written back the same.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz/driver.h"
#include "harness/properties/architecture_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const weightproof::ArchitectureJsonResult result = weightproof::CheckArchitectureJson(text);
  weightproof::fuzz::Require("architecture-json", result.verdict, text);
  return weightproof::fuzz::Count(result.accepted, /*keep_refused=*/true);
}
