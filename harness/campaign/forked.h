// Runs a function in a process of its own, so that what it does to itself stays there.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>

#include "harness/campaign/engine.h"

namespace weightproof {

struct ForkedEnd {
  bool started = false;
  bool timed_out = false;    // no line for `seconds_silent_max`, or over `seconds_max`
  bool interrupted = false;  // the person pressed Ctrl-C
  int exit_code = 0;
  int signal = 0;
  bool clean() const { return started && !timed_out && !interrupted && !exit_code && !signal; }
};

// `body` writes lines to its descriptor; `on_line` gets each whole line in the parent and answers
// whether to go on. The child leads a process group of its own and dies with its parent.
ForkedEnd RunForked(const std::function<void(int fd)>& body,
                    const std::function<bool(std::string_view line)>& on_line, double seconds_max,
                    double seconds_silent_max);

// To be called first in a forked child: own process group, default signals, end with the parent.
void BecomeChild(pid_t parent);

bool WriteAll(int fd, std::string_view text);

// Makes Ctrl-C and SIGTERM set a flag that Interrupted() reads, as long as it lives.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

 private:
  struct Old;
  Old* old_;
};
bool Interrupted();

// A fresh folder on the memory file system if there is one, removed with what is in it at the end.
class Scratch {
 public:
  Scratch();
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::string& path() const { return path_; }  // empty: could not be made
  bool in_memory() const { return in_memory_; }

 private:
  std::string path_;
  bool in_memory_ = false;
  pid_t owner_ = 0;
};

// Every clause, or one, asked in a fresh process. A process that dies is a falsified
// `loud-or-right` of severity crash or hang.
CaseResult RunCaseForked(const Engine& engine, const Case& c, double seconds_max);
Verdict AskForked(const Engine& engine, const Case& c, std::string_view clause, double seconds_max);

// The same of a case with a file that came from elsewhere. Of a real loader no process is forked:
// its worker dies without harm, and goes on to the next.
CaseResult RunFileForked(const Engine& engine, const Case& c, const std::string& file,
                         double seconds_max);
Verdict AskFileForked(const Engine& engine, const Case& c, const std::string& file,
                      std::string_view clause, double seconds_max);

// The clause that a dead process is held against.
inline constexpr std::string_view kCrashClause = "loud-or-right";
Verdict CrashVerdict(int exit_code, int signal);
Verdict HangVerdict(double seconds);

}  // namespace weightproof
