#include "harness/campaign/engine.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>

#include "harness/campaign/reproduce.h"
#include "harness/campaign/smaller.h"
#include "harness/testee/loader_name.h"
#include "harness/testee/testee.h"
#include "model/spec/plan.h"

namespace weightproof {
namespace {

// A testee that lives in this process is made anew for every case, so that what it hides cannot
// make a case depend on the cases before it, nor findings on the number of workers.
struct Runner {
  std::string name;
  bool foreign = false;
  std::unique_ptr<Testee> kept;

  Result<Testee*> Take() {
    if (kept == nullptr || !foreign) {
      Result<std::unique_ptr<Testee>> made = MakeTestee(name);
      if (!made) return std::unexpected(made.error());
      kept = *std::move(made);
    }
    return kept.get();
  }
};

bool IsForeign(std::string_view name) {
  return name != "builtin" && name != "canary" && !name.starts_with("fault:");
}

// Small cases come first from a slow loader: they find what there is to find soonest, and shrink
// fast. A session that needs a process of its own costs a hundred other cases: one draw in eight.
constexpr std::uint64_t kSmallDraws = 48;
constexpr std::uint64_t kOneInSessions = 8;

Space SpaceOfDraw(Space space, bool foreign, std::uint64_t index) {
  if (!foreign) return space;
  if (index < kSmallDraws) space.layers_max = std::min(space.layers_max, 3);
  if (index % kOneInSessions != kOneInSessions - 1) space.sessions = false;
  return space;
}

// The Python that runs a finding's script; "": the loader is no Python library.
std::string Interpreter(std::string_view testee) {
  const Result<LoaderName> name = ParseLoaderName(testee);
  if (!name || name->library == "tfjs") return "";
  return InterpreterOf(*name).value_or("");
}

bool Plays(const Case& c) {
  return Interpret(c.architecture, c.writer.build).has_value() &&
         Interpret(c.architecture, c.reader.build).has_value();
}

}  // namespace

Result<Engine> MakeEngine(std::string_view testee) {
  auto runner = std::make_shared<Runner>();
  runner->name = std::string(testee);
  runner->foreign = IsForeign(testee);
  Result<Testee*> probe = runner->Take();
  if (!probe) return std::unexpected(probe.error());
  const Description description = (*probe)->Describe();
  if (!runner->foreign) runner->kept.reset();  // a real loader goes on, for shrinking

  Engine engine;
  engine.testee = runner->name;
  engine.testee_version = description.version;
  engine.testee_backend = description.backend;
  engine.foreign = runner->foreign;
  engine.documentation = description.documentation;
  engine.start = [runner]() -> Status {
    runner->kept.reset();
    Result<Testee*> made = runner->Take();
    if (!made) return std::unexpected(made.error());
    return {};
  };
  const Space space = description.space;
  engine.draw = [space, foreign = runner->foreign](std::uint64_t seed,
                                                   std::uint64_t index) -> std::optional<Case> {
    SeededChoices choices(seed, index);
    Case c = Generate(choices, SpaceOfDraw(space, foreign, index));
    if (!Plays(c)) return std::nullopt;
    return c;
  };
  engine.enumerate = [](std::uint64_t shard, std::uint64_t shards,
                        const std::function<bool(const Case&)>& visit) {
    Enumerate(kExhaustiveLayersMax, kExhaustiveStepsMax, shard, shards, visit);
  };
  engine.run = [runner](const Case& c, const std::string& scratch) {
    Result<Testee*> made = runner->Take();
    if (made) return RunCase(c, **made, **made, scratch);
    CaseResult failed;
    failed.overall = VerdictKind::kHarnessError;
    return failed;
  };
  engine.ask = [runner](const Case& c, const std::string& scratch, std::string_view clause) {
    Result<Testee*> made = runner->Take();
    if (made) return RunClause(c, **made, **made, scratch, clause);
    return Verdict{VerdictKind::kHarnessError, Severity::kNone, "", made.error().Text()};
  };
  if (engine.foreign) {
    engine.explain = [runner](const Case& c, const std::string& scratch, std::string_view clause) {
      Result<Testee*> made = runner->Take();
      if (made) return Explain(c, **made, **made, scratch, clause);
      Explanation none;
      none.failure = made.error().Text();
      return none;
    };
  }
  if (const std::string python = Interpreter(testee); !python.empty()) {
    engine.run_script = [python](const std::string& script) {
      return RunPythonScript(python, script);
    };
  }
  engine.shrinks = Shrinks;
  // A slow loader is not asked thousands of questions.
  if (!engine.foreign) {
    engine.jumps = [](const Case& found, const Case& best) {
      std::vector<Case> cases;
      VisitSmallerCases(found, best, [&cases](const Case& c) {
        cases.push_back(c);
        return true;
      });
      return cases;
    };
  }
  engine.features = Features;
  engine.features_due = AllFeatures(space);
  for (const Clause& clause : Clauses()) engine.clauses.emplace_back(clause.name);
  return engine;
}

}  // namespace weightproof
