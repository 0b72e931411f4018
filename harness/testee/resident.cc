#include "harness/testee/resident.h"

#include <fstream>
#include <string>

namespace weightproof {
namespace {

std::string ProcPath(pid_t pid, const char* file) {
  return "/proc/" + std::to_string(pid) + "/" + file;
}

}  // namespace

std::optional<std::size_t> PeakResident(pid_t pid) {
  std::ifstream status(ProcPath(pid, "status"));
  std::string word;
  while (status >> word) {
    std::size_t kib = 0;
    if (word == "VmHWM:" && status >> kib) return kib * 1024;
  }
  return std::nullopt;
}

std::optional<std::size_t> ForgetPeak(pid_t pid) {
  std::ofstream refs(ProcPath(pid, "clear_refs"));
  refs << "5" << std::flush;
  if (!refs) return std::nullopt;
  return PeakResident(pid);
}

}  // namespace weightproof
