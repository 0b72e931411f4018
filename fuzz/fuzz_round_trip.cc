// The input is a case's JSON; the contract holds for the built-in testee.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fuzz/case_input.h"
#include "fuzz/driver.h"

using weightproof::fuzz::Count;
using weightproof::fuzz::CrossCases;
using weightproof::fuzz::MutateCase;
using weightproof::fuzz::PlayRoundTrip;

// The engine's own mutation of bytes; some engines have none.
extern "C" __attribute__((weak)) std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size,
                                                              std::size_t max_size);

namespace {

std::string_view Text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

std::size_t Put(const std::optional<std::string>& text, std::uint8_t* out) {
  if (!text) return 0;
  std::copy(text->begin(), text->end(), reinterpret_cast<char*>(out));
  return text->size();
}

// One in so many mutations is of bytes, so that the reader of cases sees odd text too.
constexpr unsigned kBytesOneIn = 16;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return Count(PlayRoundTrip(Text(data, size), "builtin"), /*keep_refused=*/false);
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  if (seed % kBytesOneIn != 0) {
    if (const auto written = Put(MutateCase(Text(data, size), seed, max_size), data)) {
      return written;
    }
  }
  return LLVMFuzzerMutate != nullptr ? LLVMFuzzerMutate(data, size, max_size) : size;
}

extern "C" std::size_t LLVMFuzzerCustomCrossOver(const std::uint8_t* data, std::size_t size,
                                                 const std::uint8_t* other, std::size_t other_size,
                                                 std::uint8_t* out, std::size_t out_size,
                                                 unsigned seed) {
  return Put(CrossCases(Text(data, size), Text(other, other_size), seed, out_size), out);
}
