// The input is a line that a worker sends: refused helpfully, or read within the protocol's limits.
#include "fuzz/driver.h"
#include "fuzz/engine.h"
#include "fuzz/json_target.h"
#include "harness/properties/worker_answer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view line = weightproof::fuzz::TextOf(data, size);
  const weightproof::WorkerAnswerResult result = weightproof::CheckWorkerAnswer(line);
  weightproof::fuzz::Require("worker-answer", result.verdict, line);
  return weightproof::fuzz::Count(result.accepted, /*keep_refused=*/true);
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  return weightproof::fuzz::MutateJsonInput(data, size, max_size, seed);
}
