// Tests a worker program before anything is concluded from it: that it speaks the protocol of
// harness/testee/PROTOCOL.md, that it minds its manners, and that this harness notices when it
// answers wrongly.
//
//   speaks      one plain round trip of each format it lists, asked of a standing process
//   manners     requests that are none, and loads that must fail: an answer to each, none of them
//   ok ends        a quit and the end of its stdin wrong line  answers spoilt on the way: a worker
//   error, the process killed, the next one works asleep      faults planted in its answers to
//   cases that hold: each is noticed by a clause
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/testee/process.h"
#include "harness/testee/worker_testee.h"
#include "model/error.h"

namespace weightproof {

enum class CheckMark : std::uint8_t { kOk, kFailed, kNote };

struct CheckLine {
  CheckMark mark = CheckMark::kOk;
  std::string name;  // "manners: unknown field"
  std::string text;  // what was seen; of a failure also what was due
};

struct WorkerCheckSettings {
  std::vector<std::string> argv;
  ProcessLimits limits;
  WireTap tap;          // of the standing worker
  std::string scratch;  // an existing folder
  std::uint64_t cases = 60;
  std::uint64_t seed = 1;
  std::function<void(const CheckLine&)> on_line;
};

// Calls `on_line` for every check; false: one failed. Error: the worker cannot be started or does
// not describe itself.
Result<bool> CheckWorker(const WorkerCheckSettings& settings);

}  // namespace weightproof
