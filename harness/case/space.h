// Spaces as lists without gaps: what one testee says of itself, and what two have in common.
#pragma once

#include "harness/case/generate.h"

namespace weightproof {

// The same space with every empty list spelled out: the generator draws the same cases.
Space SpellOut(Space space);

// What both can do. A list that is empty afterwards means: nothing.
Space CommonSpace(const Space& a, const Space& b);

}  // namespace weightproof
