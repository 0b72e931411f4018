// The input is the text of a case: refused helpfully, or accepted, written back the same, shrunk
// and mutated. Playing it is the business of fuzz_round_trip.
#include "fuzz/driver.h"
#include "fuzz/engine.h"
#include "fuzz/json_target.h"
#include "harness/properties/case_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = weightproof::fuzz::TextOf(data, size);
  const weightproof::CaseJsonResult result = weightproof::CheckCaseJson(text);
  weightproof::fuzz::Require("case-json", result.verdict, text);
  return weightproof::fuzz::Count(result.accepted, /*keep_refused=*/true);
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  return weightproof::fuzz::MutateJsonInput(data, size, max_size, seed);
}
