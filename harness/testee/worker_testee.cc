#include "harness/testee/worker_testee.h"

#include <algorithm>

#include "harness/testee/documentation.h"
#include "harness/testee/resident.h"
#include "harness/testee/wire.h"
#include "harness/testee/worker_command.h"

namespace weightproof {
namespace {

constexpr std::chrono::milliseconds kCloseTimeout{1000};
// With BuildRequest::reuse answers only sift: one that does not come is waited for again without.
constexpr int kSiftShare = 12;

// Plain sessions, and those of one other environment: a library can take half a gigabyte.
constexpr std::size_t kStandingMax = 2;

// What of a session only a process of its own can have.
Environment SessionEnvironment(const SessionSpec& session) {
  Environment out = {{"PYTHONHASHSEED", std::to_string(session.hash_seed)}};
  if (!session.locale.empty()) out.emplace_back("LC_ALL", session.locale);
  if (session.threads != 0) {
    for (const char* name : {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"}) {
      out.emplace_back(name, std::to_string(session.threads));
    }
  }
  return out;
}

std::string WithTail(std::string text, const std::string& tail) {
  if (!tail.empty()) text += "; the end of its stderr:\n" + tail;
  return text;
}

std::string Seconds(std::chrono::milliseconds time) {
  return std::to_string(time.count() / 1000) + "." + std::to_string(time.count() / 100 % 10) + " s";
}

Answer Broken(Outcome outcome, std::string kind, std::string message) {
  Answer answer;
  answer.outcome = outcome;
  answer.error_kind = std::move(kind);
  answer.error_message = std::move(message);
  return answer;
}

Answer AnswerOfEnd(const Exchange& exchange, const std::string& tail, const ProcessLimits& limits,
                   std::chrono::milliseconds timeout) {
  switch (exchange.end) {
    case ExchangeEnd::kTimedOut:
      return Broken(Outcome::kTimedOut, "Timeout",
                    WithTail("no answer within " + Seconds(timeout), tail));
    case ExchangeEnd::kOutOfMemory:
      return Broken(
          Outcome::kOutOfMemory, "OutOfMemory",
          WithTail("more than " + std::to_string(limits.resident_bytes_max) + " bytes resident",
                   tail));
    case ExchangeEnd::kLineTooLong:
      return Broken(
          Outcome::kWorkerError, "Protocol",
          WithTail("a line of more than " + std::to_string(limits.line_bytes_max) + " bytes",
                   tail));
    case ExchangeEnd::kEnded:
    case ExchangeEnd::kLine:
      break;
  }
  return Broken(Outcome::kCrashed, exchange.cause,
                WithTail("the worker died: " + exchange.cause, tail));
}

}  // namespace

WorkerTestee::WorkerTestee(std::vector<std::string> argv, Environment environment,
                           const ProcessLimits& limits)
    : argv_(std::move(argv)), environment_(std::move(environment)), limits_(limits) {}

ProcessLimits WorkerTestee::StandardLimits() {
  return WorkerLimits().value_or(ProcessLimits{.resident_bytes_max = kWorkerBytesMax});
}

WorkerTestee::~WorkerTestee() {
  for (const Standing& one : standing_) {
    if (one.process) one.process->Close(kCloseTimeout);
  }
}

Result<std::unique_ptr<Process>> WorkerTestee::StartProcess(const Environment& session) {
  Environment environment = session;
  environment.insert(environment.end(), environment_.begin(), environment_.end());
  ++processes_started_;
  return Process::Start(argv_, environment, limits_);
}

Result<std::unique_ptr<WorkerTestee>> WorkerTestee::Create(std::vector<std::string> argv,
                                                           Environment environment,
                                                           const ProcessLimits& limits,
                                                           WireTap tap) {
  std::unique_ptr<WorkerTestee> testee(
      new WorkerTestee(std::move(argv), std::move(environment), limits));
  testee->tap_ = std::move(tap);
  const Environment plain = SessionEnvironment({});
  auto process = testee->StartProcess(plain);
  if (!process) return std::unexpected(std::move(process.error()));
  const std::uint64_t id = ++testee->last_id_;
  const Exchange exchange = testee->Exchanged(**process, DescribeLine(id), limits.start_timeout);
  if (exchange.end != ExchangeEnd::kLine) {
    const Answer answer =
        AnswerOfEnd(exchange, (*process)->stderr_tail(), limits, limits.start_timeout);
    return Fail(ErrorKind::kPathUnreadable, testee->argv_[0], answer.error_message,
                "run the worker's command by hand and see what it needs");
  }
  auto description = DescriptionFromLine(exchange.line, id);
  if (!description) return std::unexpected(std::move(description.error()));
  testee->description_ = *std::move(description);
  testee->StandingOf(plain).process = *std::move(process);
  return testee;
}

Exchange WorkerTestee::Exchanged(Process& process, const std::string& line,
                                 std::chrono::milliseconds timeout) {
  if (tap_.asked) tap_.asked(line);
  Exchange exchange = process.Ask(line, timeout);
  if (exchange.end == ExchangeEnd::kLine && tap_.answered) tap_.answered(exchange.line);
  return exchange;
}

Answer WorkerTestee::AskProcess(std::unique_ptr<Process>& process, bool is_new,
                                const std::string& line, std::uint64_t id) {
  const auto timeout = is_new ? limits_.start_timeout + patience_ : patience_;
  const Exchange exchange = Exchanged(*process, line, timeout);
  if (exchange.end != ExchangeEnd::kLine) {
    Answer answer = AnswerOfEnd(exchange, process->stderr_tail(), limits_, timeout);
    process.reset();
    return answer;
  }
  auto answer = AnswerFromLine(exchange.line, id);
  if (answer) return *std::move(answer);
  Answer broken = Broken(Outcome::kWorkerError, "Protocol",
                         WithTail(answer.error().Text(), process->stderr_tail()));
  process.reset();  // what it says next could not be trusted either
  return broken;
}

WorkerTestee::Standing& WorkerTestee::StandingOf(const Environment& session) {
  std::erase_if(standing_, [](const Standing& one) {
    return one.process != nullptr && !one.process->is_ours();  // it is the parent's
  });
  const auto found = std::ranges::find(standing_, session, &Standing::environment);
  if (found != standing_.end()) {
    std::rotate(found, found + 1, standing_.end());
    return standing_.back();
  }
  if (standing_.size() >= kStandingMax) {
    // The plain one stays: most requests are for it.
    const bool plain = standing_.front().environment == SessionEnvironment({});
    const auto oldest = standing_.begin() + (plain && standing_.size() > 1 ? 1 : 0);
    if (oldest->process) oldest->process->Close(kCloseTimeout);
    standing_.erase(oldest);
  }
  return standing_.emplace_back(session, nullptr);
}

// A new process imports its library first, which is no part of what the request costs.
Answer WorkerTestee::AskMeasured(std::unique_ptr<Process>& process, bool is_new,
                                 const std::string& line, std::uint64_t id) {
  if (is_new) {
    const auto timeout = limits_.start_timeout + patience_;
    const Exchange exchange = Exchanged(*process, DescribeLine(id), timeout);
    if (exchange.end != ExchangeEnd::kLine) {
      Answer answer = AnswerOfEnd(exchange, process->stderr_tail(), limits_, timeout);
      process.reset();
      return answer;
    }
  }
  const pid_t pid = process->pid();
  const std::optional<std::size_t> before = ForgetPeak(pid);
  const auto start = std::chrono::steady_clock::now();
  Answer answer = AskProcess(process, false, line, id);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  const std::optional<std::size_t> peak = process ? PeakResident(pid) : std::nullopt;
  if (!process) return answer;
  const bool known = before && peak && *peak > *before;
  answer.cost = Cost{known ? *peak - *before : 0, took.count()};
  return answer;
}

Answer WorkerTestee::Ask(const BuildRequest& build,
                         const std::function<std::string(std::uint64_t)>& line, bool measured) {
  const SessionSpec& session = build.session;
  patience_ = build.reuse ? limits_.request_timeout / kSiftShare : limits_.request_timeout;
  const std::uint64_t id = ++last_id_;
  const Environment environment = SessionEnvironment(session);
  std::unique_ptr<Process> one_time;
  std::unique_ptr<Process>& process = session.fresh ? one_time : StandingOf(environment).process;
  const bool is_new = process == nullptr;
  if (is_new) {
    auto started = StartProcess(environment);
    if (!started) return Broken(Outcome::kWorkerError, "Start", started.error().Text());
    process = *std::move(started);
  }
  Answer answer = measured ? AskMeasured(process, is_new, line(id), id)
                           : AskProcess(process, is_new, line(id), id);
  if (one_time) one_time->Close(kCloseTimeout);
  return answer;
}

void WorkerTestee::Document(std::shared_ptr<const Documentation> documentation) {
  const bool fits = documentation != nullptr && documentation->library == description_.name &&
                    documentation->version == description_.version;
  description_.documentation = fits ? std::move(documentation) : nullptr;
}

Answer WorkerTestee::Save(const SaveRequest& request) {
  return Ask(request.build, [&](std::uint64_t id) { return SaveLine(request, id); });
}

Answer WorkerTestee::Load(const LoadRequest& request) {
  return Ask(request.build, [&](std::uint64_t id) { return LoadLine(request, id); }, true);
}

Answer WorkerTestee::Assign(const AssignRequest& request) {
  return Ask(request.build, [&](std::uint64_t id) { return AssignLine(request, id); });
}

}  // namespace weightproof
