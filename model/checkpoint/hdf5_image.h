// A file in memory, opened read-only by the C library without a copy of it.
#pragma once

#include <cstddef>
#include <span>

#include "model/checkpoint/hdf5_library.h"

namespace weightproof::hdf5 {

// The bytes have to stay until the handle is closed. One image may be open at a time.
Handle OpenImage(std::span<const std::byte> file);

}  // namespace weightproof::hdf5
