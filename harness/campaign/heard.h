// Which falsified cases of one clause and cause are worth handing on: the first ones, and later
// those that have something about them that none before had.
#pragma once

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>

#include "harness/campaign/engine.h"
#include "harness/campaign/signature.h"

namespace weightproof {

inline constexpr std::size_t kHeardFirst = 12;
inline constexpr std::size_t kHeardMax = 96;

// Fed with cases by rising index. What the parent keeps of all workers' cases, each worker keeps of
// its own, so that the number of workers changes nothing: a word that is new among all is new
// there.
class Heard {
 public:
  bool Wants(const Signature& signature, const Engine& engine) const {
    if (!engine.foreign) return count_ == 0;
    if (count_ < kHeardFirst) return true;
    return count_ < kHeardMax &&
           std::ranges::any_of(
               signature, [&](const std::string& word) { return !words_.contains(word); });
  }
  bool Take(const Signature& signature, const Engine& engine) {
    if (!Wants(signature, engine)) return false;
    ++count_;
    words_.insert(signature.begin(), signature.end());
    return true;
  }

 private:
  std::size_t count_ = 0;
  std::set<std::string> words_;
};

}  // namespace weightproof
