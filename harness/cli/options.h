// What was asked for on the command line, one struct per command.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/checkpoint/hdf5.h"

namespace weightproof {

// Who saves and who loads: the testee, unless one of the two is named.
struct TesteeOptions {
  std::string testee = "builtin";
  std::string writer;
  std::string reader;

  const std::string& writer_name() const { return writer.empty() ? testee : writer; }
  const std::string& reader_name() const { return reader.empty() ? testee : reader; }
};

struct CheckOptions {
  TesteeOptions testees;
  std::optional<std::uint64_t> cases;
  std::optional<double> seconds;
  std::uint64_t seed = 1;
  int jobs = 0;
  std::uint64_t shard = 0;
  std::uint64_t shards = 1;
  bool exhaustive = false;
  bool hostile = false;     // only files that are to make the load leave its home
  bool same_build = false;  // only cases whose two sides run the same config-driven build
  std::string json;
  std::string junit;
  std::string corpus;
  std::string known;  // file of known findings; "none"; "": the testee's own, if there is one
  bool update_known = false;
  std::optional<double> shrink_seconds;  // per finding; 0: they stay as they were drawn
};

struct ReplayOptions {
  std::vector<std::string> files;  // or folders: every case.json and *.json in them
  TesteeOptions testees;
  std::string file;  // checkpoint that takes the place of what the writer would save; "": none
};

struct MinimizeOptions {
  std::string file;  // a case, a checkpoint, or what a fuzz target failed on
  std::string output;
  TesteeOptions testees;
  std::string target;     // name or path of the fuzz target that fails on it; "": to be found
  std::string case_file;  // or a model's config: what loads the checkpoint; "": the file's config
  std::string clause;     // that is to stay falsified; "": the first that is
  double seconds = 30;
};

struct BisectOptions {
  std::string file;
  std::string testee = "keras";
  std::string versions;  // "A..B" or "A,B,C"
  std::string prepare;   // command that makes the environment of the testee whose name follows it
  std::string clause;    // the one that counts; "": any
  bool all = false;      // asks every version
};

struct KnownOptions {
  std::string testee = "keras";
  std::string known;             // the file; "": the testee's own
  std::string output;            // folder; "": none
  std::vector<std::string> add;  // case files
  std::string clause;            // that counts when cases are added; "": any
};

struct MergeOptions {
  std::vector<std::string> folders;  // of findings
  std::string output;
};

struct ShowOptions {
  std::string file;
  bool python = false;
};

struct GenerateOptions {
  std::uint64_t count = 1;
  std::string output;
  std::uint64_t seed = 1;
  TesteeOptions testees;
};

struct MatrixOptions {
  std::vector<std::string> testees;
  std::optional<std::uint64_t> cases;  // of each pair
  std::optional<double> seconds;       // of all pairs together
  std::uint64_t seed = 1;
  int jobs = 0;
  std::string json;
  std::string corpus;
};

struct WorkerOptions {
  std::string testee = "builtin";
};

struct TesteeTestOptions {
  std::string command;
  std::string transcript;
  std::uint64_t cases = 60;
  std::uint64_t seed = 1;
  double seconds = 60;  // patience for one answer
};

struct TesteesOptions {
  bool json = false;
};

struct PredictOptions {
  std::string model;
  std::string weights;
  std::string input;
  std::string output;
  bool hdf5_library = false;  // reads HDF5, in a child process
  bool map = false;
};

struct VetOptions {
  std::vector<std::string> files;
  Hdf5Limits limits;  // of the policy
  bool json = false;
  bool map = false;
};

struct InspectOptions {
  std::string file;
  bool json = false;
  bool hdf5_library = false;  // reads HDF5, in a child process
  bool map = false;
};

}  // namespace weightproof
