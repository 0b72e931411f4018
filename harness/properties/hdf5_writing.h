// What writing an HDF5 file is held to, whatever the tree.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "harness/properties/verdict.h"
#include "model/checkpoint/hdf5.h"

namespace weightproof {

// The functions that are judged. A test puts broken ones here.
struct Hdf5Writing {
  Result<std::vector<std::byte>> (*write)(const Group& root) = WriteHdf5;
  std::string (*difference)(const Group& a, const Group& b) = FirstDifference;
};

// "A tree is written as a file that both readers read as the same tree and that, written anew, has
// the same bytes; or refused with its place and a remedy. A tree that no file can hold is refused
// where it is wrong. Two trees that differ in one thing are told apart by the place of that thing."
// `choice`, any number, says what is made wrong and what differs.
Verdict CheckHdf5Writing(const Group& tree, std::size_t choice, const Hdf5Writing& functions = {});

}  // namespace weightproof
