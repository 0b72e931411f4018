// A fuzz target, run on one input in a process of its own, and how that ended.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"

namespace weightproof {

struct TargetLimits {
  double seconds = 30;
  std::size_t bytes = std::size_t{4} << 30;  // resident, watched from outside
};

// What one input did to a target. Two ends of the same `how` and `reason` count as the same fault.
struct TargetEnd {
  std::string how;     // "SIGABRT", "exit code 1", "timed out", "out of memory"
  std::string reason;  // what the program said of it, without numbers that change; "" when nothing
  std::string text;    // the end of its standard error
  bool failed = false;
  bool SameAs(const TargetEnd& other) const { return how == other.how && reason == other.reason; }
};

// Runs `program INPUT`. A target that only refuses the input has not failed, whatever its exit
// code. PathUnreadable: the program cannot be started.
Result<TargetEnd> RunTarget(const std::string& program, const std::string& input,
                            const TargetLimits& limits);

// The line of a target's standard error that tells one fault from another: the property and cause
// that a target names, a sanitizer's kind of error and the first frame of ours, a runtime error, an
// assertion. "": none.
std::string ReasonIn(std::string_view text);

// The target that a path speaks of, by the last of its names that begins with fuzz_: a folder
// build/fuzz-findings/fuzz_load_any, a file fuzz_damage-crash-1. "": none.
std::string TargetInPath(std::string_view path);

// Programs of that name that were built: beside this program and in the build folders beside its
// own, those with sanitizers last. A name with a '/' is the program's path itself.
std::vector<std::string> TargetPrograms(const std::string& name);

// Names of all targets beside this program, those that read HDF5 files first.
std::vector<std::string> TargetsBuilt();

}  // namespace weightproof
