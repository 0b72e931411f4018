// A case as a plain script for the real library, without anything of this project.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "harness/case/case.h"
#include "harness/properties/verdict.h"

namespace weightproof {

inline constexpr int kScriptLinesMax = 40;

// What the script shows by exiting with status 1.
enum class ScriptAim : std::uint8_t {
  kWrong,     // the load is accepted without a warning, and predictions or variables are not right
  kAccepted,  // the load is accepted without a warning, which is wrong by itself
  kRefused,   // the save or the load is refused, which is wrong by itself
  kChanged,   // the load is refused, and variables have changed
  kHalf,      // the load is accepted, and some variables of a layer have changed and some have not
  kNamed,     // a load by name is accepted without a warning, and a layer got another one's weights
  kKept,      // what is beside the weights is not what was saved (python_state.h)
  kHome,      // the load opens, runs or writes what it should not, or takes far too much memory
  kEndless,   // the load has not ended after half a minute
  kReplaced,  // what stood at the path is replaced although that was not asked for
};

// The aim that shows this verdict of this clause; nullopt: a plain script cannot.
std::optional<ScriptAim> AimOf(std::string_view clause, const Verdict& verdict);

// A script for Keras 3 or tf-keras, by the dialect of the case. It plays the writer's build, saves,
// plays the reader's build, loads, and for kWrong compares with a model to which the saved
// variables were assigned. It exits with 1 for its aim, with 0 otherwise.
// `cause` is the verdict's, for kKept.
std::string PythonScript(const Case& c, ScriptAim aim = ScriptAim::kWrong,
                         std::string_view cause = "");

}  // namespace weightproof
