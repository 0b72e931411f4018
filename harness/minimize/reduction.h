// A file that gets smaller as long as it still fails.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <unordered_set>

namespace weightproof {

// Whether these bytes fail for the reason at hand. Asked about one candidate at a time.
using FailsStill = std::function<bool(const std::string& bytes)>;

class Reduction {
 public:
  // `found` fails. `kept` is told of every new best, as soon as it is one: what stands there when
  // this process is killed is the best so far. `seconds_max` count from now.
  Reduction(std::string found, FailsStill fails, double seconds_max,
            std::function<void(const std::string& best)> kept = {});

  // Whether `candidate` fails too; it is the best from then on. False without asking: it was asked
  // about before, or the reduction is over.
  bool Try(const std::string& candidate);

  // Of a candidate whose bytes are those of the best, and which differs in what `fails` knows
  // beside them: asked about every time.
  bool TrySame();

  // The time is up, or the person pressed Ctrl-C (an InterruptGuard lives).
  bool over() const;
  double seconds_left() const;
  const std::string& best() const { return best_; }
  int tried() const { return tried_; }
  int taken() const { return taken_; }

 private:
  std::string best_;
  FailsStill fails_;
  double deadline_;
  std::function<void(const std::string&)> kept_;
  std::unordered_set<std::size_t> asked_;  // hashes: a candidate that is taken for another is lost
  int tried_ = 0;
  int taken_ = 0;
};

// Leaves out parts of `count`: all, then runs of half as many each time, down to single ones, the
// last first. `drop` is told of parts [begin, end) and says whether they are gone now. True when
// any is gone.
bool DropRuns(std::size_t count,
              const std::function<bool(std::size_t begin, std::size_t end)>& drop,
              std::size_t run_min = 1);

// By structure: an HDF5 file that the strict reader reads, or JSON. Each ends when nothing of it
// can be made smaller alone, or the reduction is over. False: the file is no such thing, or what is
// read and written anew does not fail, so the cause lies in the bytes.
bool ShrinkTree(Reduction& reduction);
bool ShrinkJson(Reduction& reduction);

// By bytes: runs are left out, then set to zero. What the strict reader reads stays so.
void ShrinkBytes(Reduction& reduction);

// All that applies, structure first.
void ShrinkFile(Reduction& reduction);

// What is in a file, in few words: "2 groups, 1 dataset, 3 attributes, 2,104 bytes".
std::string SizeInWords(const std::string& bytes);

}  // namespace weightproof
