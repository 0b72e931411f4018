#include "harness/campaign/engine.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>

#include "harness/campaign/order.h"
#include "harness/campaign/reproduce.h"
#include "harness/campaign/smaller.h"
#include "harness/case/json.h"
#include "harness/case/siblings.h"
#include "harness/case/space.h"
#include "harness/oracle/weights.h"
#include "harness/testee/loader_name.h"
#include "harness/testee/sharing.h"
#include "harness/testee/testee.h"
#include "model/spec/plan.h"

namespace weightproof {
namespace {

bool InThisProcess(std::string_view name) {
  return name == "builtin" || name == "canary" || name.starts_with("fault:");
}

// A real loader, as opposed to what is made of the built-in one.
bool IsForeign(std::string_view name) { return !InThisProcess(name) && name != "builtin-worker"; }

// A testee that lives in this process is made anew for every case, so that what it hides cannot
// make a case depend on the cases before it, nor findings on the number of workers. A real loader
// stays, and neighbouring cases may share its work.
struct Runner {
  std::string name;
  std::unique_ptr<Testee> kept;
  SharingTestee* sharing = nullptr;  // `kept` of a real loader

  Result<Testee*> Take(bool share = false) {
    if (kept == nullptr || InThisProcess(name)) {
      Result<std::unique_ptr<Testee>> made = MakeTestee(name);
      if (!made) return std::unexpected(made.error());
      kept = *std::move(made);
      if (IsForeign(name)) {
        auto around = std::make_unique<SharingTestee>(std::move(kept));
        sharing = around.get();
        kept = std::move(around);
      }
    }
    if (sharing != nullptr) sharing->Share(share);
    return kept.get();
  }
};

struct TwoTestees {
  Testee* writer = nullptr;
  Testee* reader = nullptr;
};

// Who saves and who loads; one and the same where they have one name.
struct Pair {
  Runner writer, reader;
  int round_trips_asked = 0;  // by questions of one clause

  bool same() const { return writer.name == reader.name; }
  // `share`: see SharingTestee. Between two libraries all is played, the writer's prediction too.
  Result<TwoTestees> Take(bool share = false) {
    Result<Testee*> loads = reader.Take(share && same());
    if (!loads) return std::unexpected(loads.error());
    if (same()) return TwoTestees{*loads, *loads};
    Result<Testee*> saves = writer.Take();
    if (!saves) return std::unexpected(saves.error());
    return TwoTestees{*saves, *loads};
  }
};

// Cases that both sides can play. Where the two speak different dialects, the case's is the
// writer's.
Space SpaceOfPair(const Description& writer, const Description& reader) {
  Space reads = SpellOut(reader.space);
  reads.formats.insert(reads.formats.end(), reader.reads.begin(), reader.reads.end());
  Space space = CommonSpace(writer.space, reads);
  if (space.dialects.empty()) space.dialects = SpellOut(writer.space).dialects;
  space.modes = reads.modes;
  return space;
}

// One case in so many is played whole: what sharing would hide is seen there.
constexpr std::uint64_t kOneInWhole = 128;

bool IsPlayedWhole(const Case& c) {
  return WeightHash(c.weights.seed, CaseToJson(c, -1), 0) % kOneInWhole == 0;
}

CaseResult RunOn(Pair& pair, const Case& c, const std::string& scratch, bool share,
                 const std::string* file = nullptr) {
  const Result<TwoTestees> made = pair.Take(share);
  if (made) return RunCase(c, *made->writer, *made->reader, scratch, file);
  CaseResult failed;
  failed.overall = VerdictKind::kHarnessError;
  return failed;
}

Verdict AskOn(Pair& pair, const Case& c, const std::string& scratch, std::string_view clause,
              bool share, const std::string* file = nullptr) {
  const Result<TwoTestees> made = pair.Take(share);
  if (made) {
    return RunClause(c, *made->writer, *made->reader, scratch, clause, file,
                     &pair.round_trips_asked);
  }
  return {VerdictKind::kHarnessError, Severity::kNone, "", made.error().Text()};
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

// Cases of a slow loader come in families around one save, in an order that brings something new.
void AddFamilies(Engine& engine, const Space& space) {
  const std::uint64_t family = FamilyCases(space);
  engine.family = family;
  const auto order = std::make_shared<StemOrder>(space, engine.features_due);
  engine.draw = [space, order, family](std::uint64_t seed,
                                       std::uint64_t index) -> std::optional<Case> {
    const Case& stem = order->Stem(seed, index / family);
    const std::uint64_t member = index % family;
    Case c = member == 0
                 ? stem
                 : Sibling(stem, space, seed * 0x9e3779b97f4a7c15U + index / family, member);
    if (!Plays(c)) return std::nullopt;
    return c;
  };
  engine.offered = [order, family](std::uint64_t seed, std::uint64_t index) -> const CoverBits& {
    return order->Offered(seed, index / family);
  };
}

// Whether the clause looks at more than the loaded weights: what is beside them has a sentence of
// its own in the library's documentation, whatever the formats promise.
bool IsBesideTheWeights(std::string_view clause, const Verdict& wanted) {
  return clause == "round-trips" && wanted.cause != "variable-differs" &&
         wanted.cause != "prediction-differs" && !wanted.cause.starts_with("refused-");
}

// What only a real loader has: cases and candidates that share, a tale of what happened.
void AddSharing(Engine& engine, const std::shared_ptr<Pair>& pair) {
  engine.shares = true;
  engine.round_trips_asked = [pair] { return std::exchange(pair->round_trips_asked, 0); };
  engine.sift = [pair](const Case& c, const std::string& scratch, std::string_view clause) {
    return AskOn(*pair, c, scratch, clause, true);
  };
  engine.may_falsify = [pair](const Case& c, std::string_view clause, const Verdict& wanted) {
    const bool saving = wanted.cause.starts_with("save");
    if (saving || IsBesideTheWeights(clause, wanted) || wanted.severity == Severity::kCrash ||
        wanted.severity == Severity::kHang) {
      return true;
    }
    const Result<TwoTestees> made = pair->Take();
    return !made || ClauseAsksOfLoad(c, *made->writer, *made->reader, clause);
  };
  engine.explain = [pair](const Case& c, const std::string& scratch, std::string_view clause) {
    const Result<TwoTestees> made = pair->Take();
    if (made) return Explain(c, *made->writer, *made->reader, scratch, clause);
    Explanation none;
    none.failure = made.error().Text();
    return none;
  };
}

}  // namespace

std::string TesteeArguments(const std::string& writer, const std::string& reader) {
  const auto quoted = [](const std::string& name) {
    return name.contains(' ') ? "'" + name + "'" : name;
  };
  if (writer.empty() || writer == reader) return "--testee " + quoted(reader);
  return "--writer " + quoted(writer) + " --reader " + quoted(reader);
}

Result<Engine> MakeEngine(std::string_view testee) { return MakeEngine(testee, testee); }

Result<Engine> MakeEngine(std::string_view writer, std::string_view reader, Draws draws) {
  auto pair = std::make_shared<Pair>();
  pair->writer.name = std::string(writer);
  pair->reader.name = std::string(reader);
  Result<TwoTestees> probe = pair->Take();
  if (!probe) return std::unexpected(probe.error());
  const Description saves = probe->writer->Describe();
  const Description loads = probe->reader->Describe();
  const bool foreign = IsForeign(writer) || IsForeign(reader);
  Space space = pair->same() ? loads.space : SpaceOfPair(saves, loads);
  if (draws == Draws::kHostile) {
    if (space.hostile.empty()) {
      return Fail(ErrorKind::kBadConfig, std::string(reader),
                  "its description lists no hostile damage",
                  "name a loader whose worker lists some in `space`, such as keras");
    }
    space.hostile_percent = 100;
  }
  if (draws == Draws::kSameBuild) {
    space.same_build = true;
    space.damage = false;
    space.hostile.clear();
  }
  if (!pair->same() && (space.formats.empty() || space.layers.empty())) {
    return Fail(
        ErrorKind::kBadConfig, std::string(writer) + " and " + std::string(reader),
        std::string("they have no ") + (space.formats.empty() ? "format" : "layer") + " in common",
        "name two testees of which one reads what the other writes");
  }
  // What lives elsewhere goes on, for shrinking.
  for (Runner* runner : {&pair->writer, &pair->reader}) {
    if (InThisProcess(runner->name)) runner->kept.reset();
  }

  Engine engine;
  engine.testee = pair->reader.name;
  engine.testee_version = loads.version;
  engine.testee_backend = loads.backend;
  engine.writer = pair->writer.name;
  engine.writer_version = saves.version;
  engine.foreign = foreign;
  if (pair->same()) engine.documentation = loads.documentation;
  engine.start = [pair]() -> Status {
    pair->writer.kept.reset();
    pair->reader.kept.reset();
    Result<TwoTestees> made = pair->Take();
    if (!made) return std::unexpected(made.error());
    return {};
  };
  engine.features_due = AllFeatures(space);
  if (!space.same_build) {
    for (std::string& pair_of_steps : BuildPairs(space.steps)) {
      engine.features_due.push_back(std::move(pair_of_steps));
    }
  }
  engine.draw = [space](std::uint64_t seed, std::uint64_t index) -> std::optional<Case> {
    SeededChoices choices(seed, index);
    Case c = Generate(choices, space);
    if (!Plays(c)) return std::nullopt;
    return c;
  };
  if (foreign && pair->same() && draws != Draws::kHostile) AddFamilies(engine, space);
  engine.enumerate = [](std::uint64_t shard, std::uint64_t shards,
                        const std::function<bool(const Case&)>& visit) {
    Enumerate(kExhaustiveLayersMax, kExhaustiveStepsMax, shard, shards, visit);
  };
  engine.run = [pair](const Case& c, const std::string& scratch) {
    return RunOn(*pair, c, scratch, !IsPlayedWhole(c));
  };
  engine.run_file = [pair](const Case& c, const std::string& file, const std::string& scratch) {
    return RunOn(*pair, c, scratch, false, &file);
  };
  engine.ask_file = [pair](const Case& c, const std::string& file, const std::string& scratch,
                           std::string_view clause) {
    return AskOn(*pair, c, scratch, clause, false, &file);
  };
  engine.ask = [pair](const Case& c, const std::string& scratch, std::string_view clause) {
    return AskOn(*pair, c, scratch, clause, false);
  };
  if (engine.foreign) AddSharing(engine, pair);
  // A plain script plays one library.
  if (const std::string python = Interpreter(reader); !python.empty() && pair->same()) {
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
  engine.features = [](const Case& c) {
    std::vector<std::string> features = Features(c);
    features.push_back(BuildPair(c));
    return features;
  };
  for (const Clause& clause : Clauses()) engine.clauses.emplace_back(clause.name);
  return engine;
}

}  // namespace weightproof
