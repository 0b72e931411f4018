#include "harness/testee/worker_command.h"

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "harness/testee/worker_testee.h"

namespace weightproof {
namespace {

std::string VariableOf(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

// A whole number from 1 to a million, or `otherwise` where the variable is not set.
Result<std::size_t> NumberOf(const char* name, std::size_t otherwise) {
  const std::string text = VariableOf(name);
  if (text.empty()) return otherwise;
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number == 0 ||
      number > 1'000'000) {
    return Fail(ErrorKind::kBadConfig, name, "'" + text + "' is no whole number from 1 to 1000000",
                "leave the variable unset, or give it such a number");
  }
  return number;
}

}  // namespace

Result<ProcessLimits> WorkerLimits() {
  ProcessLimits limits;
  const auto seconds_default =
      std::chrono::duration_cast<std::chrono::seconds>(limits.request_timeout).count();
  const Result<std::size_t> seconds =
      NumberOf("WEIGHTPROOF_WORKER_SECONDS", static_cast<std::size_t>(seconds_default));
  if (!seconds) return std::unexpected(seconds.error());
  const Result<std::size_t> mib = NumberOf("WEIGHTPROOF_WORKER_MEMORY_MIB", kWorkerBytesMax >> 20);
  if (!mib) return std::unexpected(mib.error());
  limits.request_timeout = std::chrono::seconds(*seconds);
  limits.resident_bytes_max = *mib << 20;
  return limits;
}

Result<std::vector<std::string>> WorkerCommand(std::string_view command) {
  std::istringstream words{std::string(command)};
  std::vector<std::string> argv;
  for (std::string word; words >> word;) argv.push_back(word);
  if (argv.empty()) {
    return Fail(ErrorKind::kBadConfig, "worker", "the command is empty",
                "name a program with its arguments, as in 'python3 my_worker.py'");
  }
  return argv;
}

Result<std::unique_ptr<Testee>> MakeBuiltinWorker() {
  std::string program = VariableOf("WEIGHTPROOF_PROGRAM");
  std::error_code error;
  if (program.empty()) program = std::filesystem::read_symlink("/proc/self/exe", error).string();
  Result<std::unique_ptr<WorkerTestee>> worker = WorkerTestee::Create({program, "worker"}, {});
  if (!worker) return std::unexpected(worker.error());
  return std::unique_ptr<Testee>(*std::move(worker));
}

}  // namespace weightproof
