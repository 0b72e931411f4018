// Whether the report of an accepted load is true: held against the file's tree and the variables.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/checkpoint/checkpoint.h"

namespace weightproof {

// NaNs that no two variables share and no file is likely to hold: whatever a load does shows.
// Others for another `mark`.
std::vector<Tensor> MarkedValues(const Network& network, std::uint32_t mark);

struct LoadingFault {
  std::string cause;     // as of a Verdict; empty: no fault
  std::string evidence;  // one sentence
};

struct AcceptedLoad {
  const Group& tree;  // of the file, read by another call
  const LoadOptions& options;
  std::span<const Tensor> before;  // the variables, in walk order
  const Network& network;          // after the load
  const LoadReport& report;
};

// Every variable once, every tensor once, values as the sources hold them, and a note for whatever
// an option let pass.
LoadingFault FaultOfAccepted(const AcceptedLoad& load);

}  // namespace weightproof
