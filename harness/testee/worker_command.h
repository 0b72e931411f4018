// How workers are started: their commands, and what they may take.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/testee/process.h"
#include "harness/testee/testee.h"

namespace weightproof {

inline constexpr std::size_t kWorkerBytesMax = std::size_t{8} << 30;  // resident

// What a worker may take, by default or as WEIGHTPROOF_WORKER_SECONDS (of one request) and
// WEIGHTPROOF_WORKER_MEMORY_MIB say. Error: one of them is no number from 1.
Result<ProcessLimits> WorkerLimits();

// COMMAND split at blanks. Error: there is nothing in it.
Result<std::vector<std::string>> WorkerCommand(std::string_view command);

// "builtin-worker": `weightproof worker` of this program, or of the one that WEIGHTPROOF_PROGRAM
// names.
Result<std::unique_ptr<Testee>> MakeBuiltinWorker();

}  // namespace weightproof
