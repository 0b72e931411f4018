// The two checksums of HDF5.
#pragma once

#include <cstddef>
#include <cstdint>

#include "model/checkpoint/h5/bytes.h"

namespace weightproof::h5 {

inline constexpr std::size_t kChecksumBytes = 4;  // of either

// Over metadata blocks: Bob Jenkins's lookup3 ("hashlittle"), initial value 0.
std::uint32_t Lookup3(Bytes bytes);

// Over a chunk behind the fletcher32 filter: 16-bit words taken big-endian, an odd last byte high.
std::uint32_t Fletcher32(Bytes bytes);

}  // namespace weightproof::h5
