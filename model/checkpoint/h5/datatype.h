// Element types and shapes. Format: HDF5 File Format Specification, IV.A.2.b and d.
#pragma once

#include <cstddef>
#include <cstdint>

#include "model/checkpoint/h5/bytes.h"
#include "model/checkpoint/tree.h"

namespace weightproof::h5 {

enum class Padding : std::uint8_t { kNullTerminated, kNullPadded, kSpacePadded };

struct FileType {
  StoredType type;
  Padding padding = Padding::kNullPadded;  // of fixed strings
  std::uint32_t file_bytes = 0;            // one element in the file; a reference for vlen text
};

// Bytes of the reference that stands for one text of variable length: length, address, index.
inline constexpr std::uint32_t kVlenReferenceBytes = 16;

// Numbers of the DTypes in both byte orders, h5py's bool, text, opaque bytes. Anything else is
// refused by its name. Takes what the type needs; padding behind it is left.
Parsed<FileType> ReadDatatype(Cursor& in);

inline constexpr std::size_t kRankMax = 32;

struct FileSpace {
  bool null_space = false;
  Shape shape;              // empty: a scalar
  std::uint64_t count = 0;  // elements
};

Parsed<FileSpace> ReadDataspace(Cursor& in);

}  // namespace weightproof::h5
