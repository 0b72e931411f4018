#include <algorithm>
#include <map>
#include <set>

#include "harness/properties/clauses.h"

namespace weightproof {
namespace {

// The value of a dataset as float32; nullopt when it is no array of numbers.
std::optional<Tensor> ValueAt(const Group& root, const std::string& path) {
  const Child* child = FindPath(root, path);
  const Dataset* dataset = child != nullptr ? child->dataset() : nullptr;
  if (dataset == nullptr) return std::nullopt;
  const std::optional<Tensor> stored = NumbersOf(*dataset);
  if (!stored) return std::nullopt;
  return Convert(*stored, DType::kFloat32);
}

bool NoteOn(const Answer& load, const std::string& subject) {
  return std::ranges::find(load.reports, subject, &ReportLine::subject) != load.reports.end();
}

Verdict CheckAccount(const Observation& o, const Account& account) {
  std::map<std::string, std::string> sources(account.sources.begin(), account.sources.end());
  std::set<std::string> used;
  for (const VariablePlan* variable : Variables(o.reader_plan.model)) {
    const auto source = sources.find(variable->id);
    if (source == sources.end()) {
      return SilentlyWrong("variable-unaccounted", "the report says nothing of " + variable->id);
    }
    if (source->second.empty()) {
      if (!NoteOn(o.load, variable->id)) {
        return SilentlyWrong("unset-unreported",
                             variable->id + " was not set, and no note says so");
      }
      continue;
    }
    if (!used.insert(source->second).second) {
      return SilentlyWrong("tensor-used-twice",
                           source->second + " is said to be the source of two variables");
    }
    const std::optional<Tensor> stored = ValueAt(*o.tree, source->second);
    const Tensor* got = FindTensor(o.load.variables, variable->id);
    if (!stored || got == nullptr || !(*stored == *got)) {
      return SilentlyWrong("source-differs", variable->id + " is said to come from " +
                                                 source->second + ", which holds something else");
    }
  }
  if (account.sources.size() != sources.size() ||
      sources.size() != Variables(o.reader_plan.model).size()) {
    return SilentlyWrong("variable-unaccounted",
                         "the report lists variables that the model has not, or one twice");
  }
  std::set<std::string> unused;
  for (const auto& [path, role] : account.unused) {
    unused.insert(path);
    if (role == "weight" && !NoteOn(o.load, path)) {
      return SilentlyWrong("unused-unreported",
                           path + " is a weight that nothing used, and no note says so");
    }
  }
  const std::vector<std::string> weights = WeightTensorPaths(*o.tree);
  for (const std::string& path : weights) {
    if (!used.contains(path) && !unused.contains(path)) {
      return SilentlyWrong("tensor-unaccounted", "the report says nothing of the tensor " + path);
    }
  }
  for (const auto& [path, role] : account.unused) {
    const bool weight = std::ranges::find(weights, path) != weights.end();
    if (weight != (role == "weight") && role != "unknown") {
      return SilentlyWrong("role-wrong", path + " is reported as '" + role + "'");
    }
    if (used.contains(path))
      return SilentlyWrong("role-wrong", path + " is reported as used and as unused");
  }
  return Held();
}

}  // namespace

Verdict CheckAccountsForEverything(const Observation& o) {
  if (o.saved_elsewhere || o.saved_unreadable || o.save.outcome != Outcome::kOk ||
      o.load.outcome != Outcome::kOk || !o.tree || o.other_config)
    return NotAsked();
  if (o.reader->makes_reports) {
    if (!o.load.account) return SilentlyWrong("no-account", "the load gave no account");
    return CheckAccount(o, *o.load.account);
  }
  // A loader without an account: the numbers of tensors and of variables must agree, or be spoken
  // of.
  const std::size_t stored = WeightTensorPaths(*o.tree).size();
  std::size_t variables = o.load.variables.size();
  if (o.c->route.format == RouteFormat::kWeightsH5) {  // it holds the sum, no factors
    variables -= static_cast<std::size_t>(
        std::ranges::count_if(Variables(o.reader_plan.model),
                              [](const auto* variable) { return IsLoraFactor(*variable); }));
  }
  if (stored == variables || !o.load.reports.empty()) return Held();
  return SilentlyWrong(stored > variables ? "tensors-left-over" : "variables-left-over",
                       "the file holds " + std::to_string(stored) + " weight tensors, the model " +
                           std::to_string(variables) + " variables, and the load said nothing");
}

}  // namespace weightproof
