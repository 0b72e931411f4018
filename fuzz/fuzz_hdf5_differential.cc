// The input is an HDF5 file: what the strict reader accepts, the HDF5 library reads the same.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "fuzz/checksum_repair.h"
#include "fuzz/driver.h"
#include "harness/properties/hdf5_reading.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const weightproof::Hdf5ReadingResult result =
      weightproof::CheckHdf5Agreement(std::as_bytes(std::span(data, size)));
  weightproof::fuzz::Require("hdf5-agreement", result.verdict,
                             {reinterpret_cast<const char*>(data), size});
  return weightproof::fuzz::Count(result.accepted, /*keep_refused=*/true);
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  return weightproof::fuzz::MutateHdf5(data, size, max_size, seed);
}
