// Whether two libraries that hold the same weights predict the same, rounding aside.
//
// What rounding may do is measured, not guessed: weights and inputs are nudged by a few of their
// last bits, which is what every rounding inside a layer amounts to, and the spread of the
// predictions is the unit that the difference is held against.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "harness/testee/testee.h"

namespace weightproof {

inline constexpr std::uint64_t kNudgesOfAgreement = 4;

struct PredictionAgreement {
  bool agree = true;
  // False: they differ by more than the bound, but that says nothing: a nudge alone moves the
  // prediction by a hundredth of its size, as beside a step of the function; or numbers are not
  // finite; or the difference is below 2^-13 of the largest output.
  bool decided = true;
  double difference = 0;  // of the element that exceeds its bound most, or is nearest to it
  double bound = 0;       // what rounding may do there
};

// Every float32 element that is not 0 or no whole number's (an index stays one) becomes itself
// times 1 + d, |d| <= 2^-20, d from `seed`; other dtypes stay.
Tensor Nudged(const Tensor& tensor, std::uint64_t seed);
std::vector<NamedTensor> Nudged(const std::vector<NamedTensor>& tensors, std::uint64_t seed);

// Without nudged predictions the bound is a few units in the last place of the largest output.
// Shapes that differ never agree.
PredictionAgreement Agree(const Tensor& first, const Tensor& second,
                          std::span<const Tensor> nudged);

}  // namespace weightproof
