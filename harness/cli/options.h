// What was asked for on the command line, one struct per command.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/checkpoint/hdf5.h"

namespace weightproof {

struct CheckOptions {
  std::string testee = "builtin";
  std::optional<std::uint64_t> cases;
  std::optional<double> seconds;
  std::uint64_t seed = 1;
  int jobs = 0;
  std::uint64_t shard = 0;
  std::uint64_t shards = 1;
  bool exhaustive = false;
  std::string json;
  std::string junit;
  std::string corpus;
  std::string known;  // file of known findings; "none"; "": the testee's own, if there is one
  bool update_known = false;
  std::optional<double> shrink_seconds;  // per finding; 0: they stay as they were drawn
};

struct ReplayOptions {
  std::vector<std::string> files;  // or folders: every case.json and *.json in them
  std::string testee = "builtin";
};

struct MinimizeOptions {
  std::string file;
  std::string output;
  std::string testee = "builtin";
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

struct ShowOptions {
  std::string file;
  bool python = false;
};

struct GenerateOptions {
  std::uint64_t count = 1;
  std::string output;
  std::uint64_t seed = 1;
  std::string testee = "builtin";
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
