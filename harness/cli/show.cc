#include <fmt/core.h>

#include "harness/campaign/case_words.h"
#include "harness/campaign/python_script.h"
#include "harness/cli/commands.h"

namespace weightproof {

int Show(const ShowOptions& o) {
  Result<Case> c = ReadCase(o.file);
  if (!c) return Refuse(c.error());
  if (!o.python) {
    fmt::print("{}\nAs a script for the real library (exits 1 when silently wrong):\n\n",
               CaseWords(*c));
  }
  fmt::print("{}", PythonScript(*c));
  return kExitOk;
}

}  // namespace weightproof
