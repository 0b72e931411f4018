// `weightproof testee-test`: whether a worker program can be trusted with a campaign.
#include <fmt/core.h>

#include <cstdio>
#include <fstream>

#include "harness/campaign/forked.h"
#include "harness/cli/commands.h"
#include "harness/conformance/worker_check.h"
#include "harness/testee/worker_command.h"

namespace weightproof {
namespace {

const char* MarkWord(CheckMark mark) {
  return mark == CheckMark::kOk ? "ok" : mark == CheckMark::kFailed ? "FAIL" : "note";
}

}  // namespace

int TestTestee(const TesteeTestOptions& o) {
  Result<std::vector<std::string>> argv = WorkerCommand(o.command);
  if (!argv) return Refuse(argv.error());
  if (Status ok = Writable(o.transcript); !ok) return Refuse(ok.error());
  std::ofstream transcript;
  if (!o.transcript.empty()) transcript.open(o.transcript, std::ios::binary | std::ios::trunc);

  const Scratch scratch;
  WorkerCheckSettings settings;
  settings.argv = *std::move(argv);
  const Result<ProcessLimits> limits = WorkerLimits();
  if (!limits) return Refuse(limits.error());
  settings.limits = *limits;
  settings.limits.request_timeout = std::chrono::milliseconds(static_cast<int>(1000 * o.seconds));
  settings.scratch = scratch.path();
  settings.cases = o.cases;
  settings.seed = o.seed;
  if (transcript.is_open()) {
    settings.tap.asked = [&](std::string_view line) { transcript << "> " << line << "\n"; };
    settings.tap.answered = [&](std::string& line) { transcript << "< " << line << "\n"; };
  }
  int checks = 0, failed = 0;
  settings.on_line = [&](const CheckLine& line) {
    checks += line.mark != CheckMark::kNote;
    failed += line.mark == CheckMark::kFailed;
    fmt::print("{:<5} {:<40} {}\n", MarkWord(line.mark), line.name, line.text);
    std::fflush(stdout);
  };
  const Result<bool> well = CheckWorker(settings);
  if (!well) return Refuse(well.error());
  fmt::print("{} of {} checks passed\n", checks - failed, checks);
  if (transcript.is_open() && !transcript.flush()) {
    return Refuse({ErrorKind::kPathUnwritable, o.transcript, "it could not be written whole",
                   "name a file on a disk with room"});
  }
  return *well && failed == 0 ? kExitOk : kExitFinding;
}

}  // namespace weightproof
