// The command line, in CLI11's words.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "harness/cli/commands.h"
#include "harness/cli/parse.h"
#include "harness/testee/worker_command.h"

namespace weightproof {
namespace {

std::string g_program = "weightproof";

struct Asked {
  CheckOptions check;
  ReplayOptions replay;
  MinimizeOptions minimize;
  BisectOptions bisect;
  ShowOptions show;
  KnownOptions known;
  MergeOptions merge;
  GenerateOptions generate;
  TesteesOptions testees;
  MatrixOptions matrix;
  WorkerOptions worker;
  TesteeTestOptions testee_test;
  PredictOptions predict;
  InspectOptions inspect;
  VetOptions vet;
};

CLI::App* Command(CLI::App& app, const char* name, const char* what, const char* example) {
  CLI::App* command = app.add_subcommand(name, what);
  command->footer(fmt::format("Example:\n  weightproof {}", example));
  return command;
}

void AddDuration(CLI::App* command, const std::string& name, const char* what,
                 const std::function<void(double)>& take, bool may_be_none = false) {
  command->add_option_function<std::string>(
      name,
      [=](const std::string& text) {
        const std::optional<double> seconds =
            may_be_none && text == "0" ? std::optional(0.0) : ParseDuration(text);
        if (!seconds) {
          throw CLI::ValidationError(
              name, "'" + text + "' is no time; write seconds or minutes, as in 60, 60s, 10m");
        }
        take(*seconds);
      },
      what);
}

void AddTestee(CLI::App* command, TesteeOptions& testees) {
  command
      ->add_option("--testee", testees.testee,
                   "What is tested; `weightproof testees` lists the names")
      ->capture_default_str();
  command->add_option("--writer", testees.writer, "Who saves, where that is not the testee");
  command->add_option("--reader", testees.reader, "Who loads, where that is not the testee");
}

void AddCheck(CLI::App& app, CheckOptions& o) {
  CLI::App* c = Command(app, "check", "Run random save/load round trips and judge them",
                        "check --testee builtin --time 10m --json out.json");
  AddTestee(c, o.testees);
  c->add_option("--cases", o.cases, "How many cases, of all shards together");
  AddDuration(c, "--time", "How long: 60, 60s, 10m (60s when neither --time nor --cases is given)",
              [&o](double seconds) { o.seconds = seconds; });
  c->add_option("--seed", o.seed, "Same seed and cases, same findings")->capture_default_str();
  c->add_option("--jobs", o.jobs, "Worker processes (default: one per processor)")
      ->check(CLI::Range(1, 1024));
  c->add_option_function<std::string>(
      "--shard",
      [&o](const std::string& text) {
        const auto shard = ParseShard(text);
        if (!shard) {
          throw CLI::ValidationError(
              "--shard", "'" + text + "' is no part I of N; I counts from 0, as in 0/4 to 3/4");
        }
        std::tie(o.shard, o.shards) = *shard;
      },
      "Part I of N of the cases, I from 0: 0/4");
  c->add_flag("--exhaustive", o.exhaustive, "Every small case instead of random ones");
  CLI::Option* hostile = c->add_flag(
      "--hostile", o.hostile,
      "Only files with damage aimed at the loader's safety (the clause load-stays-home)");
  c->add_flag(
       "--same-build", o.same_build,
       "Only whole files, and both sides run the same build, which ends in a rebuild from the "
       "model's own config: no difference of the two explains a finding")
      ->excludes(hostile);
  c->add_option("--json", o.json, "Write the summary as JSON to this file");
  c->add_option("--junit", o.junit, "Write the summary as JUnit XML to this file");
  c->add_option("--corpus", o.corpus,
                "Folder for findings, one folder each (default: findings beside the program)");
  c->add_option(
      "--known", o.known,
      "File of known findings, which are replayed first and do not fail the run unless they "
      "are gone; or none (default: corpus/known/TESTEE-VERSION.json)");
  AddDuration(
      c, "--shrink-time",
      "For each finding, at most: 12, 30s; 0: they stay as they were drawn, unshown",
      [&o](double seconds) { o.shrink_seconds = seconds; }, true);
  c->add_flag("--update-known", o.update_known,
              "Write that file anew: what was found goes in, what holds now goes out");
}

constexpr const char* kMapHelp =
    "Map the files instead of copying them to memory; only for files that nobody writes meanwhile";

void AddReading(CLI::App* c, bool* library, bool* map) {
  CLI::Option* mapped = c->add_flag("--map", *map, kMapHelp);
  c->add_option_function<std::string>(
       "--hdf5", [library](const std::string& reader) { *library = reader == "library"; },
       "Who reads HDF5: strict, or library: the HDF5 library in a child process with limits, for a "
       "rare trusted file that the strict reader refuses")
      ->check(CLI::IsMember({"strict", "library"}))
      ->excludes(mapped);
}

void AddMinimize(CLI::App& app, MinimizeOptions& o) {
  CLI::App* c = Command(
      app, "minimize",
      "Shrink a case, a checkpoint that a loader gets wrong, or what a fuzz target failed on",
      "minimize build/fuzz-findings/fuzz_load_any/crash-0123 -o small.h5");
  c->add_option("file", o.file, "The file; its content tells what it is")->required();
  c->add_option("-o,--output", o.output,
                "Where the smallest one goes; of a file, the best so far all the time")
      ->required();
  AddTestee(c, o.testees);
  c->add_option("--target", o.target,
                "The fuzz target that fails on it, name or path of its program (default: as the "
                "file's path says, else every target is tried)");
  c->add_option("--case", o.case_file,
                "Of a checkpoint: the case whose reader loads it, or the model's config as to_json "
                "writes it (default: the config in the file)");
  c->add_option("--clause", o.clause,
                "The clause that has to stay falsified (default: the first that is)");
  AddDuration(c, "--time", "Time to spend: 30, 30s, 2m (default 30s)",
              [&o](double seconds) { o.seconds = seconds; });
}

void AddOthers(CLI::App& app, Asked& asked) {
  CLI::App* c = Command(app, "replay", "Run stored cases again, every clause",
                        "replay build/release/findings/*/case.json");
  c->add_option("files", asked.replay.files, "Case files, or folders that hold them")->required();
  c->add_option("--file", asked.replay.file,
                "A checkpoint that takes the place of what the writer would save");
  AddTestee(c, asked.replay.testees);

  AddMinimize(app, asked.minimize);

  c = Command(app, "show", "Say what a case does, in words and as a script for real Keras",
              "show case.json --python > reproduce.py");
  c->add_option("case", asked.show.file, "The case file")->required();
  c->add_flag("--python", asked.show.python, "Only the Python script");

  c = Command(app, "generate", "Write random cases", "generate --count 100 -o cases --seed 7");
  c->add_option("--count", asked.generate.count, "How many")
      ->required()
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000}));
  c->add_option("-o,--output", asked.generate.output, "Folder that they go to")->required();
  c->add_option("--seed", asked.generate.seed, "Same seed, same cases")->capture_default_str();
  AddTestee(c, asked.generate.testees);

  c = Command(app, "testees", "List what can be tested, planted faults included", "testees --json");
  c->add_flag("--json", asked.testees.json, "As JSON");

  c = Command(app, "predict", "Predict with a model: config JSON with weights, or a whole-model H5",
              "predict model.json --weights m.weights.h5 --input x.npy --output y.npy");
  c->add_option("model", asked.predict.model,
                "Keras config JSON (Sequential), or a whole-model .h5 file")
      ->required();
  c->add_option("--weights", asked.predict.weights, "Weights file, .h5 or .weights.h5");
  c->add_option("--input", asked.predict.input, "Inputs, batch first, .npy")->required();
  c->add_option("--output", asked.predict.output, "Where predictions go, .npy")->required();
  AddReading(c, &asked.predict.hdf5_library, &asked.predict.map);

  c = Command(app, "inspect", "Say what is in a weights file", "inspect m.weights.h5 --json");
  c->add_option("file", asked.inspect.file, "The file; its content tells the format")->required();
  c->add_flag("--json", asked.inspect.json, "As JSON");
  AddReading(c, &asked.inspect.hdf5_library, &asked.inspect.map);
}

void AddBisect(CLI::App& app, BisectOptions& o) {
  CLI::App* c = Command(app, "bisect",
                        "Say with which version of a real loader the verdict on a case changes",
                        "bisect case.json --testee keras --versions 3.0.5..3.15.1");
  c->add_option("case", o.file, "The case file")->required();
  c->add_option("--testee", o.testee, "A real loader without version: keras, keras:jax, tf_keras")
      ->capture_default_str();
  c->add_option(
       "--versions", o.versions,
       "A..B: those whose environments are there; or a list, ascending: 3.0.5,3.3.3,3.9.2. "
       "scripts/bisect takes A..B for all that are published and makes what is needed")
      ->required();
  c->add_option("--clause", o.clause, "Only this clause counts (default: any)");
  c->add_option("--prepare", o.prepare,
                "Command that makes the environment of a version before it is asked; the testee's "
                "name is added to it: scripts/venv");
  c->add_flag("--all", o.all, "Ask every version, for a verdict that changes more than once");
}

void AddKnown(CLI::App& app, KnownOptions& o) {
  CLI::App* c = Command(app, "known",
                        "Play what is known of a real loader's version again, each with its script",
                        "known --testee keras -o known-of-keras");
  c->add_option("--testee", o.testee, "The loader")->capture_default_str();
  c->add_option("--known", o.known,
                "File of known findings (default: corpus/known/TESTEE-VERSION.json)");
  CLI::Option* output = c->add_option(
      "-o,--output", o.output, "Folder for one folder each: case, report, script (default: none)");
  c->add_option("--add", o.add,
                "Play these cases instead; what they falsify, and their script shows, goes into "
                "the file")
      ->excludes(output);
  c->add_option("--clause", o.clause, "With --add: of this clause only");
}

void AddMerge(CLI::App& app, MergeOptions& o) {
  CLI::App* c = Command(app, "merge", "Put the findings of several campaigns together",
                        "merge shard-0 shard-1 -o findings");
  c->add_option("folders", o.folders, "What `check --corpus` was given, one folder or more")
      ->required();
  c->add_option("-o,--output", o.output,
                "Folder for one folder of each cause, and merged.json: which runs found it")
      ->required();
}

void AddVet(CLI::App& app, VetOptions& o) {
  CLI::App* c =
      Command(app, "vet", "Say whether HDF5 files are sound, before any HDF5 reader opens them",
              "vet --policy filters=deflate+shuffle,ratio=100 *.h5");
  c->add_option("files", o.files, "The files")->required();
  c->add_option_function<std::string>(
      "--policy",
      [&o](const std::string& text) {
        if (const auto wrong = ParsePolicy(text, &o.limits)) {
          throw CLI::ValidationError("--policy", *wrong);
        }
      },
      "What is allowed: filters=none or of deflate+shuffle+fletcher32, ratio=N (values over stored "
      "bytes), links=none or of soft+external+user");
  c->add_flag("--json", o.json, "As JSON");
  c->add_flag("--map", o.map, kMapHelp);
}

void AddWorkers(CLI::App& app, Asked& asked) {
  MatrixOptions& m = asked.matrix;
  CLI::App* c = Command(app, "matrix", "Let each testee read what each of them writes, and count",
                        "matrix --testees builtin,keras,tf_keras --cases 200 --json matrix.json");
  c->add_option("--testees", m.testees, "Names, with ',' between them; every ordered pair is run")
      ->required()
      ->delimiter(',');
  c->add_option("--cases", m.cases, "How many cases of each pair (200 without --time)")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000}));
  AddDuration(c, "--time", "How long in all: 60, 60s, 10m",
              [&m](double seconds) { m.seconds = seconds; });
  c->add_option("--seed", m.seed, "Same seed and cases, same counts")->capture_default_str();
  c->add_option("--jobs", m.jobs, "Worker processes (default: one per processor)")
      ->check(CLI::Range(1, 1024));
  c->add_option("--json", m.json, "Write the counts as JSON to this file");
  c->add_option("--corpus", m.corpus,
                "Folder for falsified cases (default: findings-matrix beside the program)");

  c = Command(app, "worker", "Speak the worker protocol for the built-in library",
              "check --testee 'worker:weightproof worker' --cases 300");
  c->add_option("--testee", asked.worker.testee, "builtin, canary or fault:NAME")
      ->capture_default_str();

  TesteeTestOptions& t = asked.testee_test;
  c = Command(app, "testee-test", "Test a worker program: its protocol, its manners, and us on it",
              "testee-test 'python3 my_worker.py'");
  c->add_option("command", t.command, "The worker's command, split at blanks")->required();
  c->add_option("--cases", t.cases, "How many cases to look for some that hold")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  c->add_option("--seed", t.seed, "Of these cases")->capture_default_str();
  c->add_option_function<std::string>(
      "--timeout",
      [&t](const std::string& text) {
        const std::optional<double> seconds = ParseDuration(text);
        if (!seconds) throw CLI::ValidationError("--timeout", "'" + text + "' is no time");
        t.seconds = *seconds;
      },
      "Patience for one answer (default 60s)");
  c->add_option("--transcript", t.transcript, "Write every request and answer to this file");
}

int Run(const CLI::App& app, const Asked& asked) {
  const std::string name = app.get_subcommands().front()->get_name();
  if (name == "check") return Check(asked.check);
  if (name == "replay") return Replay(asked.replay);
  if (name == "minimize") return Minimize(asked.minimize);
  if (name == "bisect") return Bisect(asked.bisect);
  if (name == "known") return Known(asked.known);
  if (name == "merge") return Merge(asked.merge);
  if (name == "show") return Show(asked.show);
  if (name == "generate") return GenerateCases(asked.generate);
  if (name == "testees") return Testees(asked.testees);
  if (name == "predict") return Predict(asked.predict);
  if (name == "vet") return Vet(asked.vet);
  if (name == "matrix") return Matrix(asked.matrix);
  if (name == "worker") return ServeAsWorker(asked.worker);
  if (name == "testee-test") return TestTestee(asked.testee_test);
  return Inspect(asked.inspect);
}

}  // namespace

const std::string& ProgramName() { return g_program; }

int Main(int argc, char** argv) {
  if (argc > 0) g_program = argv[0];
  CLI::App app("weightproof finds out whether model weights survive the trip to disk and back.",
               "weightproof");
  app.set_version_flag("--version", WEIGHTPROOF_VERSION);
  app.require_subcommand(1);
  app.footer("Exit codes: 0 nothing new, 1 a finding, 2 usage or a refused file, 3 harness error.");
  Asked asked;
  AddCheck(app, asked.check);
  AddOthers(app, asked);
  AddBisect(app, asked.bisect);
  AddKnown(app, asked.known);
  AddMerge(app, asked.merge);
  AddVet(app, asked.vet);
  AddWorkers(app, asked);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    const auto chosen = app.get_subcommands();
    fmt::print(stderr, "weightproof: {}\n`weightproof {}--help` shows what there is.\n",
               error.what(), chosen.empty() ? "" : chosen.front()->get_name() + " ");
    return kExitUsage;
  }
  if (const Result<ProcessLimits> limits = WorkerLimits(); !limits) return Refuse(limits.error());
  return Run(app, asked);
}

}  // namespace weightproof
