#include "harness/properties/checkpoint_loading.h"

#include <algorithm>
#include <array>
#include <utility>

#include "harness/oracle/truth.h"
#include "harness/properties/checkpoint_loading_report.h"
#include "harness/properties/checkpoint_model.h"
#include "harness/properties/checkpoint_paths.h"
#include "harness/properties/checkpoint_refusal.h"
#include "harness/properties/clauses.h"
#include "harness/properties/paths.h"
#include "model/checkpoint/hdf5.h"

namespace weightproof {
namespace {

struct Attempt {
  LoadOptions options;
  bool accepted = false;
  std::vector<Tensor> values;  // after an accepted load
  Verdict verdict;
};

struct Subject {
  const Group* tree = nullptr;  // nullptr: the strict reader refuses the file
  const std::string& path;
  const std::string& again;  // where the model is saved
  Network& network;
  const CheckpointFunctions& functions;
};

Verdict FaultVerdict(Severity severity, std::string cause, std::string evidence,
                     const LoadOptions& options) {
  const std::pair<bool, const char*> given[] = {
      {options.by_name, " by_name"},           {options.skip_mismatch, " skip_mismatch"},
      {options.partial, " partial"},           {options.trust_auto_names, " trust_auto_names"},
      {options.assume_order, " assume_order"}, {options.allow_narrowing, " allow_narrowing"}};
  evidence += "; options:";
  for (const auto& [on, name] : given) evidence += on ? name : "";
  return Falsified(severity, std::move(cause), std::move(evidence));
}

Verdict CheckRefused(const Subject& subject, const Error& error, std::span<const Tensor> before,
                     const LoadOptions& options) {
  if (!std::ranges::equal(subject.network.variables(), before)) {
    return FaultVerdict(Severity::kHalfLoaded, "refusal-changes-a-variable", error.Text(), options);
  }
  std::string fault = FaultOfRefusal(error, subject.path, options);
  if (fault.empty()) return Held();
  return FaultVerdict(Severity::kUnhelpful, "unhelpful-refusal", fault + ": " + error.Text(),
                      options);
}

// Saves the model, which holds `values`, and loads it into a fresh one.
Verdict CheckSavedAgain(const Subject& subject, const LoadReport& report,
                        const std::vector<Tensor>& values, const LoadOptions& options) {
  if (Status saved = subject.functions.save(subject.network, subject.again, report.format);
      !saved) {
    return FaultVerdict(Severity::kFalseRefusal, "cannot-save-again", saved.error().Text(),
                        options);
  }
  subject.network.variables() = MarkedValues(subject.network, 0x100000);
  const Result<LoadReport> loaded = subject.functions.load(subject.network, subject.again, {});
  if (!loaded) {
    return FaultVerdict(Severity::kFalseRefusal, "cannot-load-again", loaded.error().Text(),
                        options);
  }
  if (subject.network.variables() == values) return Held();
  return FaultVerdict(Severity::kSilentlyWrong, "differs-when-saved-again",
                      "loaded, saved and loaded again, the variables are others", options);
}

Attempt Load(const Subject& subject, const LoadOptions& options, bool save_again) {
  Attempt attempt{.options = options, .values = {}, .verdict = {}};
  const std::vector<Tensor> before = MarkedValues(subject.network, 0);
  subject.network.variables() = before;
  const Result<LoadReport> report = subject.functions.load(subject.network, subject.path, options);
  if (!report) {
    attempt.verdict = CheckRefused(subject, report.error(), before, options);
    return attempt;
  }
  attempt.accepted = true;
  attempt.values = subject.network.variables();
  if (subject.tree == nullptr) {
    attempt.verdict = FaultVerdict(Severity::kSilentlyWrong, "accepts-what-cannot-be-read",
                                   "loaded, and the strict reader refuses the file", options);
    return attempt;
  }
  LoadingFault fault = FaultOfAccepted({.tree = *subject.tree,
                                        .options = options,
                                        .before = before,
                                        .network = subject.network,
                                        .report = *report});
  if (!fault.cause.empty()) {
    attempt.verdict = FaultVerdict(Severity::kSilentlyWrong, std::move(fault.cause),
                                   std::move(fault.evidence), options);
  } else {
    attempt.verdict =
        save_again ? CheckSavedAgain(subject, *report, attempt.values, options) : Held();
  }
  return attempt;
}

Digest DigestOf(std::span<const std::byte> file) {
  return TensorDigest(DType::kUInt8, Shape{static_cast<std::int64_t>(file.size())}, file);
}

// One in four goes by name, which weights_h5 refuses at once. A mapping or a copy: the same.
LoadOptions ChooseOptions(const Digest& digest) {
  const auto bit = [&digest](int i) { return (digest[1] >> i & 1) != 0; };
  return {.by_name = bit(0) && bit(1),
          .skip_mismatch = bit(2),
          .partial = bit(3),
          .trust_auto_names = bit(4),
          .assume_order = bit(5),
          .allow_narrowing = bit(6),
          .read_tree = bit(7) ? ReadTreeOfMapping : ReadTreeOfCopy};
}

struct WeightSize {
  std::size_t tensors = 0;
  std::size_t elements = 0;

  bool operator==(const WeightSize&) const = default;
  void Add(const Shape& shape) {
    ++tensors;
    elements += static_cast<std::size_t>(ElementCount(shape).value_or(0));
  }
};

// What loads without options, the oracle finds no contradiction in and reads the same. It shares no
// code with the loader.
Verdict CheckAgainstOracle(const Subject& subject, const std::vector<Tensor>& values) {
  Route route;
  route.format = DetectFormat(*subject.tree, "") == Format::kWeightsH5 ? RouteFormat::kWeightsH5
                                                                       : RouteFormat::kLegacyH5;
  const Truth truth = DecodeTruth(*subject.tree, subject.network.plan(), route);
  for (const Owed& owed : truth.owed) {
    // A name list that is missing where nothing is to be listed moves no value.
    if (owed.rule == "malformed-names") continue;
    return FaultVerdict(Severity::kSilentlyWrong, "accepts-a-contradiction",
                        owed.rule + ": " + ListText(owed.subjects), {});
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto& [id, value] = truth.values[i];
    if (value == values[i]) continue;
    return FaultVerdict(Severity::kSilentlyWrong, "differs-from-oracle",
                        id + " holds another value than the oracle reads for it", {});
  }
  return Held();
}

// What a file of any format is called, by its digest: the content decides, not the suffix.
constexpr std::array<std::string_view, 4> kNames = {"/given.h5", "/given.weights.h5",
                                                    "/given.keras", "/given"};

// Of files of weights alone, which no model is made of, one in eight.
bool AsksForModel(const Group& tree, const Digest& digest) {
  return tree.FindAttribute("model_config") != nullptr || digest[3] % 8 == 0;
}

bool OfFamily(const Group& tree, CheckpointFamily family) {
  if (family == CheckpointFamily::kAny) return true;
  const Result<Format> format = DetectFormat(tree, "");
  return !format || (*format == Format::kWeightsH5) == (family == CheckpointFamily::kWeightsH5);
}

}  // namespace

std::size_t ModelFor(std::span<const std::byte> file, std::span<const Network> models) {
  const Digest digest = DigestOf(file);
  const Result<Group> tree = ReadHdf5(file, "");
  return tree ? ChooseModel(*tree, models, digest[0]) : digest[0] % models.size();
}

LoadOptions OptionsFor(std::span<const std::byte> file) { return ChooseOptions(DigestOf(file)); }

std::size_t ChooseModel(const Group& root, std::span<const Network> models, std::size_t choice) {
  WeightSize due;
  for (const std::string& path : WeightTensorPaths(root)) {
    due.Add(FindPath(root, path)->dataset()->value.shape);
  }
  std::vector<std::size_t> near;
  for (std::size_t i = 0; i < models.size(); ++i) {
    WeightSize size;
    for (const VariablePlan* plan : models[i].variable_plans()) size.Add(plan->shape);
    if (size == due) return i;
    if (size.tensors == due.tensors) near.push_back(i);
  }
  return near.empty() ? choice % models.size() : near[choice % near.size()];
}

CheckpointLoadingResult CheckCheckpointLoading(std::span<const std::byte> file,
                                               CheckpointFamily family, std::span<Network> models,
                                               const std::string& folder,
                                               const CheckpointFunctions& functions) {
  const Digest digest = DigestOf(file);
  const std::size_t name = family == CheckpointFamily::kAny ? digest[2] % kNames.size() : 0;
  const std::string path = folder + std::string(kNames[name]);
  const std::string again = folder + "/again.h5";
  const Result<Group> tree = ReadHdf5(file, path);
  CheckpointLoadingResult result{.readable = tree.has_value(), .verdict = {}};
  if (tree && !OfFamily(*tree, family)) return result;
  if (!WriteFile(path, file)) {
    result.verdict = {VerdictKind::kHarnessError, Severity::kNone, "cannot-write", path};
    return result;
  }
  const std::size_t model =
      tree ? ChooseModel(*tree, models, digest[0]) : digest[0] % models.size();
  const Subject subject{tree ? &*tree : nullptr, path, again, models[model], functions};
  const Attempt strict = Load(subject, {}, true);
  result.accepted = strict.accepted;
  result.verdict = strict.verdict;
  if (!tree || result.verdict.kind != VerdictKind::kHeld) return result;
  if (strict.accepted) {
    result.verdict = CheckAgainstOracle(subject, strict.values);
    if (result.verdict.kind != VerdictKind::kHeld) return result;
  }
  const LoadOptions options = ChooseOptions(digest);
  // Where both must give the same, saving one of them is enough.
  const bool bound = strict.accepted && !options.by_name;
  const Attempt other = Load(subject, options, !bound);
  result.accepted_with_options = other.accepted;
  result.verdict = other.verdict;
  if (bound && result.verdict.kind == VerdictKind::kHeld && other.values != strict.values) {
    result.verdict =
        FaultVerdict(Severity::kFalseRefusal, "options-let-less-pass",
                     "loaded without options, and not, or otherwise, with them", options);
  }
  if (result.verdict.kind == VerdictKind::kHeld && AsksForModel(*tree, digest)) {
    result.verdict = CheckModelLoading({*tree, path, again, functions});
  }
  if (result.verdict.kind == VerdictKind::kHeld && digest[4] % 64 == 0) {
    result.verdict = CheckPaths(models[model], folder, path, functions);
  }
  return result;
}

}  // namespace weightproof
