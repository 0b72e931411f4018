// `weightproof worker`: the built-in library behind the worker protocol.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <memory>

#include "harness/cli/commands.h"
#include "harness/testee/serve.h"

namespace weightproof {

int ServeAsWorker(const WorkerOptions& o) {
  const bool here = o.testee == "builtin" || o.testee == "canary" || o.testee.starts_with("fault:");
  if (!here) {
    return Refuse({ErrorKind::kBadConfig, "testee '" + o.testee + "'",
                   "this program is a worker only for what runs in it",
                   "name builtin, canary or fault:NAME; `weightproof testees` lists them"});
  }
  Result<std::unique_ptr<Testee>> testee = MakeTestee(o.testee);
  if (!testee) return Refuse(testee.error());
  // The protocol moves away from descriptors 0 and 1, which libraries read and print to.
  const int in = dup(STDIN_FILENO);
  const int out = dup(STDOUT_FILENO);
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (in < 0 || out < 0 || nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 ||
      dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
    return Refuse({ErrorKind::kPathUnreadable, "standard input and output",
                   "they cannot be moved to other descriptors",
                   "start the worker with both open, as a harness does"});
  }
  signal(SIGPIPE, SIG_IGN);
  return Serve(**testee, in, out);
}

}  // namespace weightproof
