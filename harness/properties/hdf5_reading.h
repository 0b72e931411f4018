// What reading an HDF5 file is held to, whatever its bytes.
#pragma once

#include <cstddef>
#include <span>

#include "harness/properties/verdict.h"
#include "model/checkpoint/hdf5.h"

namespace weightproof {

// The functions that are judged. A test puts broken ones here.
using ReadTreeFunction = Result<Group> (*)(std::span<const std::byte> file,
                                           const std::string& place);
struct Hdf5Readers {
  ReadTreeFunction strict = [](std::span<const std::byte> file, const std::string& place) {
    return ReadHdf5(file, place);
  };
  ReadTreeFunction library = [](std::span<const std::byte> file, const std::string& place) {
    return ReadHdf5WithLibrary(file, place);
  };
};

struct Hdf5ReadingResult {
  bool accepted = false;  // by the strict reader
  Verdict verdict;        // held or falsified
};

// "A file is refused with a kind, a place, a byte and a remedy, or gives a tree whose arrays hold
// what their types and shapes say, in names that ascend."
Hdf5ReadingResult CheckHdf5Reading(std::span<const std::byte> file,
                                   const Hdf5Readers& readers = {});

// "What the strict reader accepts, the HDF5 library reads the same." The library sees accepted
// files only; what harms it then ends this process, which is a finding.
Hdf5ReadingResult CheckHdf5Agreement(std::span<const std::byte> file,
                                     const Hdf5Readers& readers = {});

}  // namespace weightproof
