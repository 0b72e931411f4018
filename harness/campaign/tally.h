// Statistics of a campaign: counters that workers and their parent share.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "harness/campaign/coverage.h"
#include "harness/campaign/engine.h"

namespace weightproof {

inline constexpr int kVerdictKinds = 8;
inline constexpr int kClausesMax = 16;
inline constexpr int kFormatsMax = 4;
inline constexpr int kFeaturesMax = 1024;
inline constexpr int kFeatureNameMax = 64;  // bytes, the closing zero included

using KindCounts = std::array<std::uint64_t, kVerdictKinds>;

// Of the cases of which a clause asked: what became of them.
struct ClauseOutcomes {
  std::uint64_t held;            // accepted, and as it should be
  std::uint64_t refused;         // and that is right
  std::uint64_t silently_wrong;  // falsified, and nothing was said
  std::uint64_t falsified;       // otherwise: refused without reason, half loaded, crashed ...
  std::uint64_t open;            // undecided, undetectable
};

struct FeatureCount {
  std::array<char, kFeatureNameMax> name;
  std::uint64_t count;
};

// Plain memory, zero at the start: it lives in pages that processes share.
struct Tally {
  std::uint64_t cases;
  std::uint64_t discarded;
  std::uint64_t round_trips;
  std::uint64_t counterfactuals;
  std::uint64_t noticed;
  std::uint64_t full_power;  // cases whose every counterfactual was noticed
  KindCounts verdicts;
  std::array<KindCounts, kClausesMax> clauses;
  std::array<ClauseOutcomes, kClausesMax> outcomes;
  std::array<KindCounts, kFormatsMax> formats;
  std::array<std::uint64_t, kFormatsMax> format_round_trips;
  std::array<FeatureCount, kFeaturesMax> features;
  CoverBits cover;            // of cases that were judged
  std::uint64_t only_shared;  // falsified in sessions that cases share, and not alone
};

// One per worker. Only that worker writes the tally while it lives, only the parent afterwards.
struct WorkerSlot {
  std::atomic<int> stop;                 // 1: end after the case at hand
  std::atomic<std::uint64_t> running;    // 1 + index of the case that runs now; 0: none does
  std::atomic<std::int64_t> started_ns;  // steady clock, when it began
  std::atomic<std::uint64_t> resume;     // ordinal among this worker's cases of the next one
  std::atomic<std::int64_t> busy_ns;     // spent drawing and running cases
  std::atomic<std::int64_t> cpu_ns;      // processor time of that, this process alone
  std::atomic<std::int64_t> warm_bytes;  // resident, after kWarmCases
  std::atomic<std::int64_t> last_bytes;  // resident, at the last look
  Tally tally;
};

inline constexpr std::uint64_t kWarmCases = 1000;

// Anonymous shared pages; a fork sees the same ones at the same address.
class SharedState {
 public:
  explicit SharedState(int jobs);
  ~SharedState();
  SharedState(const SharedState&) = delete;
  SharedState& operator=(const SharedState&) = delete;

  bool valid() const { return slots_ != nullptr; }
  int jobs() const { return jobs_; }
  WorkerSlot& slot(int worker) { return slots_[worker]; }
  const WorkerSlot& slot(int worker) const { return slots_[worker]; }

 private:
  int jobs_;
  WorkerSlot* slots_;
};

// Where a feature's counter is. Owned by the process that writes the tally.
class FeatureIndex {
 public:
  FeatureIndex(Tally& tally, const Engine& engine);
  void Count(const std::vector<std::string>& features, bool judged);

 private:
  void CountOne(std::string_view feature);

  Tally& tally_;
  Coverage coverage_;
  std::map<std::string, int, std::less<>> places_;
};

void Count(Tally& tally, FeatureIndex& index, const Engine& engine, const Case& c,
           const CaseResult& result);

// The sum of all workers, as values.
struct Statistics {
  std::uint64_t cases = 0, discarded = 0, round_trips = 0, counterfactuals = 0, noticed = 0,
                full_power = 0;
  KindCounts verdicts{};
  std::vector<std::pair<std::string, KindCounts>> clauses;  // in the engine's order
  std::vector<ClauseOutcomes> outcomes;                     // of these
  std::array<KindCounts, kFormatsMax> formats{};
  std::array<std::uint64_t, kFormatsMax> format_round_trips{};
  std::map<std::string, std::uint64_t> features;
  double worker_seconds = 0;      // wall clock, summed over workers
  double worker_cpu_seconds = 0;  // without what a real loader's own process takes
  std::uint64_t only_shared = 0;
  std::vector<CoverRow> cover;
  std::int64_t growth_bytes = 0;  // resident memory of the worker that grew most since kWarmCases

  std::uint64_t Of(VerdictKind kind) const { return verdicts[static_cast<std::size_t>(kind)]; }
};
// `offered`: what the generator can draw, where that is known.
Statistics Sum(const SharedState& shared, const Engine& engine, const CoverBits* offered = nullptr);

}  // namespace weightproof
