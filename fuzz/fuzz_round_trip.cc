// The input is a case's JSON; the contract holds for the built-in testee.
#include <cstddef>
#include <cstdint>

#include "fuzz/case_input.h"
#include "fuzz/driver.h"
#include "fuzz/engine.h"

using weightproof::fuzz::Count;
using weightproof::fuzz::CrossCases;
using weightproof::fuzz::MutateBytes;
using weightproof::fuzz::MutateCase;
using weightproof::fuzz::PlayRoundTrip;
using weightproof::fuzz::Put;
using weightproof::fuzz::TextOf;

namespace {

// One in so many mutations is of bytes, so that the reader of cases sees odd text too.
constexpr unsigned kBytesOneIn = 16;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return Count(PlayRoundTrip(TextOf(data, size), "builtin"), /*keep_refused=*/false);
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  if (seed % kBytesOneIn != 0) {
    if (const auto written = Put(MutateCase(TextOf(data, size), seed, max_size), data)) {
      return written;
    }
  }
  return MutateBytes(data, size, max_size);
}

extern "C" std::size_t LLVMFuzzerCustomCrossOver(const std::uint8_t* data, std::size_t size,
                                                 const std::uint8_t* other, std::size_t other_size,
                                                 std::uint8_t* out, std::size_t out_size,
                                                 unsigned seed) {
  return Put(CrossCases(TextOf(data, size), TextOf(other, other_size), seed, out_size), out);
}
