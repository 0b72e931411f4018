// Damage to a file as Python source.
#pragma once

#include <string>
#include <vector>

#include "harness/case/case.h"

namespace weightproof {

// Lines that make the edits to the file at the Python expression `file`: those of its tree with
// h5py, then those of its bytes.
std::vector<std::string> PythonDamage(const std::vector<Damage>& damage, const std::string& file);

}  // namespace weightproof
