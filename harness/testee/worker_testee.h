// A real loader in a process of its own, spoken to by the protocol of PROTOCOL.md. Its crash, hang
// or nonsense is an outcome; the next request gets a new process.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/testee/process.h"
#include "harness/testee/testee.h"

namespace weightproof {

// Who listens to the lines that go to and fro, without their newlines. `answered` may change an
// answer before it is read: that is how wrong answers are tried.
struct WireTap {
  std::function<void(std::string_view line)> asked;
  std::function<void(std::string& line)> answered;
};

class WorkerTestee : public Testee {
 public:
  // Starts the command and asks it to describe itself. Errors: it cannot be run, it dies, it says
  // nothing within limits.start_timeout, or it speaks another protocol.
  static Result<std::unique_ptr<WorkerTestee>> Create(
      std::vector<std::string> argv, Environment environment,
      const ProcessLimits& limits = StandardLimits(), WireTap tap = {});
  static ProcessLimits StandardLimits();  // WorkerLimits, or the default where it is an error
  ~WorkerTestee() override;

  const Description& Describe() const override { return description_; }
  Answer Save(const SaveRequest& request) override;
  Answer Load(const LoadRequest& request) override;
  Answer Assign(const AssignRequest& request) override;

  // Says what the library's own documentation promises, if it is that of the version at work.
  void Document(std::shared_ptr<const Documentation> documentation);

  void Listen(WireTap tap) { tap_ = std::move(tap); }

  int processes_started() const { return processes_started_; }

 private:
  WorkerTestee(std::vector<std::string> argv, Environment environment, const ProcessLimits& limits);
  // A process that goes on between requests, for sessions with this environment.
  struct Standing {
    Environment environment;
    std::unique_ptr<Process> process;
  };

  Result<std::unique_ptr<Process>> StartProcess(const Environment& session);
  // Where the process of this environment is; the one asked longest ago makes room for it.
  Standing& StandingOf(const Environment& session);
  // Asks in a standing process or, for a fresh session, in a process of its own.
  // `measured`: with what the request cost.
  Answer Ask(const BuildRequest& build, const std::function<std::string(std::uint64_t)>& line,
             bool measured = false);
  Answer AskMeasured(std::unique_ptr<Process>& process, bool is_new, const std::string& line,
                     std::uint64_t id);
  Exchange Exchanged(Process& process, const std::string& line, std::chrono::milliseconds timeout);
  Answer AskProcess(std::unique_ptr<Process>& process, bool is_new, const std::string& line,
                    std::uint64_t id);

  std::vector<std::string> argv_;
  Environment environment_;
  ProcessLimits limits_;
  std::chrono::milliseconds patience_{};  // with the request at hand
  WireTap tap_;
  Description description_;
  std::vector<Standing> standing_;  // the one asked last at the end
  std::uint64_t last_id_ = 0;
  int processes_started_ = 0;
};

}  // namespace weightproof
