// Where the values of a dataset lie, and how they come out of there. Format: HDF5 File Format
// Specification, III.A.1 (B-tree of chunks), IV.A.2.f, g, i and l.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/checkpoint/h5/datatype.h"
#include "model/checkpoint/h5/image.h"
#include "model/checkpoint/h5/superblock.h"
#include "model/checkpoint/hdf5.h"
#include "model/checkpoint/tree.h"

namespace weightproof::h5 {

enum class LayoutClass : std::uint8_t { kCompact, kContiguous, kChunked };

struct Layout {
  LayoutClass cls = LayoutClass::kContiguous;
  std::uint64_t address = kUndefined;  // of the values, or of the B-tree of chunks
  std::uint64_t size = 0;              // bytes of values as the message states them
  Bytes compact;
  std::vector<std::uint32_t> chunk;  // elements by dimension; the last one: bytes of an element
  std::uint64_t offset = 0;          // of the message
};

enum class Filter : std::uint8_t { kDeflate, kShuffle, kFletcher32 };

struct FilterStep {
  Filter filter;
  std::uint32_t value;  // level, or bytes of an element
};

// Versions 3, and 4 where it says the same; virtual datasets and other indexes are refused.
Parsed<Layout> ReadLayout(Bytes data, std::uint64_t offset);
Parsed<std::vector<FilterStep>> ReadFilters(Bytes data, std::uint64_t offset);
// The value of what was never written.
struct FillValue {
  Bytes value;          // one element; empty: zeros
  bool defined = true;  // false: nobody knows what stands there
};
Parsed<FillValue> ReadFillValue(Bytes data, std::uint64_t offset);
Parsed<FillValue> ReadOldFillValue(Bytes data, std::uint64_t offset);

struct DatasetStorage {
  FileType type;
  FileSpace space;
  Layout layout;
  std::vector<FilterStep> filters;
  FillValue fill;
};

struct Values {
  Bytes view;                    // in the file, where the values lie there as they are
  std::vector<std::byte> owned;  // else
  bool is_view = false;
  std::uint64_t offset = 0;  // of the values or, chunked, of the layout
};

// All values in row-major order, as the file stores each. A chunk may not state more than
// `inflate_ratio_max` times its stored bytes.
Parsed<Values> ReadValues(Image& image, const Superblock& superblock, const DatasetStorage& dataset,
                          const Hdf5Limits& limits);

}  // namespace weightproof::h5
