#include "fuzz/driver.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace weightproof::fuzz {
namespace {

Counts counts;

void PrintCounts() {
  std::fprintf(stderr, "inputs: %lu accepted, %lu refused\n", counts.accepted, counts.refused);
}

class Scratch {
 public:
  Scratch() : owner_(getpid()) {
    for (const char* base : {"/dev/shm", "/tmp"}) {
      std::string name = std::string(base) + "/weightproof-fuzz-XXXXXX";
      if (mkdtemp(name.data()) == nullptr) continue;
      path_ = std::move(name);
      return;
    }
    std::fputs("no scratch folder can be made in /dev/shm or /tmp\n", stderr);
    std::_Exit(3);
  }
  ~Scratch() { Remove(); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  // A forked child leaves its parent's folder alone.
  void Remove() {
    std::error_code error;
    if (getpid() == owner_) std::filesystem::remove_all(path_, error);
  }
  const std::string& path() const { return path_; }

 private:
  pid_t owner_;
  std::string path_;
};

Scratch& TheScratch() {
  static Scratch scratch;
  return scratch;
}

}  // namespace

const Counts& SeenInputs() { return counts; }

int Count(bool accepted, bool keep_refused) {
  if (counts.accepted + counts.refused == 0) std::atexit(PrintCounts);
  ++(accepted ? counts.accepted : counts.refused);
  return accepted || keep_refused ? 0 : -1;
}

void Require(std::string_view clause, const Verdict& verdict, std::string_view input) {
  if (verdict.kind != VerdictKind::kFalsified && verdict.kind != VerdictKind::kHarnessError) return;
  // The engine keeps the input as a file too; a terminal gets no raw bytes.
  const bool readable = std::ranges::all_of(input, [](char c) { return c >= ' ' || c == '\n'; });
  const std::string shown = readable ? std::string(input) : std::to_string(input.size()) + " bytes";
  std::string text = std::string(VerdictKindName(verdict.kind)) + ": " + std::string(clause) +
                     " (" + verdict.cause + ", " + std::string(SeverityName(verdict.severity)) +
                     ")\n" + verdict.evidence + "\ninput:\n" + shown + "\n";
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
  TheScratch().Remove();
  std::abort();
}

const std::string& ScratchFolder() { return TheScratch().path(); }

}  // namespace weightproof::fuzz
