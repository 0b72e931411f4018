// What exhaustive enumeration knows better than shrinking step by step.
#pragma once

#include <functional>
#include <string>

#include "harness/case/case.h"

namespace weightproof {

// What a shrunk case is measured by; smaller in the order of the members.
struct CaseSize {
  int layers = 0;  // of the larger side, inserted ones among them
  int edits = 0;   // of the file
  int steps = 0;   // of both builds, the two assemblies among them
  auto operator<=>(const CaseSize&) const = default;
};
CaseSize SizeOf(const Case& c);
std::string SizeText(const CaseSize& size);  // "1 layer, 2 steps, no edit"

// Calls `visit` with every case of at most two layers and two steps a build that is smaller than
// `best`, made of layers and kinds of steps that `found` has, of the same dialect, format and load
// options as `best`. Stops when visit returns false.
void VisitSmallerCases(const Case& found, const Case& best,
                       const std::function<bool(const Case&)>& visit);

}  // namespace weightproof
