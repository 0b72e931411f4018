// A finding's script, run as a person would run it: a fresh process of the library's interpreter.
#pragma once

#include <string>
#include <string_view>

#include "harness/campaign/engine.h"
#include "harness/campaign/finding.h"

namespace weightproof {

inline constexpr double kScriptSecondsMax = 120;  // importing a library alone can take ten

// Runs `script` in a folder of its own. The text holds what it printed, cut to the last 2,000
// bytes.
ScriptRun RunPythonScript(const std::string& interpreter, const std::string& script,
                          double seconds_max = kScriptSecondsMax);

// The script that is to show this finding, with this backend of Keras 3; "" when a plain script
// cannot.
std::string ScriptOf(const Finding& finding, std::string_view backend);

// Sets `reproduced` and `reproduction`. An uncaught exception of the script shows nothing.
void Reproduce(const Engine& engine, Finding& finding);

}  // namespace weightproof
