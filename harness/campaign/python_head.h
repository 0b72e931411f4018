// The top of a script: imports, the two functions that build the models, and one that fills them.
#pragma once

#include <string>
#include <vector>

#include "harness/case/case.h"

namespace weightproof {

// "writer()" and "reader()" return a model and its layers; "fill(layers, seed)" gives them values.
// Packed: simple statements share lines.
std::vector<std::string> PythonHead(const Case& c, bool packed);

// Appends lines, each run of simple statements on one line when lines are scarce.
void AddPythonBlock(std::vector<std::string>& out, const std::vector<std::string>& block,
                    const char* indent, bool packed);

// Whether a side's program has such a step.
bool HasStep(const Case& c, StepOp op);

// Whether a layer computes something from variables that were assigned directly.
bool HoldsNormalization(const Case& c);

}  // namespace weightproof
