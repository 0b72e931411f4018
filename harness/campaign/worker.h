// The loop of one worker process.
#pragma once

#include <string>

#include "harness/campaign/campaign.h"
#include "harness/campaign/tally.h"

namespace weightproof {

struct WorkerPlan {
  int worker = 0;
  int jobs = 1;
  double deadline = 0;  // steady clock, seconds; 0: none
  std::string scratch;  // this worker's folder; holds case.json of the case that runs
  int fd = -1;          // lines to the parent
};

// Runs cases until there are none left, time is up or the slot says stop.
void RunWorker(const Engine& engine, const CampaignOptions& options, const WorkerPlan& plan,
               WorkerSlot& slot);

// What a worker tells its parent: a finding, or ("!" in front) that it cannot go on.
struct WorkerLine {
  std::uint64_t index = 0;
  std::string clause;
  Verdict verdict;
  Case the_case;
};
std::string FormatLine(const WorkerLine& line);
Result<WorkerLine> ParseLine(std::string_view text);

// Index of the worker's k-th case. The union over workers and shards is 0, 1, 2, ...; the cases of
// one family, so many with indices that follow one another, are one worker's.
inline std::uint64_t CaseIndex(const CampaignOptions& o, int worker, int jobs, std::uint64_t k,
                               std::uint64_t family = 1) {
  const std::uint64_t number =
      static_cast<std::uint64_t>(worker) + static_cast<std::uint64_t>(jobs) * (k / family);
  return (o.shard + o.shards * number) * family + k % family;
}

inline constexpr const char* kRunningCaseFile = "/running.json";

}  // namespace weightproof
