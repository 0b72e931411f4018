// What the targets share: counting, and turning a verdict into an abort that a fuzzer sees.
#pragma once

#include <string>
#include <string_view>

#include "harness/properties/verdict.h"

namespace weightproof::fuzz {

// Inputs that this process has seen. Refused ones count too: a target that accepts nothing tests
// nothing, and whoever runs it has to notice.
struct Counts {
  unsigned long accepted = 0;
  unsigned long refused = 0;
};
const Counts& SeenInputs();

// Counts, and prints the counts when the process ends. Returns what LLVMFuzzerTestOneInput
// returns: -1 keeps a refused input out of the corpus unless `keep_refused`.
int Count(bool accepted, bool keep_refused);

// Returns when `verdict` is neither falsified nor a harness error. Else prints the clause, the
// evidence and the input to stderr, removes the scratch folder and aborts.
void Require(std::string_view clause, const Verdict& verdict, std::string_view input);

// A folder of this process alone, on a memory file system if there is one; gone at the end.
const std::string& ScratchFolder();

}  // namespace weightproof::fuzz
