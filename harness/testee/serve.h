// A testee of this program as a worker of the protocol (PROTOCOL.md).
#pragma once

#include <string>
#include <string_view>

#include "harness/testee/testee.h"

namespace weightproof {

// The answer to one line, without the newline; nullopt to a `quit`. Never throws.
std::optional<std::string> AnswerRequest(Testee& testee, std::string_view line);

// Answers the lines of `in` on `out` until `in` ends or a request says quit. Whatever else this
// process prints must not go to `out`. Returns an exit code: 0, or 1 for a line over the limit or
// an `out` that nobody reads.
int Serve(Testee& testee, int in, int out);

}  // namespace weightproof
