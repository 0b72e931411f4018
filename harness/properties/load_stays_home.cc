// A load opens no file but its own, runs nothing, leaves the process as it was, and its time and
// memory are bounded by the size of the file plus the size of the model.
#include <fmt/core.h>

#include <algorithm>

#include "harness/properties/clauses.h"

namespace weightproof {
namespace {

// What any load may take, whatever its file: the request builds a model and predicts as well, and a
// library imports and compiles parts of itself when they are first used. MEASURED
constexpr std::size_t kBytesFree = std::size_t{384} << 20;
constexpr std::size_t kBytesPerByte = 64;
constexpr double kSecondsFree = 30;
constexpr double kSecondsPerByte = 1e-6;

std::size_t BytesOf(const std::vector<NamedTensor>& tensors) {
  std::size_t bytes = 0;
  for (const NamedTensor& named : tensors) bytes += named.tensor.bytes().size();
  return bytes;
}

std::size_t MebibytesOf(std::size_t bytes) { return bytes >> 20; }

Verdict AtHome(const HomeWatch& home) {
  if (home.ran) {
    return Falsified(Severity::kEscape, "runs-foreign-code",
                     "the load ran code of a module that only the file names (it wrote a marker)");
  }
  if (!home.written.empty()) {
    return Falsified(Severity::kEscape, "writes-elsewhere",
                     "the load wrote outside its own folders: " + ListText(home.written));
  }
  if (!home.opened.empty()) {
    return Falsified(
        Severity::kEscape, "opens-another-file",
        "the load opened what the file names outside itself: " + ListText(home.opened));
  }
  return Held();
}

Verdict Bounded(const Observation& o, const Cost& cost) {
  const std::size_t size = o.file_bytes + BytesOf(o.saved) + BytesOf(o.initial);
  const auto of = [&] {
    return fmt::format("for a file of {} bytes and models of {} bytes together", o.file_bytes,
                       size - o.file_bytes);
  };
  if (cost.peak_bytes_more > kBytesFree + kBytesPerByte * size) {
    return Falsified(Severity::kUnbounded, "memory",
                     fmt::format("the load took {} MiB more than the process had before, {}",
                                 MebibytesOf(cost.peak_bytes_more), of()));
  }
  if (cost.seconds > kSecondsFree + kSecondsPerByte * static_cast<double>(size)) {
    return Falsified(Severity::kUnbounded, "time",
                     fmt::format("the load took {:.0f} s, {}", cost.seconds, of()));
  }
  return Held();
}

// The names of what is not as it was.
std::vector<std::string> Changed(const Answer& load) {
  std::vector<std::string> changed;
  for (const auto& [aspect, before] : load.process_before) {
    const auto after = load.process_after.find(aspect);
    if (after == load.process_after.end() || after->second != before) changed.push_back(aspect);
  }
  return changed;
}

}  // namespace

Verdict CheckLoadStaysHome(const Observation& o) {
  if (o.saved_elsewhere || o.saved_unreadable || o.save.outcome != Outcome::kOk) return NotAsked();
  // What befalls a load of other files is another clause's business.
  if (IsHostile(*o.c)) {
    Verdict broken = Broken(o.load, "load");
    // Which of the two it is depends on the machine.
    if (broken.severity == Severity::kCrash || broken.severity == Severity::kHang) {
      broken.cause = "never-answers";
    }
    if (broken.kind != VerdictKind::kNotAsked) return broken;
  }
  if (o.home) {
    Verdict home = AtHome(*o.home);
    if (home.kind != VerdictKind::kHeld) return home;
  }
  if (o.load.cost) {
    Verdict bounded = Bounded(o, *o.load.cost);
    if (bounded.kind != VerdictKind::kHeld) return bounded;
  }
  if (const std::vector<std::string> changed = Changed(o.load); !changed.empty()) {
    const std::string& first = changed.front();
    const auto after = o.load.process_after.find(first);
    return Falsified(Severity::kEscape, "process-changed",
                     fmt::format("the load left the process changed: {}; {} was {} and is {}",
                                 ListText(changed), first,
                                 o.load.process_before.find(first)->second,
                                 after == o.load.process_after.end() ? "gone" : after->second));
  }
  return o.home || o.load.cost || !o.load.process_before.empty() ? Held() : NotAsked();
}

}  // namespace weightproof
