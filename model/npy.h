// NumPy's .npy files: one tensor each. Format: numpy/lib/format.py, versions 1.0, 2.0 and 3.0.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "model/error.h"
#include "model/tensor.h"

namespace weightproof {

inline constexpr std::size_t kNpyHeaderBytesMax = std::size_t{64} << 10;
inline constexpr std::size_t kNpyRankMax = 32;

// The tensor in the bytes of a .npy file: floats of 2, 4 and 8 bytes, integers of 1 to 8 bytes and
// bools, of either byte order, in C order. `place` (a path) stands in front of every Error's place.
// WrongFormat (another kind of file), DamagedFile (header or length wrong), UnsupportedDtype,
// OptionNotSupported (Fortran order), LimitExceeded.
Result<Tensor> TensorFromNpy(std::span<const std::byte> file, const std::string& place);

// The bytes that numpy.save writes for this tensor (version 1.0). UnsupportedDtype: bfloat16, which
// the format does not have; LimitExceeded: more than kNpyRankMax dimensions.
Result<std::vector<std::byte>> TensorToNpy(const Tensor& tensor);

}  // namespace weightproof
