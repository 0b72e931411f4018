#include "harness/campaign/tally.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace weightproof {
namespace {

void Add(KindCounts& to, const KindCounts& from) {
  for (std::size_t i = 0; i < to.size(); ++i) to[i] += from[i];
}

void CountOutcome(ClauseOutcomes& to, const Verdict& verdict, bool refused) {
  switch (verdict.kind) {
    case VerdictKind::kHeld:
    case VerdictKind::kEquivalent:
      ++(refused ? to.refused : to.held);
      break;
    case VerdictKind::kFalsified:
      ++(verdict.severity == Severity::kSilentlyWrong ? to.silently_wrong : to.falsified);
      break;
    case VerdictKind::kUndecided:
    case VerdictKind::kUndetectable:
      ++to.open;
      break;
    default:
      break;
  }
}

void AddOutcomes(ClauseOutcomes& to, const ClauseOutcomes& from) {
  to.held += from.held;
  to.refused += from.refused;
  to.silently_wrong += from.silently_wrong;
  to.falsified += from.falsified;
  to.open += from.open;
}

}  // namespace

SharedState::SharedState(int jobs) : jobs_(jobs), slots_(nullptr) {
  void* pages = mmap(nullptr, sizeof(WorkerSlot) * static_cast<std::size_t>(jobs),
                     PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  // Zeroed pages are what zero-initialised counters are.
  if (pages != MAP_FAILED) slots_ = static_cast<WorkerSlot*>(pages);
}

SharedState::~SharedState() {
  if (slots_ != nullptr) munmap(slots_, sizeof(WorkerSlot) * static_cast<std::size_t>(jobs_));
}

FeatureIndex::FeatureIndex(Tally& tally, const Engine& engine)
    : tally_(tally), coverage_(engine.features_due) {
  for (int i = 0; i < kFeaturesMax; ++i) {
    const char* name = tally_.features[static_cast<std::size_t>(i)].name.data();
    if (*name == '\0') break;
    places_.emplace(name, i);
  }
}

void FeatureIndex::Count(const std::vector<std::string>& features, bool judged) {
  for (const std::string& feature : features) CountOne(feature);
  if (judged) Coverage::Mark(tally_.cover, coverage_.PlaceOf(features));
}

void FeatureIndex::CountOne(std::string_view feature) {
  feature = feature.substr(0, kFeatureNameMax - 1);
  auto it = places_.find(feature);
  if (it == places_.end()) {
    const int place = static_cast<int>(places_.size());
    if (place >= kFeaturesMax) return;
    it = places_.emplace(std::string(feature), place).first;
    auto& entry = tally_.features[static_cast<std::size_t>(place)];
    std::memcpy(entry.name.data(), feature.data(), feature.size());
  }
  ++tally_.features[static_cast<std::size_t>(it->second)].count;
}

void Count(Tally& tally, FeatureIndex& index, const Engine& engine, const Case& c,
           const CaseResult& result) {
  const auto kind = static_cast<std::size_t>(result.overall);
  ++tally.verdicts[kind];
  const auto format = static_cast<std::size_t>(c.route.format);
  ++tally.formats[format][kind];
  tally.format_round_trips[format] += static_cast<std::uint64_t>(result.round_trips);
  tally.round_trips += static_cast<std::uint64_t>(result.round_trips);
  tally.counterfactuals += static_cast<std::uint64_t>(result.counterfactuals);
  tally.noticed += static_cast<std::uint64_t>(result.noticed);
  tally.full_power += result.counterfactuals > 0 && result.noticed == result.counterfactuals;
  for (const ClauseVerdict& one : result.clauses) {
    const auto place = std::ranges::find(engine.clauses, one.clause) - engine.clauses.begin();
    if (place < std::min<std::ptrdiff_t>(std::ssize(engine.clauses), kClausesMax)) {
      const auto at = static_cast<std::size_t>(place);
      ++tally.clauses[at][static_cast<std::size_t>(one.verdict.kind)];
      CountOutcome(tally.outcomes[at], one.verdict, result.refused);
    }
  }
  index.Count(engine.features(c), result.overall != VerdictKind::kUnsupported &&
                                      result.overall != VerdictKind::kHarnessError);
  ++tally.cases;
}

Statistics Sum(const SharedState& shared, const Engine& engine, const CoverBits* offered) {
  Statistics sum;
  const auto cover = std::make_unique<CoverBits>();
  for (const std::string& clause : engine.clauses) sum.clauses.emplace_back(clause, KindCounts{});
  sum.outcomes.resize(engine.clauses.size());
  for (const std::string& feature : engine.features_due) sum.features[feature] = 0;
  for (int w = 0; w < shared.jobs(); ++w) {
    const WorkerSlot& slot = shared.slot(w);
    const Tally& t = slot.tally;
    sum.cases += t.cases;
    sum.discarded += t.discarded;
    sum.round_trips += t.round_trips;
    sum.counterfactuals += t.counterfactuals;
    sum.noticed += t.noticed;
    sum.full_power += t.full_power;
    sum.only_shared += t.only_shared;
    cover->Add(t.cover);
    Add(sum.verdicts, t.verdicts);
    for (std::size_t i = 0; i < sum.clauses.size() && i < kClausesMax; ++i) {
      Add(sum.clauses[i].second, t.clauses[i]);
      AddOutcomes(sum.outcomes[i], t.outcomes[i]);
    }
    for (std::size_t i = 0; i < kFormatsMax; ++i) {
      Add(sum.formats[i], t.formats[i]);
      sum.format_round_trips[i] += t.format_round_trips[i];
    }
    for (const FeatureCount& feature : t.features) {
      if (feature.name[0] == '\0') break;
      sum.features[feature.name.data()] += feature.count;
    }
    sum.worker_seconds += static_cast<double>(slot.busy_ns.load()) * 1e-9;
    sum.worker_cpu_seconds += static_cast<double>(slot.cpu_ns.load()) * 1e-9;
    if (slot.warm_bytes != 0) {
      sum.growth_bytes = std::max(sum.growth_bytes, slot.last_bytes - slot.warm_bytes);
    }
  }
  sum.cover = Coverage(engine.features_due).Rows(*cover, offered);
  return sum;
}

}  // namespace weightproof
