// The input is an HDF5 file: what the strict reader accepts, the HDF5 library reads the same, and
// our writer writes again.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "fuzz/checksum_repair.h"
#include "fuzz/driver.h"
#include "harness/properties/hdf5_reading.h"
#include "harness/properties/hdf5_writing.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto file = std::as_bytes(std::span(data, size));
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const weightproof::Digest digest = weightproof::TensorDigest(
      weightproof::DType::kUInt8, weightproof::Shape{static_cast<std::int64_t>(size)}, file);
  const weightproof::Hdf5ReadingResult result = weightproof::CheckHdf5Agreement(file, digest[0]);
  weightproof::fuzz::Require("hdf5-agreement", result.verdict, input);
  // The library takes its time: one file in four is written again.
  if (result.accepted && digest[1] % 4 == 0) {
    const auto tree = weightproof::ReadHdf5(file, "file").value();
    const std::size_t choice = digest[2] + std::size_t{256} * digest[3];
    weightproof::fuzz::Require("hdf5-writing", weightproof::CheckHdf5Writing(tree, choice), input);
  }
  return weightproof::fuzz::Count(result.accepted, /*keep_refused=*/true);
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  return weightproof::fuzz::MutateHdf5(data, size, max_size, seed);
}
