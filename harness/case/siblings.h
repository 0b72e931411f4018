// Cases around one save: a family. A slow loader saves once and loads many times.
#pragma once

#include <cstdint>

#include "harness/case/case.h"
#include "harness/case/generate.h"

namespace weightproof {

// Of one stem and its siblings. Those with one reader's build stand side by side.
inline constexpr std::uint64_t kFamilyCases = 16;
// Where both sides run one build, members differ by the path and the load's options alone.
inline constexpr std::uint64_t kSameBuildFamilyCases = 4;

constexpr std::uint64_t FamilyCases(const Space& space) {
  return space.same_build ? kSameBuildFamilyCases : kFamilyCases;
}

// Member `k`, 1 to FamilyCases(space) - 1, of the family of `stem`: a valid case whose writer does
// the very same to the same path, while the reader's build, the path it loads from, the load's
// options or the damage differ. Same arguments, same case.
Case Sibling(const Case& stem, const Space& space, std::uint64_t seed, std::uint64_t k);

}  // namespace weightproof
