// A case as a plain script for the real library, without anything of this project.
#pragma once

#include <string>

#include "harness/case/case.h"

namespace weightproof {

inline constexpr int kScriptLinesMax = 40;

// A script for Keras 3 or tf-keras, by the dialect of the case. It plays the writer's build, saves,
// plays the reader's build, loads and compares predictions with those of a model to which the
// saved variables were assigned. It exits 0 when the load is right or refused, 1 when it is
// silently wrong.
std::string PythonScript(const Case& c);

}  // namespace weightproof
