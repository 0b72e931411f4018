// The fractal heap in which a group of the newer kind keeps its links once they are many ("dense
// storage"). Format: HDF5 File Format Specification, III.G.
#pragma once

#include <cstdint>
#include <vector>

#include "model/checkpoint/h5/image.h"

namespace weightproof::h5 {

// Every version of the HDF5 library makes these heaps of one geometry (src/H5Gdense.c: rows of 4
// blocks, the first of 512 bytes, direct ones up to 64 KiB, 32-bit offsets, checksums); any other
// is refused.
class LinkHeap {
 public:
  static constexpr std::size_t kIdBytes = 7;  // of an object: kind, offset, size

  // Claims and verifies the heap's header and all of its blocks.
  static Parsed<LinkHeap> Read(Image& image, std::uint64_t address);

  struct Object {
    Bytes bytes;
    std::uint64_t offset;  // in the file
  };
  // The object of `id` (kIdBytes bytes, which stand at `offset` of the file).
  Parsed<Object> Find(Bytes id, std::uint64_t offset);

  // Fails when objects that were found lie over each other, or are not all that the heap counts.
  Checked CheckObjects();

 private:
  struct Block {
    std::uint64_t at;  // in the heap
    Bytes bytes;
    std::uint64_t offset;  // in the file
  };
  struct Table {
    std::uint64_t address;
    std::uint64_t at;  // in the heap
    int rows;
  };

  Checked ReadHead(Image& image, std::uint64_t address);
  Checked ReadDirect(Image& image, std::uint64_t address, std::uint64_t at, std::uint64_t size);
  Checked ReadTable(Image& image, const Table& table);

  std::uint64_t address_ = 0;
  std::uint64_t offset_ = 0;  // of the header in the file
  std::uint64_t space_ = 0;   // bytes that the heap spans
  std::uint64_t objects_ = 0;
  std::uint64_t root_ = kUndefined;
  int root_rows_ = 0;          // 0: the root is a direct block
  std::vector<Table> tables_;  // still to be read
  std::vector<Block> blocks_;
  std::vector<std::byte> scratch_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> found_;  // in the heap: begin, end
};

}  // namespace weightproof::h5
