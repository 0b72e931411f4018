// One function per command; each returns the program's exit code.
#pragma once

#include <string>

#include "harness/campaign/engine.h"
#include "harness/campaign/text_file.h"
#include "harness/cli/options.h"
#include "model/checkpoint/checkpoint.h"
#include "model/error.h"

namespace weightproof {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFinding = 1;
inline constexpr int kExitUsage = 2;  // also an unreadable path, or a file that is refused
inline constexpr int kExitHarness = 3;

int Check(const CheckOptions& options);
int Replay(const ReplayOptions& options);
int Minimize(const MinimizeOptions& options);
int Bisect(const BisectOptions& options);
int Known(const KnownOptions& options);
int Merge(const MergeOptions& options);
int Show(const ShowOptions& options);
int GenerateCases(const GenerateOptions& options);
int Testees(const TesteesOptions& options);
int Matrix(const MatrixOptions& options);
int ServeAsWorker(const WorkerOptions& options);
int TestTestee(const TesteeTestOptions& options);
int Predict(const PredictOptions& options);
int Inspect(const InspectOptions& options);
int Vet(const VetOptions& options);

// Parses the arguments and runs the command.
int Main(int argc, char** argv);

// ---- What several commands need ----

// Prints the error with its remedy to stderr; returns kExitUsage.
int Refuse(const Error& error);

// The reader that the flags --hdf5 and --map ask for.
ReadTreeOfFile TreeReaderFor(bool hdf5_library, bool map);

Result<Case> ReadCase(const std::string& path);

// The engine of the testees; an unknown name says how to list the known ones.
Result<Engine> EngineFor(const TesteeOptions& testees, Draws draws = Draws::kEverything);

// "keras", or "keras reading what builtin wrote".
std::string TesteeWords(const TesteeOptions& testees);

// Where findings go when nobody says: beside the program, which stands in a build folder.
std::string DefaultCorpus();

// corpus/known/TESTEE-VERSION.json of the sources; "" for a testee that is a command.
std::string DefaultKnownPath(const Engine& engine);

// Error: `path` could not be written in the end. Asked before an hour of work is lost to it.
Status Writable(const std::string& path);
// The same of a folder that is made if it is missing.
Status WritableFolder(const std::string& path);

// How a person would call this program again: as it was called.
const std::string& ProgramName();

}  // namespace weightproof
