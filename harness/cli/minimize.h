// What the parts of `weightproof minimize` share: one for each kind of file.
#pragma once

#include <string>

#include "harness/case/case.h"
#include "harness/cli/options.h"
#include "harness/minimize/reduction.h"
#include "model/error.h"

namespace weightproof {

// A case that is not falsified may be what a target failed on.
int MinimizeCase(const MinimizeOptions& options, const Case& c, const std::string& bytes);

// What a fuzz target failed on. `aside`: what else it was taken for, and why it is not that; said
// where no target fails.
int MinimizeInput(const MinimizeOptions& options, const std::string& bytes,
                  const std::string& aside);

// A checkpoint, loaded by the testee into the reader's build of the case, or of the file's own
// config.
int MinimizeCheckpoint(const MinimizeOptions& options, const std::string& bytes);

// The best so far goes to the output, whole each time. Error: it could not be written in the end.
class KeptOutput {
 public:
  explicit KeptOutput(std::string path) : path_(std::move(path)) {}
  void Keep(const std::string& bytes);
  // Also what was found in the first place, where nothing is smaller.
  Status Finish(const std::string& bytes);

 private:
  std::string path_;
  Status status_;
};

// "34 of 412 candidates taken in 3.2 s; nothing is left that can go alone".
std::string HowItEnded(const Reduction& reduction, double seconds, bool interrupted);

}  // namespace weightproof
