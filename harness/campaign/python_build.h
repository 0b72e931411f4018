// A build program as the body of a Python function that returns the model.
#pragma once

#include <string>
#include <vector>

#include "harness/case/case.h"

namespace weightproof {

// Lines without indentation of the function; the last one is `return m, <list of its leaf layers
// in the order of calls>`. They use the names keras, L (keras.layers), kids and leaves.
std::vector<std::string> PythonBuild(const ArchitectureSpec& architecture, const Build& build);

}  // namespace weightproof
