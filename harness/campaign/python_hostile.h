// Hostile damage and the proof that a load left its home, as Python source. Harmless: bait files in
// a temporary folder.
#pragma once

#include <string>
#include <vector>

#include "harness/case/case.h"

namespace weightproof {

// Lines that lay out the bait in the folder B and make the edit to the file at the Python
// expression `file`.
std::vector<std::string> PythonHostile(const Case& c, const std::string& file);

// Lines after those: the load, watched. `make` builds what `call` loads into; both are statements.
// They exit with 1 if the load opens, runs or writes what it should not, or takes over 384 MiB.
std::vector<std::string> PythonWatchedLoad(const std::string& make, const std::string& call);

}  // namespace weightproof
