// Many cases, in forked workers: statistics, findings, and what makes the whole run worthless.
//
//      parent ----fork----> worker 0: indices shard, shard + N*J, ...   N shards, J jobs
//        |   <---a line per finding---
//        |   <==shared counters======   worker 1: indices shard + N, ...
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/campaign/engine.h"
#include "harness/campaign/finding.h"
#include "harness/campaign/known.h"
#include "harness/campaign/tally.h"

namespace weightproof {

struct Progress {
  std::uint64_t cases = 0;
  std::uint64_t round_trips = 0;
  double seconds = 0;
  std::size_t findings = 0;
  double done = 0;  // share of the run, 0 to 1
  double seconds_left = 0;
  std::string stage;  // "running", or "shrinking 2 of 3"
};

struct CampaignOptions {
  std::optional<std::uint64_t> cases;  // of all shards together
  std::optional<double> seconds;
  std::uint64_t seed = 1;
  int jobs = 0;  // 0: one per processor
  std::uint64_t shard = 0;
  std::uint64_t shards = 1;
  bool exhaustive = false;
  std::string corpus;  // folder for findings
  double hang_seconds = 60;
  double shrink_seconds = 30;       // per finding; 0: findings stay as they were drawn
  std::vector<KnownFinding> known;  // replayed first
  std::function<void(const Finding&)> on_finding;  // shrunk, and for a real loader shown
  std::function<void(const Progress&)> progress;
};

struct CampaignResult {
  std::string testee;  // that loads
  std::string testee_version;
  std::string testee_backend;  // of a real loader
  std::string writer;          // that saves
  std::string writer_version;
  bool foreign = false;
  bool documented = false;  // its documentation of this version was at hand
  std::uint64_t seed = 1;
  int jobs = 1;
  double seconds = 0;  // running cases; shrinking not included
  bool interrupted = false;
  bool scratch_in_memory = false;
  Statistics statistics;
  std::vector<Finding> findings;  // bugs, then hazards; by clause, then cause
  // Real loaders: falsified, but no plain script showed it. No findings, kept on disk.
  std::vector<Finding> unreproduced;
  std::uint64_t not_looked_into = 0;  // falsified cases that were left when the time was up
  bool known_given = false;
  std::vector<Finding> known;        // falsified again, or not replayed for want of the case
  std::vector<KnownFinding> healed;  // known, and no longer so
  std::optional<double> first_finding_seconds;  // real loaders: until the first one was shown
  std::vector<std::string> harness_errors;

  int ExitCode() const {
    return !harness_errors.empty() ? 3 : findings.empty() && healed.empty() ? 0 : 1;
  }
};

inline constexpr double kDiscardShareMax = 0.05;
inline constexpr std::uint64_t kCoverageCasesMin = 2000;  // families; from here on a gap counts
inline constexpr std::size_t kFindingsMax = 256;          // later ones are counted, not kept
inline constexpr std::uint64_t kShareCasesMin = 1000;     // from here on a share is judged
inline constexpr double kUndetectableShareMax = 0.15;     // of a format; of the built-in loader
inline constexpr double kUndecidedShareMax = 0.01;

// A real loader's own process is watched request by request; a case of many, each with a new
// process on a busy machine, is no hang of ours.
inline constexpr double kForeignHangSecondsMin = 900;
inline constexpr double kForeignFinishSecondsMax = 60;  // for all findings, after the last case

CampaignResult RunCampaign(const Engine& engine, const CampaignOptions& options);

// What makes a result worthless: zero cases, discards, verdicts of the harness about itself,
// features never drawn, a testee that loads nothing.
std::vector<std::string> HarnessErrors(const Statistics& statistics, const Engine& engine,
                                       bool exhaustive);

}  // namespace weightproof
