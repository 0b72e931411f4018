// The weights that a case hands out.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "harness/case/case.h"
#include "harness/testee/testee.h"
#include "model/spec/plan.h"

namespace weightproof {

// Element `index` of variable `id`: h = SplitMix64(FNV-1a-64(id) ^ seed * 0x9e3779b97f4a7c15 +
// index), where SplitMix64 is the finaliser of the generator of that name and index counts
// row-major.
std::uint64_t WeightHash(std::uint64_t seed, std::string_view id, std::uint64_t index);

// float32 values, one tensor per variable in walk order; distinct between variables and seeds,
// never zero in profile plain. m = (top 24 bits of h + 1) / 2^24 in (0, 1]:
//   positive roles (variances)      0.5 + m
//   gamma                           0.5 + m
//   bias, beta                      m / 4 + 1/8, sign from bit 0 (negative one time in four)
//   everything else                 sign (bit 0) * (m + 1/4) * 2^-e, 4^e the largest power of four
//                                   not above the fan-in (product of all but the last dimension)
// Under a dtype policy the values are rounded to the variable's dtype.
// Of a low-rank adaptation the first factor has one 1 in each row and 0 elsewhere, the second is
// always plain; the whole numbers of a quantized layer lie in [-127, 127].
// Other profiles replace about one element in four (bits 1 and 2 of h are 0) of variables that are
// not positive: nan, +-inf, -0, a denormal, +-1e30.
std::vector<NamedTensor> MakeWeights(const ModelPlan& plan, const WeightsSpec& spec);

// What `.weights.h5` and archives carry of `saved`, for the reader's model: the factors of a
// low-rank adaptation are added into what they adapt, and are zero in the reader.
std::vector<NamedTensor> MergeLora(const ModelPlan& writer, const ModelPlan& reader,
                                   const std::vector<NamedTensor>& saved);

// (batch, input shape...) float32 in (-1, 1); whole numbers below input_dim when the first
// computing layer is an Embedding.
Tensor MakeInputs(const ModelPlan& plan, const Probe& probe);

// Those of a model's inputs after the first.
std::vector<Tensor> MakeMoreInputs(const ModelPlan& plan, const Probe& probe);

}  // namespace weightproof
