// A case in words, as a person would tell it.
#pragma once

#include <string>

#include "harness/case/case.h"

namespace weightproof {

// Several lines: what the model is, how each side builds it, how the weights travel.
std::string CaseWords(const Case& c);

}  // namespace weightproof
