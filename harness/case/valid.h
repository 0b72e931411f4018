// Whether a case is one that means something: what Generate, Mutate and Shrinks give, and what a
// case from elsewhere (a fuzzer's input) has to be before it is played.
#pragma once

#include "harness/case/case.h"

namespace weightproof {

// Both programs can be interpreted in the sessions of the case and every shape fits; what CASE.md
// asks beyond that holds.
bool IsValid(const Case& c);

}  // namespace weightproof
