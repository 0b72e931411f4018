#include "harness/campaign/worker.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "harness/campaign/forked.h"
#include "harness/campaign/heard.h"
#include "harness/campaign/known.h"
#include "harness/campaign/result_json.h"
#include "harness/campaign/signature.h"

namespace weightproof {
namespace {

using Json = nlohmann::json;

constexpr off_t kStderrBytesMax = off_t{1} << 20;
constexpr std::uint64_t kHousekeepingCases = 256;

std::int64_t NowNs() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::int64_t CpuNs() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

std::int64_t ResidentBytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "re");
  if (file == nullptr) return 0;
  long long size = 0;
  long long resident = 0;
  const int fields = std::fscanf(file, "%lld %lld", &size, &resident);
  std::fclose(file);
  return fields == 2 ? resident * sysconf(_SC_PAGESIZE) : 0;
}

// What the parent would count as a repeat, see Findings.
bool MayRepeatOneOf(const std::vector<KnownFinding>& known, const ClauseVerdict& one,
                    const Signature& signature) {
  return std::ranges::any_of(known, [&](const KnownFinding& k) {
    if (k.clause != one.clause || k.breaks != one.verdict.breaks) return false;
    if (IsOneCause(k.clause, k.breaks)) return !k.breaks.empty() || k.cause == one.verdict.cause;
    return k.cause == one.verdict.cause && MayRepeat(k.signature, signature);
  });
}

class Worker {
 public:
  Worker(const Engine& engine, const CampaignOptions& options, const WorkerPlan& plan,
         WorkerSlot& slot)
      : engine_(engine),
        options_(options),
        plan_(plan),
        slot_(slot),
        features_(slot.tally, engine) {
    case_fd_ = open((plan.scratch + kRunningCaseFile).c_str(),
                    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  }

  void Loop() {
    if (options_.exhaustive) {
      LoopSmallCases();
      return;
    }
    for (std::uint64_t k = slot_.resume; !Over(k); ++k) {
      const std::int64_t begin = NowNs();
      std::optional<Case> c = engine_.draw(options_.seed, Index(k));
      if (c) {
        RunOne(*c, k, begin);
      } else {
        ++slot_.tally.discarded;
        slot_.resume = k + 1;
      }
    }
  }

 private:
  std::uint64_t Index(std::uint64_t k) const {
    return CaseIndex(options_, plan_.worker, plan_.jobs, k,
                     options_.exhaustive ? 1 : engine_.family);
  }

  bool Over(std::uint64_t k) const {
    if (options_.cases && Index(k) >= *options_.cases) return true;
    if (slot_.stop != 0) return true;
    return plan_.deadline > 0 && static_cast<double>(NowNs()) * 1e-9 >= plan_.deadline;
  }

  void LoopSmallCases() {
    std::uint64_t k = 0;
    const std::uint64_t first = slot_.resume;
    engine_.enumerate(Index(0), options_.shards * static_cast<std::uint64_t>(plan_.jobs),
                      [&](const Case& c) {
                        if (Over(k)) return false;
                        if (k >= first) RunOne(c, k, NowNs());
                        ++k;
                        return true;
                      });
  }

  void RunOne(const Case& c, std::uint64_t k, std::int64_t begin) {
    PutOnDisk(c);
    slot_.started_ns = NowNs();
    slot_.running = Index(k) + 1;
    CaseResult result = engine_.run(c, plan_.scratch);
    if (engine_.shares) Confirm(c, result);
    slot_.running = 0;
    Count(slot_.tally, features_, engine_, c, result);
    slot_.resume = k + 1;
    for (const ClauseVerdict& one : result.clauses) {
      if (IsToTell(one)) Tell(c, Index(k), one);
    }
    slot_.busy_ns += NowNs() - begin;
    const std::int64_t cpu = CpuNs();
    slot_.cpu_ns += cpu - cpu_ns_;
    cpu_ns_ = cpu;
    Housekeeping();
  }

  void PutOnDisk(const Case& c) const {
    if (case_fd_ < 0) return;
    const std::string text = CaseToJson(c, -1);
    if (ftruncate(case_fd_, 0) != 0 || lseek(case_fd_, 0, SEEK_SET) != 0) return;
    WriteAll(case_fd_, text);
  }

  static bool IsToTell(const ClauseVerdict& one) {
    return one.verdict.kind == VerdictKind::kFalsified ||
           one.verdict.kind == VerdictKind::kHarnessError;
  }

  Heard* HeardOf(const ClauseVerdict& one) {
    const std::tuple key(std::string(one.clause), one.verdict.cause, one.verdict.breaks);
    if (!heard_.contains(key) && heard_.size() >= kFindingsMax) return nullptr;
    return &heard_[key];
  }

  // What answers that cases share have falsified, and what would be told, is asked alone; that
  // counts then. A repeat of what is known is no news either way.
  void Confirm(const Case& c, CaseResult& result) {
    const Signature signature = SignatureOf(c);
    bool asked = false;
    for (ClauseVerdict& one : result.clauses) {
      const Heard* heard = IsToTell(one) ? HeardOf(one) : nullptr;
      if (heard == nullptr || !heard->Wants(signature, engine_)) continue;
      if (MayRepeatOneOf(options_.known, one, signature)) continue;
      one.verdict = engine_.ask(c, plan_.scratch, one.clause);
      asked = true;
    }
    if (!asked) return;
    if (engine_.round_trips_asked) result.round_trips += engine_.round_trips_asked();
    result.overall = OverallOf(result.clauses);
    if (std::ranges::none_of(result.clauses, IsToTell)) ++slot_.tally.only_shared;
  }

  // Indices only rise, so the first cases of a clause and cause are this worker's lowest.
  void Tell(const Case& c, std::uint64_t index, const ClauseVerdict& one) {
    Heard* heard = HeardOf(one);
    if (heard == nullptr || !heard->Take(SignatureOf(c), engine_)) return;
    WriteAll(plan_.fd, FormatLine({index, std::string(one.clause), one.verdict, c}) + "\n");
  }

  void Housekeeping() {
    const std::uint64_t cases = slot_.tally.cases;
    if (cases == kWarmCases) slot_.warm_bytes = ResidentBytes();
    if (cases % kHousekeepingCases != 0) return;
    slot_.last_bytes = ResidentBytes();
    // What libraries print is kept for a crash; it may not fill the memory file system.
    struct stat info{};
    if (fstat(STDERR_FILENO, &info) == 0 && S_ISREG(info.st_mode) &&
        info.st_size > kStderrBytesMax && ftruncate(STDERR_FILENO, 0) != 0) {
      slot_.stop = 1;
    }
  }

  const Engine& engine_;
  const CampaignOptions& options_;
  const WorkerPlan& plan_;
  WorkerSlot& slot_;
  FeatureIndex features_;
  std::map<std::tuple<std::string, std::string, std::string>, Heard> heard_;
  std::int64_t cpu_ns_ = CpuNs();
  int case_fd_ = -1;
};

}  // namespace

std::string FormatLine(const WorkerLine& line) {
  const Json json = {{"index", line.index},
                     {"clause", line.clause},
                     {"verdict", VerdictToJson(line.verdict)},
                     {"case", CaseToJson(line.the_case, -1)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<WorkerLine> ParseLine(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) {
    return Fail(ErrorKind::kBadJson, "worker", "a line that is no JSON object", "");
  }
  Result<Case> c = CaseFromJson(json.value("case", ""), "worker");
  if (!c) return std::unexpected(c.error());
  return WorkerLine{json.value("index", std::uint64_t{0}), json.value("clause", ""),
                    VerdictFromJson(json.value("verdict", "")), *std::move(c)};
}

void RunWorker(const Engine& engine, const CampaignOptions& options, const WorkerPlan& plan,
               WorkerSlot& slot) {
  if (Status started = engine.start(); !started) {
    WriteAll(plan.fd, "!" + EscapeLine(started.error().Text()) + "\n");
    return;
  }
  Worker(engine, options, plan, slot).Loop();
}

}  // namespace weightproof
