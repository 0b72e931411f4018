// Searching for a falsified case and making it small, in this process.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "harness/campaign/smaller.h"
#include "harness/case/case.h"
#include "harness/properties/verdict.h"

namespace weightproof {

// What a testee made anew says of one clause; so that no state of an earlier case shows.
Verdict Ask(const std::string& testee, const Case& c, std::string_view clause);

struct Caught {
  Case found;
  Verdict verdict;
  std::uint64_t cases = 0;  // how many were run, this one included
};

// The first of cases 0..cases_max-1 of `seed` in which `testee` falsifies `clause` and the
// built-in testee does not.
std::optional<Caught> FirstCaught(const std::string& testee, std::string_view clause,
                                  std::uint64_t seed, std::uint64_t cases_max);

struct Shrunk {
  Case best;
  int tried = 0;  // candidates that were run
};

// The first candidate of Shrinks that is falsified for the same reason, until none is left.
Shrunk ShrinkHere(const std::string& testee, std::string_view clause, const Case& c,
                  const Verdict& wanted);

// The first of VisitSmallerCases that is falsified for the same reason.
std::optional<Case> SmallerCase(const std::string& testee, std::string_view clause,
                                const Case& found, const Case& best, const Verdict& wanted);

}  // namespace weightproof
