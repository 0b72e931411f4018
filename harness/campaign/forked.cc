#include "harness/campaign/forked.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "harness/campaign/clock.h"
#include "harness/campaign/result_json.h"
#include "harness/testee/process.h"

namespace weightproof {
namespace {

volatile sig_atomic_t g_interrupted = 0;

void OnInterrupt(int) { g_interrupted = 1; }

}  // namespace

struct InterruptGuard::Old {
  struct sigaction interrupt{};
  struct sigaction terminate{};
};

InterruptGuard::InterruptGuard() : old_(new Old) {
  g_interrupted = 0;
  struct sigaction action{};
  action.sa_handler = OnInterrupt;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, &old_->interrupt);
  sigaction(SIGTERM, &action, &old_->terminate);
}

InterruptGuard::~InterruptGuard() {
  sigaction(SIGINT, &old_->interrupt, nullptr);
  sigaction(SIGTERM, &old_->terminate, nullptr);
  delete old_;
}

bool Interrupted() { return g_interrupted != 0; }

void BecomeChild(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(0);  // the parent ended before the line above
  setpgid(0, 0);
  signal(SIGINT, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
  signal(SIGPIPE, SIG_IGN);
}

bool WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

ForkedEnd RunForked(const std::function<void(int fd)>& body,
                    const std::function<bool(std::string_view line)>& on_line, double seconds_max,
                    double seconds_silent_max) {
  ForkedEnd end;
  std::array<int, 2> pipe_ends{};
  if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0) return end;
  const pid_t parent = getpid();
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child < 0) {
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    return end;
  }
  if (child == 0) {
    BecomeChild(parent);
    close(pipe_ends[0]);
    // An exception may not unwind into the copy of the parent's code.
    [&]() noexcept { body(pipe_ends[1]); }();
    _exit(0);
  }
  setpgid(child, child);
  close(pipe_ends[1]);
  end.started = true;

  const double begin = Now();
  double heard = begin;
  std::string buffer;
  bool kill_it = false;
  while (!kill_it) {
    pollfd wait_for{pipe_ends[0], POLLIN, 0};
    const int ready = poll(&wait_for, 1, 50);
    if (Interrupted()) {
      end.interrupted = true;
      kill_it = true;
      break;
    }
    if (ready > 0) {
      std::array<char, 65536> chunk;
      const ssize_t n = read(pipe_ends[0], chunk.data(), chunk.size());
      if (n == 0) break;
      if (n < 0) continue;
      heard = Now();
      buffer.append(chunk.data(), static_cast<std::size_t>(n));
      std::size_t start = 0;
      for (std::size_t stop; (stop = buffer.find('\n', start)) != std::string::npos;
           start = stop + 1) {
        if (!on_line(std::string_view(buffer).substr(start, stop - start))) kill_it = true;
        if (kill_it) break;
      }
      buffer.erase(0, start);
    }
    const double now = Now();
    if (now - begin > seconds_max || now - heard > seconds_silent_max) {
      end.timed_out = true;
      kill_it = true;
    }
  }
  if (kill_it) kill(-child, SIGKILL);
  close(pipe_ends[0]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (kill_it) return end;
  kill(-child, SIGKILL);  // whatever it left behind in its group
  if (WIFEXITED(status)) end.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
  return end;
}

// Not by its name: in a bare chroot /dev/shm is a folder on the disk.
static bool OnMemory(const std::string& folder) {
  struct statfs info{};
  return statfs(folder.c_str(), &info) == 0 &&
         (info.f_type == TMPFS_MAGIC || info.f_type == RAMFS_MAGIC);
}

Scratch::Scratch() : owner_(getpid()) {
  std::error_code ignored;
  const std::string temp = std::filesystem::temp_directory_path(ignored).string();
  for (const std::string& base : {std::string("/dev/shm"), temp.empty() ? "/tmp" : temp}) {
    const bool in_memory = OnMemory(base);
    if (!in_memory && base == "/dev/shm") continue;
    if (access(base.c_str(), W_OK | X_OK) != 0) continue;
    std::string name = base + "/weightproof.XXXXXX";
    if (mkdtemp(name.data()) == nullptr) continue;
    path_ = name;
    in_memory_ = in_memory;
    return;
  }
}

Scratch::~Scratch() {
  std::error_code ignored;
  if (!path_.empty() && getpid() == owner_) std::filesystem::remove_all(path_, ignored);
}

Verdict CrashVerdict(int exit_code, int signal) {
  Verdict v{VerdictKind::kFalsified, Severity::kCrash, "", ""};
  v.cause = signal != 0 ? "crash-" + SignalName(signal) : fmt::format("exit-{}", exit_code);
  v.evidence =
      signal != 0
          ? fmt::format("The process that ran this case was ended by {}.", SignalName(signal))
          : fmt::format("The process that ran this case exited with status {}.", exit_code);
  return v;
}

Verdict HangVerdict(double seconds) {
  return {VerdictKind::kFalsified, Severity::kHang, "hang",
          fmt::format("The case did not end within {:.0f} seconds.", seconds)};
}

namespace {

// Starts the engine in the child and hands its one line of answer to the parent.
ForkedEnd Answered(const Engine& engine, const std::function<std::string(const std::string&)>& body,
                   double seconds_max, std::string* line) {
  const Scratch scratch;
  return RunForked(
      [&](int fd) {
        if (Status started = engine.start(); !started) {
          WriteAll(fd, "!" + EscapeLine(started.error().Text()) + "\n");
          return;
        }
        WriteAll(fd, body(scratch.path()) + "\n");
      },
      [&](std::string_view text) {
        *line = text;
        return true;
      },
      seconds_max, seconds_max);
}

std::optional<Verdict> Died(const ForkedEnd& end, const std::string& line, double seconds_max) {
  if (!end.started) {
    return Verdict{VerdictKind::kHarnessError, Severity::kNone, "", "no process could be made"};
  }
  if (end.interrupted) {
    return Verdict{VerdictKind::kUndecided, Severity::kNone, "interrupted", "interrupted"};
  }
  if (line.starts_with("!")) {
    return Verdict{VerdictKind::kHarnessError, Severity::kNone, "", line.substr(1)};
  }
  if (end.timed_out) return HangVerdict(seconds_max);
  if (!end.clean()) return CrashVerdict(end.exit_code, end.signal);
  return std::nullopt;
}

}  // namespace

namespace {

using RunIn = std::function<CaseResult(const std::string& scratch)>;
using AskIn = std::function<Verdict(const std::string& scratch)>;

CaseResult RunInChild(const Engine& engine, const RunIn& run, double seconds_max) {
  std::string line;
  const ForkedEnd end = Answered(
      engine, [&](const std::string& scratch) { return CaseResultToJson(run(scratch)); },
      seconds_max, &line);
  if (std::optional<Verdict> verdict = Died(end, line, seconds_max)) {
    CaseResult result;
    result.overall = verdict->kind;
    result.clauses.push_back({kCrashClause, *std::move(verdict)});
    return result;
  }
  return CaseResultFromJson(line, engine.clauses);
}

Verdict AskInChild(const Engine& engine, const AskIn& ask, double seconds_max) {
  std::string line;
  const ForkedEnd end = Answered(
      engine, [&](const std::string& scratch) { return VerdictToJson(ask(scratch)); }, seconds_max,
      &line);
  if (std::optional<Verdict> verdict = Died(end, line, seconds_max)) return *std::move(verdict);
  return VerdictFromJson(line);
}

}  // namespace

CaseResult RunCaseForked(const Engine& engine, const Case& c, double seconds_max) {
  return RunInChild(
      engine, [&](const std::string& scratch) { return engine.run(c, scratch); }, seconds_max);
}

Verdict AskForked(const Engine& engine, const Case& c, std::string_view clause,
                  double seconds_max) {
  return AskInChild(
      engine, [&](const std::string& scratch) { return engine.ask(c, scratch, clause); },
      seconds_max);
}

CaseResult RunFileForked(const Engine& engine, const Case& c, const std::string& file,
                         double seconds_max) {
  const RunIn run = [&](const std::string& scratch) { return engine.run_file(c, file, scratch); };
  if (!engine.foreign) return RunInChild(engine, run, seconds_max);
  const Scratch scratch;
  return run(scratch.path());
}

Verdict AskFileForked(const Engine& engine, const Case& c, const std::string& file,
                      std::string_view clause, double seconds_max) {
  const AskIn ask = [&](const std::string& scratch) {
    return engine.ask_file(c, file, scratch, clause);
  };
  if (!engine.foreign) return AskInChild(engine, ask, seconds_max);
  const Scratch scratch;
  return ask(scratch.path());
}

}  // namespace weightproof
