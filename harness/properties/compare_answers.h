// Whether two runs of the same load came to the same thing.
#pragma once

#include <string>

#include "harness/properties/observation.h"

namespace weightproof {

// "" when outcome, variables by id and predictions agree; else what differs, in words.
std::string AnswersDiffer(const Answer& a, const Answer& b);

}  // namespace weightproof
