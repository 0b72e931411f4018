// The input is an HDF5 file: refused helpfully, or read as a sound tree, in bounded memory.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "fuzz/checksum_repair.h"
#include "fuzz/driver.h"
#include "fuzz/peak_memory.h"
#include "harness/properties/hdf5_reading.h"

namespace {

using weightproof::Group;
using weightproof::Hdf5Limits;
using weightproof::Result;

std::size_t MemoryOf(std::span<const std::byte> file, const std::string& place,
                     const Hdf5Limits& limits) {
  const weightproof::fuzz::PeakMemory peak;
  (void)weightproof::ReadHdf5(file, place, limits);
  return peak.bytes();
}

// Compressed values have a bound of their own, and are no excuse for others.
Result<Group> BoundedRead(std::span<const std::byte> file, const std::string& place,
                          const Hdf5Limits& limits) {
  const weightproof::fuzz::PeakMemory peak;
  Result<Group> tree = weightproof::ReadHdf5(file, place, limits);
  const std::size_t bytes = peak.bytes();
  const std::size_t bound = weightproof::fuzz::ReadingBound(file.size());
  if (bytes <= bound) return tree;
  weightproof::fuzz::RequireMemory(bytes, bound + weightproof::fuzz::InflatedBound(file.size()));
  Hdf5Limits uncompressed = limits;
  uncompressed.deflate = false;
  weightproof::fuzz::RequireMemory(MemoryOf(file, place, uncompressed), bound);
  return tree;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  weightproof::fuzz::SetInputOfTarget({reinterpret_cast<const char*>(data), size});
  weightproof::Hdf5Readers readers;
  readers.strict = BoundedRead;
  const weightproof::Hdf5ReadingResult result =
      weightproof::CheckHdf5Reading(std::as_bytes(std::span(data, size)), readers);
  weightproof::fuzz::Require("hdf5-reading", result.verdict, weightproof::fuzz::InputOfTarget());
  return weightproof::fuzz::Count(result.accepted, /*keep_refused=*/true);
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  return weightproof::fuzz::MutateHdf5(data, size, max_size, seed);
}
