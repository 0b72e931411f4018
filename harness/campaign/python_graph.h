// A functional graph in a reproduction script; layer i is called a<i> there.
#pragma once

#include <string>
#include <vector>

#include "model/spec/build.h"

namespace weightproof {

// Lines that make the model `m`; `flags` are further arguments of keras.Model.
std::vector<std::string> PythonGraph(const ArchitectureSpec& architecture, const Build& build,
                                     const std::string& flags);

// An expression for the leaves of `m` in the order of first calls: the library gives a graph's
// layers an order of its own.
std::string PythonCalledLayers(const ArchitectureSpec& architecture);

}  // namespace weightproof
