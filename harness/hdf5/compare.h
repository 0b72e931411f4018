// One file by both HDF5 readers: the strict one here, the HDF5 library in a child process.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "harness/hdf5/library_child.h"
#include "model/checkpoint/hdf5.h"

namespace weightproof {

enum class Agreement {
  kSame,      // both accept, and the trees are equal
  kStricter,  // the strict reader refuses, the library accepts
  kBothRefuse,
  kLibraryHarmed,    // the library crashed, hung or exhausted memory; the strict reader refuses
  kDiffer,           // a finding: both accept, and the trees differ
  kLaxer,            // a finding: the strict reader accepts what the library refuses
  kHarmedByAccepted  // a finding: the strict reader accepts what harms the library
};
std::string_view AgreementName(Agreement agreement);
bool IsFinding(Agreement agreement);

struct Comparison {
  Agreement agreement;
  std::string strict;   // "accepted", or the refusal
  std::string library;  // "accepted", the refusal, or what became of the child
  std::string difference;
};

Comparison CompareReaders(std::span<const std::byte> file, const std::string& place,
                          const ChildLimits& limits = {});

}  // namespace weightproof
