#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <span>

#include "harness/campaign/clock.h"
#include "harness/campaign/forked.h"
#include "harness/campaign/shrink.h"
#include "harness/case/generate.h"
#include "harness/cli/commands.h"
#include "harness/cli/minimize.h"
#include "harness/minimize/file_and_case.h"
#include "harness/minimize/reduction.h"
#include "model/checkpoint/hdf5.h"

namespace weightproof {
namespace {

Result<Group> TreeOf(const std::string& bytes, const std::string& place) {
  return ReadHdf5(std::as_bytes(std::span(bytes)), place);
}

// The root's `model_config`; "" where there is none.
std::string ConfigIn(const Group& tree) {
  const Attribute* config = tree.FindAttribute("model_config");
  return config != nullptr && config->value.strings.size() == 1 ? config->value.strings[0] : "";
}

// The case that --case names, or the model's config that stands there; else the file's own config.
// nullopt: nothing says which model the file belongs to.
// `why`: what is wrong with the file's own config, "" where it has none.
Result<std::optional<Case>> ModelOf(const MinimizeOptions& o, const Result<Group>& tree,
                                    std::string* why) {
  if (o.case_file.empty()) {
    const std::string config = tree ? ConfigIn(*tree) : "";
    if (config.empty()) return std::nullopt;
    Result<Case> own = CaseOfConfig(config);
    // A config that cannot be played is no reason to give up: targets may fail on the file.
    if (!own) {
      *why = own.error().Text();
      return std::nullopt;
    }
    return std::optional(*std::move(own));
  }
  const Result<std::string> text = ReadTextFile(o.case_file);
  if (!text) return std::unexpected(text.error());
  Result<Case> c = CaseFromJson(*text, o.case_file);
  if (c) return std::optional(*std::move(c));
  if (!text->contains("\"class_name\"")) return std::unexpected(c.error());
  Result<Case> config = CaseOfConfig(*text);
  if (!config) {
    config.error().place = o.case_file + ": " + config.error().place;
    return std::unexpected(config.error());
  }
  return std::optional(*std::move(config));
}

struct Found {
  std::string clause;
  Verdict verdict;
};

// File and case together; one of them is tried at a time, or both where one follows the other.
class CheckpointShrinker {
 public:
  CheckpointShrinker(const Engine& engine, const Case& c, const Found& found, double patience,
                     double seconds, KeptOutput& file, KeptOutput& case_file,
                     const std::string& bytes)
      : engine_(engine),
        case_(c),
        found_(found),
        patience_(patience),
        reduction_(
            bytes, [this](const std::string& candidate) { return Fails(case_, candidate); },
            seconds,
            [&file, &case_file, this](const std::string& best) {
              file.Keep(best);
              case_file.Keep(CaseToJson(case_) + "\n");
            }) {}

  void Run() {
    ShrinkTogether();
    ShrinkTree(reduction_);
    ShrinkTogether();
    ShrinkBytes(reduction_);
  }

  bool Fails(const Case& c, const std::string& bytes) const {
    return SameReason(AskFileForked(engine_, c, bytes, found_.clause, patience_), found_.verdict);
  }

  const Case& best_case() const { return case_; }
  const Reduction& reduction() const { return reduction_; }

 private:
  // Goes on where it stood after a success, until no candidate is left that was not tried since.
  void ShrinkTogether() {
    std::vector<Case> candidates = Shrinks(case_);
    std::size_t next = 0;
    for (std::size_t failed = 0; failed < candidates.size() && !reduction_.over(); ++failed) {
      next %= candidates.size();
      if (!TakeFollowed(candidates[next])) {
        ++next;
        continue;
      }
      candidates = Shrinks(case_);
      failed = static_cast<std::size_t>(-1);
    }
  }

  bool TakeFollowed(Case candidate) {
    // The file stays where it is and what it is; what the writer alone would do does not happen.
    if (candidate.route.format != case_.route.format || candidate.route.path != case_.route.path) {
      return false;
    }
    if (candidate.reader == case_.reader && candidate.architecture == case_.architecture &&
        candidate.route == case_.route && candidate.probe == case_.probe) {
      return false;
    }
    if (candidate.route.load_as == LoadAs::kWeights) {
      candidate.writer.build = candidate.reader.build;
    }
    std::string bytes = reduction_.best();
    if (const Result<Group> tree = TreeOf(bytes, "")) {
      const Group followed = FollowCase(*tree, case_, candidate);
      if (!FirstDifference(*tree, followed).empty()) {
        const Result<std::vector<std::byte>> written = WriteHdf5(followed);
        if (!written) return false;
        bytes.assign(reinterpret_cast<const char*>(written->data()), written->size());
      }
    }
    return TakeBoth(std::move(candidate), bytes);
  }

  bool TakeBoth(Case candidate, const std::string& bytes) {
    const Case before = std::exchange(case_, std::move(candidate));
    const bool taken = bytes == reduction_.best() ? reduction_.TrySame() : reduction_.Try(bytes);
    if (!taken) case_ = before;
    return taken;
  }

  const Engine& engine_;
  Case case_;
  const Found& found_;
  double patience_;
  Reduction reduction_;
};

std::string LayersOf(const Case& c) {
  const std::size_t layers = c.architecture.layers.size();
  return fmt::format("{} layer{}", layers, layers == 1 ? "" : "s");
}

}  // namespace

int MinimizeCheckpoint(const MinimizeOptions& o, const std::string& bytes) {
  const Result<Group> tree = TreeOf(bytes, o.file);
  std::string why_no_model;
  const Result<std::optional<Case>> model = ModelOf(o, tree, &why_no_model);
  if (!model) return Refuse(model.error());
  const bool ours = o.testees.reader_name() == "builtin";
  if (!*model) {
    if (ours) return MinimizeInput(o, bytes, "");
    return Refuse({ErrorKind::kBadConfig, o.file,
                   why_no_model.empty() ? "nothing in it says which model it belongs to"
                                        : "its model_config cannot be played: " + why_no_model,
                   "name a case, or the model's config as to_json writes it, with --case"});
  }
  const Case c = ReaderAlone(**model, o.file, tree ? &*tree : nullptr);
  TesteeOptions testees;
  testees.testee = o.testees.reader_name();
  const Result<Engine> engine = EngineFor(testees);
  if (!engine) return Refuse(engine.error());

  auto guard = std::make_unique<InterruptGuard>();
  const double patience = std::min(60.0, std::max(5.0, o.seconds));
  const CaseResult result = RunFileForked(*engine, c, bytes, patience);
  const auto falsified = std::ranges::find_if(result.clauses, [&](const ClauseVerdict& one) {
    return one.verdict.kind == VerdictKind::kFalsified &&
           (o.clause.empty() || one.clause == o.clause);
  });
  if (falsified == result.clauses.end()) {
    if (ours && o.case_file.empty() && o.clause.empty()) return MinimizeInput(o, bytes, "");
    const std::string why = result.unsupported_by_name.empty()
                                ? std::string(VerdictKindName(result.overall))
                                : "unsupported (" + result.unsupported_by_name + ")";
    fmt::print(stderr,
               "weightproof: {}: nothing to minimize, {} answers {} (name the loader that gets it "
               "wrong with --testee, and the model it is loaded into with --case)\n",
               o.file, testees.testee, why);
    return result.overall == VerdictKind::kHarnessError ? kExitHarness : kExitUsage;
  }
  const Found found{std::string(falsified->clause), falsified->verdict};
  fmt::print("{}: {} ({}, {})\n  {}\n", o.file, found.clause, SeverityName(found.verdict.severity),
             found.verdict.cause, found.verdict.evidence);
  std::fflush(stdout);

  const double silent = found.verdict.severity == Severity::kHang ? 5.0 : patience;
  const std::string case_path = o.output + ".case.json";
  KeptOutput file(o.output);
  KeptOutput case_file(case_path);
  const double begin = Now();
  CheckpointShrinker shrinker(*engine, c, found, silent, o.seconds, file, case_file, bytes);
  shrinker.Run();
  const double took = Now() - begin;
  const bool interrupted = Interrupted();
  guard.reset();  // what was pressed stops the search, not the proof of what it found
  guard = std::make_unique<InterruptGuard>();

  if (Status started = engine->start(); !started) return Refuse(started.error());
  if (!shrinker.Fails(shrinker.best_case(), shrinker.reduction().best())) {
    fmt::print(stderr, "weightproof: {}: the smallest file did not fail again in a fresh process\n",
               o.file);
    return kExitHarness;
  }
  if (Status s = file.Finish(shrinker.reduction().best()); !s) return Refuse(s.error());
  if (Status s = case_file.Finish(CaseToJson(shrinker.best_case()) + "\n"); !s) {
    return Refuse(s.error());
  }
  fmt::print("from {}, {}\nto   {}, {}\n{}: {}\nagain: {} replay '{}' --file '{}'{}\n", LayersOf(c),
             SizeInWords(bytes), LayersOf(shrinker.best_case()),
             SizeInWords(shrinker.reduction().best()), o.output,
             HowItEnded(shrinker.reduction(), took, interrupted), ProgramName(), case_path,
             o.output, ours ? "" : " " + TesteeArguments(testees.testee, testees.testee));
  return kExitOk;
}

}  // namespace weightproof
