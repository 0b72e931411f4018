// What a real loader's documentation promises beyond weights and predictions: which weights are
// trainable, the optimizer, state that a layer of a person's own keeps itself, how a file is
// laid out. Asked only where a sentence of it is broken: the contract knows none of this.
#include <algorithm>
#include <array>
#include <iterator>

#include "harness/properties/clauses.h"
#include "harness/properties/facts.h"
#include "harness/testee/documentation.h"

namespace weightproof {
namespace {

struct Aspect {
  std::string_view name;   // in Answer::state
  std::string_view words;  // what is said to differ
};

constexpr std::array<Aspect, 4> kAspects{{
    {"trainable", "which weights are trainable"},
    {"compiled", "whether the model is compiled"},
    {"optimizer", "the optimizer's state"},
    {"vocabulary", "the vocabulary of a lookup layer"},
}};

const std::string* SaidOf(const Answer& answer, std::string_view aspect) {
  const auto found = answer.state.find(aspect);
  return found != answer.state.end() ? &found->second : nullptr;
}

bool Says(const Answer& answer, std::string_view aspect, std::string_view text) {
  const std::string* said = SaidOf(answer, aspect);
  return said != nullptr && *said == text;
}

std::string Quoted(const std::string& text) { return text.empty() ? "nothing" : text; }

// One that the library warned of is not silent, and not kept either.
Severity SeverityOf(const Observation& o) {
  return o.load.reports.empty() ? Severity::kSilentlyWrong : Severity::kFalseRefusal;
}

std::vector<Verdict> AfterSave(const Observation& o) {
  std::vector<Verdict> found;
  if (Says(o.save, "own_state", "not asked")) {
    found.push_back(SilentlyWrong("own-saving-ignored",
                                  "a layer that keeps its state itself was not asked for it when "
                                  "the model was saved"));
  }
  if (Says(o.save, "compiled_by_json", "yes")) {
    found.push_back(SilentlyWrong(
        "compiled-by-json", "a compiled model that was made again from its JSON is compiled"));
  }
  if (o.tree && FindAttribute(o.tree->attributes, "layer_names") == nullptr) {
    found.push_back(SilentlyWrong("other-layout", "the file has no attribute `layer_names`"));
  }
  return found;
}

std::vector<Verdict> AfterLoad(const Observation& o) {
  std::vector<Verdict> found;
  if (o.load.outcome != Outcome::kOk || o.content_damaged || !o.same_model) return found;
  if (Says(o.load, "own_state", "not asked")) {
    found.push_back(SilentlyWrong("own-loading-ignored",
                                  "a layer that keeps its state itself was not handed it when the "
                                  "model was loaded"));
  }
  const std::string* saved_flags = SaidOf(o.save, "trainable");
  const std::string* flags = SaidOf(o.load, "trainable");
  const bool same_flags = saved_flags != nullptr && flags != nullptr && *saved_flags == *flags;
  for (const Aspect& aspect : kAspects) {
    const std::string* before = SaidOf(o.save, aspect.name);
    const std::string* after = SaidOf(o.load, aspect.name);
    if (before == nullptr || after == nullptr || *before == *after) continue;
    // An optimizer keeps state for trainable weights alone.
    if (aspect.name == "optimizer" && !same_flags) continue;
    found.push_back(Falsified(SeverityOf(o), "state-" + std::string(aspect.name),
                              std::string(aspect.words) + ": not what was saved. " +
                                  Quoted(*before) + " became " + Quoted(*after)));
  }
  return found;
}

}  // namespace

Verdict CheckKeptState(const Observation& o) {
  const auto& documentation = o.reader->documentation;
  if (documentation == nullptr || o.save.outcome != Outcome::kOk || o.saved_elsewhere ||
      o.saved_unreadable) {
    return NotAsked();
  }
  // What the load shows first: the save of such a case is wrong too, and other cases tell of it.
  std::vector<Verdict> candidates = AfterLoad(o);
  std::ranges::move(AfterSave(o), std::back_inserter(candidates));
  if (candidates.empty()) return NotAsked();
  const std::vector<std::string> facts = Facts(o);
  for (Verdict& verdict : candidates) {
    if (documentation->Broken("round-trips", verdict.cause, facts) != nullptr) return verdict;
  }
  return NotAsked();
}

}  // namespace weightproof
