// A child process that answers lines with lines, and that may die, hang, flood or lie.
//
//   harness                                             worker
//     |  one line ------ socket (stdin) -------------->  |
//     |  <-------------- pipe (stdout) ------- one line  |
//     |  <-------------- pipe (stderr) -- tail is kept   |
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/error.h"

namespace weightproof {

struct ProcessLimits {
  std::size_t line_bytes_max = std::size_t{64} << 20;
  std::size_t stderr_bytes_max = 8192;  // the tail that is kept
  std::chrono::milliseconds request_timeout{60'000};
  std::chrono::milliseconds start_timeout{120'000};  // first answer of a new process
  std::size_t resident_bytes_max = 0;                // 0: off. Watched from outside, every 50 ms
};

using Environment = std::vector<std::pair<std::string, std::string>>;

enum class ExchangeEnd : std::uint8_t { kLine, kEnded, kTimedOut, kLineTooLong, kOutOfMemory };

struct Exchange {
  ExchangeEnd end = ExchangeEnd::kLine;
  std::string line;   // without the newline
  std::string cause;  // kEnded: "SIGSEGV", "exit code 3"
};

class Process {
 public:
  // `argv[0]` is looked up in PATH. `environment` is added to that of this process. The child
  // leads a process group of its own and is killed when the calling thread dies.
  static Result<std::unique_ptr<Process>> Start(const std::vector<std::string>& argv,
                                                const Environment& environment,
                                                const ProcessLimits& limits);
  // Kills the process group.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Sends `line` and a newline, waits for one line. After any end but kLine the process is dead.
  Exchange Ask(std::string_view line, std::chrono::milliseconds timeout);

  // Tells the process to end by closing its stdin, and waits up to `timeout`; then kills it. How it
  // ended: "exit code 0"; "did not end" when it had to be killed.
  std::string Close(std::chrono::milliseconds timeout);

  // False in a process that was forked after Start: there this object neither asks nor kills.
  bool is_ours() const;
  pid_t pid() const { return pid_; }
  const std::string& stderr_tail() const { return stderr_tail_; }

 private:
  Process(pid_t pid, int to, int from, int errors, const ProcessLimits& limits);
  bool ReadStdout();  // false at its end
  void ReadStderr();
  bool TooMuchMemory() const;
  Exchange Stop(ExchangeEnd end);
  bool WaitForDeath(std::chrono::milliseconds timeout) const;  // leaves it unreaped
  std::string Reap();  // kills the group; how its leader ended

  pid_t pid_ = -1;
  pid_t owner_ = -1;
  int to_ = -1;
  int from_ = -1;
  int errors_ = -1;
  ProcessLimits limits_;
  std::string unread_;  // what stdout gave beyond the last line
  std::string stderr_tail_;
};

// "SIGSEGV"; "signal 63" for those without a name.
std::string SignalName(int signal);

}  // namespace weightproof
