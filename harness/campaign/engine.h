// What a campaign needs of the rest of the harness, as functions, so that campaign code can be
// tested on an engine of a few lines.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/campaign/coverage.h"
#include "harness/case/case.h"
#include "harness/case/generate.h"
#include "harness/properties/explain.h"
#include "harness/properties/run_case.h"
#include "harness/properties/verdict.h"
#include "harness/testee/documentation.h"
#include "model/error.h"

namespace weightproof {

// How a finding's script ended.
struct ScriptRun {
  bool ended = false;  // by itself: not timed out, not interrupted
  int exit_code = 0;
  int signal = 0;
  std::string text;  // the end of what it printed
};

struct Engine {
  std::string testee;  // that loads
  std::string testee_version;
  std::string testee_backend;
  std::string writer;  // that saves; most often the same
  std::string writer_version;
  bool foreign = false;  // one of the two is a real loader in a process of its own
  // Of this version of a real loader; null: none is there, and everything found is a hazard.
  std::shared_ptr<const Documentation> documentation;

  // Called once in every process that is going to run cases: makes the testee.
  std::function<Status()> start;
  // So many cases with indices that follow one another share work where one process runs them.
  std::uint64_t family = 1;
  // Case `index` of the campaign with this seed; nullopt: drawn and discarded.
  std::function<std::optional<Case>(std::uint64_t seed, std::uint64_t index)> draw;
  // Every small case, see Enumerate.
  std::function<void(std::uint64_t shard, std::uint64_t shards,
                     const std::function<bool(const Case&)>& visit)>
      enumerate;
  std::function<CaseResult(const Case&, const std::string& scratch)> run;
  // `run` lets neighbouring cases share work. What it falsifies counts when `ask` does too.
  bool shares = false;
  // The case with a file that came from elsewhere (ObserveOptions::file): every clause, or one.
  std::function<CaseResult(const Case&, const std::string& file, const std::string& scratch)>
      run_file;
  std::function<Verdict(const Case&, const std::string& file, const std::string& scratch,
                        std::string_view clause)>
      ask_file;
  // The case alone, every request played whole.
  std::function<Verdict(const Case&, const std::string& scratch, std::string_view clause)> ask;
  // Round trips that `ask` compared since this was last called. Unset: nobody counts them.
  std::function<int()> round_trips_asked;
  // The same as `ask` where candidates of a shrink may share work. Unset: `ask` is quick enough.
  std::function<Verdict(const Case&, const std::string& scratch, std::string_view clause)> sift;
  // Plays a case once more, to tell of it. Set for a real loader: it dies without harm to us.
  std::function<Explanation(const Case&, const std::string& scratch, std::string_view clause)>
      explain;
  // Runs a finding's script in a fresh process. Set for a real loader whose interpreter is known:
  // there a falsified case counts as a finding only if its script shows it.
  std::function<ScriptRun(const std::string& script)> run_script;
  // False where the clause cannot be falsified for this reason whatever the loader does. Unset: it
  // is asked.
  std::function<bool(const Case&, std::string_view clause, const Verdict& wanted)> may_falsify;
  std::function<std::vector<Case>(const Case&)> shrinks;
  // Where `best` has no candidate left of those: small cases like `found`. Unset: none.
  std::function<std::vector<Case>(const Case& found, const Case& best)> jumps;
  std::function<std::vector<std::string>(const Case&)> features;
  std::vector<std::string> features_due;  // a long run draws each of them
  std::vector<std::string> clauses;       // names, in the order in which `run` answers
  // What the generator was asked for up to that case, chosen or not. Unset: nobody chooses.
  std::function<const CoverBits&(std::uint64_t seed, std::uint64_t index)> offered;
};

// The engine of a testee by its name. Error: unknown name, or a worker that does not start.
Result<Engine> MakeEngine(std::string_view testee);
// One testee saves, another one loads. Error also: they have no format or layer in common.
// kHostile: every file is to make the load leave its home; else a few, where the reader's space
// lists such damage. kSameBuild: Space::same_build.
enum class Draws : std::uint8_t { kEverything, kHostile, kSameBuild };
Result<Engine> MakeEngine(std::string_view writer, std::string_view reader,
                          Draws draws = Draws::kEverything);

// How the command line names them: "--testee keras", "--writer builtin --reader keras".
std::string TesteeArguments(const std::string& writer, const std::string& reader);

// What the command line calls small: at most two layers with weights, builds of at most four steps.
inline constexpr int kExhaustiveLayersMax = 2;
inline constexpr int kExhaustiveStepsMax = 4;

}  // namespace weightproof
