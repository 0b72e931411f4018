// The input is an HDF5 file: refused helpfully, or read as a sound tree.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "fuzz/driver.h"
#include "harness/properties/hdf5_reading.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const weightproof::Hdf5ReadingResult result =
      weightproof::CheckHdf5Reading(std::as_bytes(std::span(data, size)));
  weightproof::fuzz::Require("hdf5-reading", result.verdict,
                             {reinterpret_cast<const char*>(data), size});
  return weightproof::fuzz::Count(result.accepted, /*keep_refused=*/true);
}
