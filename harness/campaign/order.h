// The order of cases for a slow loader: small ones first, and of several drawn cases the one that
// brings most pairs and triples of layer, build step, route and format that none before it had.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "harness/campaign/coverage.h"
#include "harness/case/case.h"
#include "harness/case/generate.h"

namespace weightproof {

// The stem of one case depends on all stems before it, so that they are drawn in order and kept;
// the same seed and number give the same stem in every process.
class StemOrder {
 public:
  StemOrder(const Space& space, const std::vector<std::string>& features_due);

  const Case& Stem(std::uint64_t seed, std::uint64_t number);
  // The pairs and triples of all that was drawn up to that stem, chosen or not.
  const CoverBits& Offered(std::uint64_t seed, std::uint64_t number);

 private:
  void DrawNext();

  Space space_;
  Coverage coverage_;
  std::uint64_t seed_ = 0;
  std::vector<Case> stems_;
  std::unique_ptr<CoverBits> chosen_;
  std::unique_ptr<CoverBits> offered_;
};

}  // namespace weightproof
