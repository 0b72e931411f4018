// Objects of a person's own class, as Python.
#pragma once

#include <string>
#include <vector>

#include "model/spec/build.h"

namespace weightproof {

// "a1(a0(x))": the layers called one after another on x.
std::string PythonCalls(const std::vector<std::string>& layers);

// The lines that put what `object` calls into its attributes, as the step says.
std::vector<std::string> PythonKeeping(const std::string& object,
                                       const std::vector<std::string>& layers, const Step& keeping);

}  // namespace weightproof
