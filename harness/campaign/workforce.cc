#include "harness/campaign/workforce.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "harness/campaign/clock.h"
#include "harness/campaign/forked.h"

namespace weightproof {
namespace {

constexpr double kGraceSeconds = 3;  // after Ctrl-C, for the cases at hand
constexpr int kDeathsOutsideMax = 3;
constexpr std::size_t kTailBytes = 2000;

std::string ReadText(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

Workforce::Workforce(const Engine& engine, const CampaignOptions& options, SharedState& shared,
                     std::string scratch)
    : engine_(engine),
      options_(options),
      shared_(shared),
      scratch_(std::move(scratch)),
      workers_(static_cast<std::size_t>(shared.jobs())) {}

// Names of one length: the length of a path may not depend on the worker.
std::string Workforce::Folder(int w) const { return fmt::format("{}/w{:04}", scratch_, w); }

bool Workforce::Start(int w) {
  Worker& worker = workers_[static_cast<std::size_t>(w)];
  std::error_code ignored;
  std::filesystem::remove_all(Folder(w), ignored);  // what a dead worker left
  std::filesystem::create_directories(Folder(w), ignored);
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return false;
  WorkerSlot& slot = shared_.slot(w);
  slot.running = 0;
  const pid_t parent = getpid();
  std::fflush(nullptr);
  const pid_t pid = fork();
  if (pid < 0) {
    close(ends[0]);
    close(ends[1]);
    return false;
  }
  if (pid == 0) {
    BecomeChild(parent);
    close(ends[0]);
    const std::string log = fmt::format("{}/stderr{:04}", scratch_, w);
    const int err = open(log.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0644);
    if (err >= 0) {
      dup2(err, STDERR_FILENO);
      close(err);
    }
    WorkerPlan plan{w, shared_.jobs(), deadline_, Folder(w), ends[1]};
    [&]() noexcept { RunWorker(engine_, options_, plan, slot); }();
    _exit(0);
  }
  setpgid(pid, pid);
  close(ends[1]);
  worker.pid = pid;
  worker.fd = ends[0];
  worker.buffer.clear();
  worker.hung = false;
  return true;
}

void Workforce::Read(int w, const std::function<void(WorkerLine)>& on_line) {
  Worker& worker = workers_[static_cast<std::size_t>(w)];
  std::array<char, 65536> chunk;
  const ssize_t n = read(worker.fd, chunk.data(), chunk.size());
  if (n < 0 && errno == EINTR) return;
  if (n <= 0) {
    Reap(w, on_line);
    return;
  }
  worker.buffer.append(chunk.data(), static_cast<std::size_t>(n));
  for (std::size_t stop; (stop = worker.buffer.find('\n')) != std::string::npos;) {
    const std::string line = worker.buffer.substr(0, stop);
    worker.buffer.erase(0, stop + 1);
    if (line.starts_with('!')) {
      if (errors_.empty()) errors_.push_back("the testee did not start: " + line.substr(1));
      continue;
    }
    Result<WorkerLine> parsed = ParseLine(line);
    if (parsed) {
      on_line(*std::move(parsed));
    } else {
      errors_.push_back("a finding got lost: " + parsed.error().Text());
    }
  }
}

void Workforce::Reap(int w, const std::function<void(WorkerLine)>& on_line) {
  Worker& worker = workers_[static_cast<std::size_t>(w)];
  close(worker.fd);
  worker.fd = -1;
  int status = 0;
  while (waitpid(worker.pid, &status, 0) < 0 && errno == EINTR) {
  }
  kill(-worker.pid, SIGKILL);  // processes of its testee
  worker.pid = -1;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  if (Interrupted() && !worker.hung && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) return;
  WorkerSlot& slot = shared_.slot(w);
  if (slot.running != 0) {
    Lost(w,
         worker.hung ? HangVerdict(options_.hang_seconds)
                     : CrashVerdict(WIFEXITED(status) ? WEXITSTATUS(status) : 0,
                                    WIFSIGNALED(status) ? WTERMSIG(status) : 0),
         on_line);
  } else if (++worker.deaths_outside >= kDeathsOutsideMax) {
    errors_.push_back(fmt::format("worker {} died between cases {} times", w, kDeathsOutsideMax));
    return;
  }
  if (!Interrupted() && !Start(w)) errors_.push_back("no process could be made");
}

// The worker is dead: its counters are the parent's now.
void Workforce::Lost(int w, const Verdict& verdict,
                     const std::function<void(WorkerLine)>& on_line) {
  WorkerSlot& slot = shared_.slot(w);
  const std::uint64_t index = slot.running - 1;
  const std::string text = ReadText(Folder(w) + kRunningCaseFile);
  slot.resume = slot.resume + 1;
  slot.running = 0;
  slot.busy_ns += static_cast<std::int64_t>(Now() * 1e9) - slot.started_ns;
  Result<Case> c = CaseFromJson(text, "the case that was running");
  if (!c) {
    errors_.push_back(fmt::format("case {} was lost: {}", index, c.error().Text()));
    return;
  }
  Verdict with_tail = verdict;
  if (const std::string tail = StderrTail(w); !tail.empty()) {
    with_tail.evidence += " Last words: " + tail;
  }
  CaseResult result;
  result.overall = VerdictKind::kFalsified;
  for (const std::string& clause : engine_.clauses) {
    if (clause == kCrashClause) result.clauses.push_back({clause, with_tail});
  }
  FeatureIndex features(slot.tally, engine_);
  Count(slot.tally, features, engine_, *c, result);
  on_line({index, std::string(kCrashClause), with_tail, *std::move(c)});
}

std::string Workforce::StderrTail(int w) const {
  std::string text = ReadText(fmt::format("{}/stderr{:04}", scratch_, w));
  if (text.size() > kTailBytes) text.erase(0, text.size() - kTailBytes);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

void Workforce::KillHung() {
  const auto now = static_cast<std::int64_t>(Now() * 1e9);
  for (int w = 0; w < shared_.jobs(); ++w) {
    Worker& worker = workers_[static_cast<std::size_t>(w)];
    const WorkerSlot& slot = shared_.slot(w);
    if (worker.pid < 0 || worker.hung || slot.running == 0) continue;
    if (static_cast<double>(now - slot.started_ns) * 1e-9 < options_.hang_seconds) continue;
    worker.hung = true;
    kill(-worker.pid, SIGKILL);
  }
}

void Workforce::Run(const std::function<void(WorkerLine)>& on_line,
                    const std::function<void()>& on_tick) {
  if (options_.seconds) deadline_ = Now() + *options_.seconds;
  for (int w = 0; w < shared_.jobs(); ++w) {
    shared_.slot(w).resume = 0;
    if (!Start(w)) errors_.push_back("no process could be made");
  }
  double stop_seen = 0;
  for (;;) {
    std::vector<pollfd> waits;
    std::vector<int> owners;
    for (int w = 0; w < shared_.jobs(); ++w) {
      if (workers_[static_cast<std::size_t>(w)].fd < 0) continue;
      waits.push_back({workers_[static_cast<std::size_t>(w)].fd, POLLIN, 0});
      owners.push_back(w);
    }
    if (waits.empty()) return;
    const int ready = poll(waits.data(), waits.size(), 50);
    for (std::size_t i = 0; ready > 0 && i < waits.size(); ++i) {
      if (waits[i].revents != 0) Read(owners[i], on_line);
    }
    if (Interrupted() && stop_seen == 0) {
      stop_seen = Now();
      for (int w = 0; w < shared_.jobs(); ++w) shared_.slot(w).stop = 1;
    }
    if (stop_seen > 0 && Now() - stop_seen > kGraceSeconds) {
      for (const Worker& worker : workers_) {
        if (worker.pid > 0) kill(-worker.pid, SIGKILL);
      }
    }
    KillHung();
    on_tick();
  }
}

}  // namespace weightproof
