// A load opens no file but its own, runs nothing, leaves the process as it was, and its time and
// memory are bounded by the size of the file plus the size of the model.
#include <algorithm>

#include "harness/properties/clauses.h"

namespace weightproof {
namespace {

// What any load may take, whatever its file: the request builds a model and predicts as well, and a
// library imports and compiles parts of itself when they are first used. Measured on ordinary
// cases: at most 45 MiB in 2,400 loads of Keras 3.15.1 (numpy), 77 MiB in 350 of tf-keras 2.21; at
// most 5.1 s, on a machine three times overbooked.
constexpr std::size_t kBytesFree = std::size_t{384} << 20;
constexpr std::size_t kBytesPerByte = 64;
constexpr double kSecondsFree = 30;
constexpr double kSecondsPerByte = 1e-6;

std::size_t BytesOf(const std::vector<NamedTensor>& tensors) {
  std::size_t bytes = 0;
  for (const NamedTensor& named : tensors) bytes += named.tensor.bytes().size();
  return bytes;
}

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
  const std::size_t models = BytesOf(o.saved) + BytesOf(o.initial);
  const std::size_t size = o.file_bytes + models;
  const std::string of = ", for a file of " + std::to_string(o.file_bytes) +
                         " bytes and models of " + std::to_string(models) + " bytes together";
  if (cost.peak_bytes_more > kBytesFree + kBytesPerByte * size) {
    return Falsified(Severity::kUnbounded, "memory",
                     "the load took " + std::to_string(cost.peak_bytes_more >> 20) +
                         " MiB more than the process had before" + of);
  }
  if (cost.seconds > kSecondsFree + kSecondsPerByte * static_cast<double>(size)) {
    return Falsified(Severity::kUnbounded, "time",
                     "the load took " + std::to_string(static_cast<int>(cost.seconds)) + " s" + of);
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
    const std::string now =
        after == o.load.process_after.end() ? "gone" : "'" + after->second + "'";
    return Falsified(Severity::kEscape, "process-changed",
                     "the load left the process changed: " + ListText(changed) + "; " + first +
                         " was '" + o.load.process_before.find(first)->second + "' and is " + now);
  }
  return o.home || o.load.cost || !o.load.process_before.empty() ? Held() : NotAsked();
}

}  // namespace weightproof
