#include "harness/testee/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <thread>

extern "C" char** environ;

namespace weightproof {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kWatchInterval{50};
constexpr std::chrono::milliseconds kStderrPatience{100};
constexpr int kExecFailed = 127;

void CloseFd(int& fd) {
  if (fd >= 0) close(fd);
  fd = -1;
}

void SetNonBlocking(int fd) { fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK); }

// Environment of this process with `additions` in front: "NAME=value" texts.
std::vector<std::string> JoinedEnvironment(const Environment& additions) {
  std::vector<std::string> all;
  for (const auto& [name, value] : additions) all.push_back(name + "=" + value);
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::string_view name = text.substr(0, text.find('='));
    const bool replaced = std::any_of(additions.begin(), additions.end(),
                                      [&](const auto& pair) { return pair.first == name; });
    if (!replaced) all.emplace_back(text);
  }
  return all;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// In the child, after fork: only calls that are safe there.
[[noreturn]] void BecomeChild(char** argv, char** envp, int in, int out, int err, pid_t parent) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(kExecFailed);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  signal(SIGINT, SIG_DFL);
  dup2(in, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  execvpe(argv[0], argv, envp);
  constexpr std::string_view kText = "cannot run the worker's command\n";
  [[maybe_unused]] const ssize_t n = write(STDERR_FILENO, kText.data(), kText.size());
  _exit(kExecFailed);
}

std::unexpected<Error> CannotStart(const std::string& command, const char* call) {
  return Fail(ErrorKind::kPathUnreadable, command,
              std::string(call) + " failed: " + std::strerror(errno),
              "raise the limit of open files or processes");
}

}  // namespace

std::string SignalName(int signal) {
  const char* name = sigabbrev_np(signal);
  return name != nullptr ? std::string("SIG") + name : "signal " + std::to_string(signal);
}

Result<std::unique_ptr<Process>> Process::Start(const std::vector<std::string>& argv,
                                                const Environment& environment,
                                                const ProcessLimits& limits) {
  if (argv.empty() || argv[0].empty()) {
    return Fail(ErrorKind::kPathUnreadable, "worker", "the command is empty", "name a program");
  }
  std::vector<std::string> arguments = argv;
  std::vector<std::string> variables = JoinedEnvironment(environment);
  std::vector<char*> argument_pointers = Pointers(arguments);
  std::vector<char*> variable_pointers = Pointers(variables);
  std::array<int, 2> in{-1, -1}, out{-1, -1}, err{-1, -1};
  const auto close_all = [&] {
    for (auto* pair : {&in, &out, &err}) {
      for (int& fd : *pair) CloseFd(fd);
    }
  };
  // A socket for stdin, because writing to it can be told not to raise SIGPIPE.
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in.data()) != 0 ||
      pipe2(out.data(), O_CLOEXEC) != 0 || pipe2(err.data(), O_CLOEXEC) != 0) {
    auto error = CannotStart(argv[0], "opening pipes");
    close_all();
    return error;
  }
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) {
    auto error = CannotStart(argv[0], "fork");
    close_all();
    return error;
  }
  if (pid == 0) {
    BecomeChild(argument_pointers.data(), variable_pointers.data(), in[1], out[1], err[1], parent);
  }
  setpgid(pid, pid);  // both sides do it, so that neither needs to wait for the other
  CloseFd(in[1]);
  CloseFd(out[1]);
  CloseFd(err[1]);
  for (const int fd : {in[0], out[0], err[0]}) SetNonBlocking(fd);
  return std::unique_ptr<Process>(new Process(pid, in[0], out[0], err[0], limits));
}

Process::Process(pid_t pid, int to, int from, int errors, const ProcessLimits& limits)
    : pid_(pid), owner_(getpid()), to_(to), from_(from), errors_(errors), limits_(limits) {}

Process::~Process() {
  Reap();
  CloseFd(to_);
  CloseFd(from_);
  CloseFd(errors_);
}

bool Process::ReadStdout() {
  std::array<char, 65536> buffer;
  while (true) {
    const ssize_t n = read(from_, buffer.data(), buffer.size());
    if (n > 0) {
      unread_.append(buffer.data(), static_cast<std::size_t>(n));
      if (unread_.size() > limits_.line_bytes_max) return true;
    } else if (n == 0) {
      return false;
    } else if (errno != EINTR) {
      return errno == EAGAIN;
    }
  }
}

void Process::ReadStderr() {
  std::array<char, 4096> buffer;
  while (errors_ >= 0) {
    const ssize_t n = read(errors_, buffer.data(), buffer.size());
    if (n > 0) {
      stderr_tail_.append(buffer.data(), static_cast<std::size_t>(n));
      if (stderr_tail_.size() > limits_.stderr_bytes_max) {
        stderr_tail_.erase(0, stderr_tail_.size() - limits_.stderr_bytes_max);
      }
      if (static_cast<std::size_t>(n) < buffer.size()) return;  // a flood must not hold us here
    } else if (n == 0) {
      CloseFd(errors_);
    } else if (errno != EINTR) {
      return;
    }
  }
}

bool Process::TooMuchMemory() const {
  if (limits_.resident_bytes_max == 0) return false;
  const std::string path = "/proc/" + std::to_string(pid_) + "/statm";
  std::FILE* file = std::fopen(path.c_str(), "re");
  if (file == nullptr) return false;
  unsigned long pages = 0;
  const int fields = std::fscanf(file, "%*u %lu", &pages);
  std::fclose(file);
  const auto page_bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return fields == 1 && pages * page_bytes > limits_.resident_bytes_max;
}

bool Process::is_ours() const { return owner_ == getpid(); }

std::string Process::Reap() {
  if (pid_ < 0 || !is_ours()) return "";
  kill(-pid_, SIGKILL);  // the group; how an already dead leader died stays as it was
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  if (WIFSIGNALED(status)) return SignalName(WTERMSIG(status));
  return "exit code " + std::to_string(WEXITSTATUS(status));
}

bool Process::WaitForDeath(std::chrono::milliseconds timeout) const {
  const Clock::time_point deadline = Clock::now() + timeout;
  while (true) {
    siginfo_t info{};
    const int error = waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
    if (error != 0 || info.si_pid != 0) return true;
    if (Clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

Exchange Process::Stop(ExchangeEnd end) {
  std::string cause;
  if (end == ExchangeEnd::kEnded) {
    // Its stdout is closed; give the death itself a moment before it is hastened.
    const bool died = WaitForDeath(std::chrono::seconds(2));
    cause = Reap();
    if (!died) cause = "closed its stdout";
  } else {
    Reap();
  }
  pollfd last{errors_, POLLIN, 0};
  while (errors_ >= 0 && poll(&last, 1, static_cast<int>(kStderrPatience.count())) > 0) {
    ReadStderr();
    last.fd = errors_;
  }
  return {end, "", std::move(cause)};
}

Exchange Process::Ask(std::string_view line, std::chrono::milliseconds timeout) {
  if (pid_ < 0 || !is_ours()) return {ExchangeEnd::kEnded, "", "not running"};
  if (line.size() > limits_.line_bytes_max) return Stop(ExchangeEnd::kLineTooLong);
  const std::string message = std::string(line) + "\n";
  const Clock::time_point deadline = Clock::now() + timeout;
  std::size_t sent = 0;
  unread_.clear();  // nothing that was not asked for counts as an answer
  while (true) {
    const auto now = Clock::now();
    if (now >= deadline) return Stop(ExchangeEnd::kTimedOut);
    if (TooMuchMemory()) return Stop(ExchangeEnd::kOutOfMemory);
    auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - now);
    if (limits_.resident_bytes_max != 0) wait = std::min(wait, kWatchInterval);
    std::array<pollfd, 3> fds = {pollfd{from_, POLLIN, 0}, pollfd{errors_, POLLIN, 0},
                                 pollfd{sent < message.size() ? to_ : -1, POLLOUT, 0}};
    if (poll(fds.data(), fds.size(), static_cast<int>(wait.count()) + 1) < 0 && errno != EINTR) {
      return Stop(ExchangeEnd::kEnded);
    }
    if (fds[2].revents != 0) {
      const ssize_t n = send(to_, message.data() + sent, message.size() - sent, MSG_NOSIGNAL);
      if (n > 0) sent += static_cast<std::size_t>(n);
      if (n < 0 && errno != EAGAIN && errno != EINTR) sent = message.size();  // it will end soon
    }
    if (fds[1].revents != 0) ReadStderr();
    if (fds[0].revents != 0) {
      const bool open = ReadStdout();
      const std::size_t end = unread_.find('\n');
      if (std::min(end, unread_.size()) > limits_.line_bytes_max) {
        return Stop(ExchangeEnd::kLineTooLong);
      }
      if (end != std::string::npos) {
        return {ExchangeEnd::kLine, unread_.substr(0, end), ""};
      }
      if (!open) return Stop(ExchangeEnd::kEnded);
    }
  }
}

std::string Process::Close(std::chrono::milliseconds timeout) {
  if (pid_ < 0 || !is_ours()) return "not running";
  CloseFd(to_);
  const bool ended = WaitForDeath(timeout);
  const std::string cause = Reap();
  return ended ? cause : "did not end";
}

}  // namespace weightproof
