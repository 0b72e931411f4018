// Real loaders as testees.
#pragma once

#include <memory>
#include <string_view>

#include "harness/testee/testee.h"

namespace weightproof {

// A loader's name (loader_name.h): its worker in harness/workers/, run by the interpreter of its
// environment. "worker:COMMAND": any program that speaks the protocol, COMMAND split at blanks.
Result<std::unique_ptr<Testee>> MakeWorker(std::string_view name);

}  // namespace weightproof
