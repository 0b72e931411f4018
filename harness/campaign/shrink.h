// The smallest case that is falsified for the same reason.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/campaign/engine.h"
#include "harness/campaign/signature.h"

namespace weightproof {

struct ShrinkResult {
  Case best;
  Verdict verdict;        // of `best`; `wanted` while it is the case as it came
  int tried = 0;          // candidates that were run
  int taken = 0;          // of these, those that became the new best
  bool finished = false;  // no candidate is left: a local minimum. Else time ran out
};

// Takes the first of the engine's shrinks of the best, and where none is left of its jumps, whose
// verdict on `clause` has the severity and cause of `wanted`, again and again. Runs in forked
// processes: one that dies counts as crash, one that is silent for `hang_seconds` as hang.
ShrinkResult Shrink(const Engine& engine, const Case& c, std::string_view clause,
                    const Verdict& wanted, double seconds_max, double hang_seconds);

// The same without forks, for a real loader: its processes die without harm to this one, and one
// that is already started answers many candidates. The loader is not asked about a candidate that
// the clause has no question for, nor twice about one; after a success the search goes on where it
// stood. Candidates may share work (`Engine::sift`); the case that is left is asked alone.
// `known`: a case that may repeat one of these is not taken; none taken means that `c` does.
ShrinkResult ShrinkHere(const Engine& engine, const Case& c, std::string_view clause,
                        const Verdict& wanted, double seconds_max,
                        const std::vector<Signature>& known = {});

bool SameReason(const Verdict& a, const Verdict& b);

}  // namespace weightproof
