#include "harness/testee/testee.h"

#include <array>

#include "harness/testee/builtin.h"
#include "harness/testee/faults/faults.h"
#include "harness/testee/keras.h"
#include "harness/testee/loader_name.h"
#include "harness/testee/worker_command.h"

namespace weightproof {

std::string_view OutcomeName(Outcome outcome) {
  constexpr std::array<std::string_view, 7> kNames{
      "ok", "refused", "unsupported", "worker error", "crashed", "timed out", "out of memory"};
  return kNames[static_cast<std::size_t>(outcome)];
}

Result<std::unique_ptr<Testee>> MakeTestee(std::string_view name) {
  if (name == "builtin") return std::make_unique<BuiltinTestee>();
  if (name == "builtin-worker") return MakeBuiltinWorker();
  if (name.starts_with("fault:") || name == "canary") {
    if (std::unique_ptr<Testee> fault = MakeFault(name)) return fault;
  } else if (IsLoaderName(name) || name.starts_with("worker:")) {
    return MakeWorker(name);
  }
  return Fail(ErrorKind::kBadConfig, "testee '" + std::string(name) + "'",
              "there is no such testee", "`weightproof testees` lists them");
}

}  // namespace weightproof
