// Where cases come from: random, enumerated, mutated, shrunk.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/case/case.h"

namespace weightproof {

// A source of choices. Generate asks it everything, so that one function serves a random campaign
// and exhaustive enumeration.
class Choices {
 public:
  virtual ~Choices() = default;
  // A number in [0, n); n >= 1. 0 is the plain, simple one.
  virtual std::uint64_t Below(std::uint64_t n) = 0;
  // True with probability num/den (enumeration: both).
  virtual bool Chance(std::uint64_t num, std::uint64_t den) = 0;
};

// Seeded: the same seed and index give the same case on every machine.
class SeededChoices final : public Choices {
 public:
  SeededChoices(std::uint64_t seed, std::uint64_t index);
  std::uint64_t Below(std::uint64_t n) override;
  bool Chance(std::uint64_t num, std::uint64_t den) override;

 private:
  std::uint64_t state_;
};

// What the testee can do; the generator draws nothing else. An empty list: everything, of layers
// everything that model/ computes.
struct Space {
  std::vector<std::string> layers;
  std::vector<std::string> formats;
  std::vector<std::string> dialects;
  std::vector<std::string> modes;  // by_order, by_name, skip_mismatch, partial, model
  std::vector<std::string>
      steps;  // names of build steps: "stray", "nest", "assemble:subclass", "rebuild:clone"
  // Hostile damage by its op in CASE.md; unlike the other lists, empty means none.
  std::vector<std::string> hostile = {};
  int hostile_percent = 1;  // of the cases, where there is a list
  bool damage = true;
  bool sessions = true;
  // Both sides run the same build, which ends in a rebuild from the model's own config, and the
  // file stays as it was saved: no difference of the two explains what goes wrong then.
  bool same_build = false;
  int layers_max = 6;  // with weights
};

// A valid case: both programs can be interpreted and every shape fits.
Case Generate(Choices& choices, const Space& space = {});

// A valid case near `c`; same seed, same result.
Case Mutate(const Case& c, std::uint64_t seed);

// Simpler cases, simplest first; every candidate is valid and differs from `c`. Repeatedly taking
// a candidate ends: a measure falls each time.
std::vector<Case> Shrinks(const Case& c);

// The features of a case for the coverage table: "layer:Dense", "step:nest", "format:legacy_h5",
// "dialect:keras3", "mode:by_name", "path:unicode", "damage:swap", "profile:nan", "session:fresh".
std::vector<std::string> Features(const Case& c);
// Every feature that Generate can draw within `space`.
std::vector<std::string> AllFeatures(const Space& space);

// Calls `visit` with every case of at most `layers_max` layers with weights whose builds have at
// most `steps_max` steps, both formats and dialects; only those with index % shards == shard.
// Stops when visit returns false. Returns the number of cases visited.
std::uint64_t Enumerate(int layers_max, int steps_max, std::uint64_t shard, std::uint64_t shards,
                        const std::function<bool(const Case&)>& visit);

}  // namespace weightproof
