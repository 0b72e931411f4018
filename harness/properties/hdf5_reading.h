// What reading an HDF5 file is held to, whatever its bytes.
#pragma once

#include <cstddef>
#include <span>

#include "harness/properties/verdict.h"
#include "model/checkpoint/hdf5.h"

namespace weightproof {

// The functions that are judged. A test puts broken ones here.
using ReadTreeFunction = Result<Group> (*)(std::span<const std::byte> file,
                                           const std::string& place, const Hdf5Limits& limits);
struct Hdf5Readers {
  ReadTreeFunction strict = [](std::span<const std::byte> file, const std::string& place,
                               const Hdf5Limits& limits) { return ReadHdf5(file, place, limits); };
  ReadTreeFunction library = ReadHdf5WithLibrary;
};

struct Hdf5ReadingResult {
  bool accepted = false;  // by the strict reader
  Verdict verdict;        // held or falsified
};

// "A file is refused with a kind, a place, a byte and a remedy, or gives a tree whose arrays hold
// what their types and shapes say, in names that ascend."
Hdf5ReadingResult CheckHdf5Reading(std::span<const std::byte> file,
                                   const Hdf5Readers& readers = {});

// "What the strict reader accepts, the HDF5 library reads the same. Under a limit that the file is
// over, both refuse it, and name the limit. What is refused for a link alone, both refuse." The
// library sees files only that are sound, links aside; what harms it then ends this process, which
// is a finding.
// `choice`, any number, says which limit is tried.
Hdf5ReadingResult CheckHdf5Agreement(std::span<const std::byte> file, std::size_t choice,
                                     const Hdf5Readers& readers = {});

}  // namespace weightproof
