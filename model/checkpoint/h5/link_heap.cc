#include "model/checkpoint/h5/link_heap.h"

#include <algorithm>
#include <bit>

#include "model/checkpoint/h5/checksum.h"

namespace weightproof::h5 {
namespace {

constexpr std::size_t kLinkHeapHeadBytes = 146;
constexpr std::size_t kBlockHeadBytes = 21;  // with the checksum, which ends it in direct blocks
constexpr std::uint64_t kWidth = 4;
constexpr std::uint64_t kFirstBlockBytes = 512;
constexpr std::uint64_t kDirectBytesMax = 65536;
constexpr std::uint16_t kOffsetBits = 32;
constexpr std::uint32_t kObjectBytesMax = 4096;
constexpr int kDirectRows = std::countr_zero(kDirectBytesMax / kFirstBlockBytes) + 2;
constexpr int kFirstRowBits = std::countr_zero(kFirstBlockBytes * kWidth);
constexpr int kRowsMax = kOffsetBits - kFirstRowBits + 1;

constexpr std::uint64_t BlockBytes(int row) {
  return row == 0 ? kFirstBlockBytes : kFirstBlockBytes << (row - 1);
}

// Signature, version, the header's address and the block's own offset in the heap.
bool IsHead(Cursor& in, std::string_view signature, std::uint64_t heap, std::uint64_t at) {
  return in.Signature(signature) && in.U8() == 0 && in.U64() == heap && in.U32() == at;
}

}  // namespace

Parsed<LinkHeap> LinkHeap::Read(Image& image, std::uint64_t address) {
  LinkHeap heap;
  if (Checked head = heap.ReadHead(image, address); !head) return std::unexpected(head.error());
  if (heap.root_ == kUndefined) return heap;
  if (heap.root_rows_ == 0) {
    Checked block = heap.ReadDirect(image, heap.root_, 0, kFirstBlockBytes);
    if (!block) return std::unexpected(block.error());
    return heap;
  }
  heap.tables_.push_back({heap.root_, 0, heap.root_rows_});
  while (!heap.tables_.empty()) {
    const Table table = heap.tables_.back();
    heap.tables_.pop_back();
    if (Checked read = heap.ReadTable(image, table); !read) return std::unexpected(read.error());
  }
  std::ranges::sort(heap.blocks_, {}, &Block::at);
  return heap;
}

Checked LinkHeap::ReadHead(Image& image, std::uint64_t address) {
  const Parsed<Bytes> block = image.Claim(address, kLinkHeapHeadBytes, "a fractal heap of links");
  if (!block) return std::unexpected(block.error());
  address_ = address;
  offset_ = image.Offset(address);
  Cursor in(*block, offset_);
  if (!in.Signature("FRHP") || in.U8() != 0) {
    return Damaged(offset_, "no fractal heap where one is due");
  }
  const std::uint16_t id_bytes = in.U16();
  const std::uint16_t filter_bytes = in.U16();
  const std::uint8_t flags = in.U8();  // bit 0: identifiers of huge objects ran out; 1: checksums
  const std::uint32_t object_bytes_max = in.U32();
  in.Skip(4 * 8);  // huge objects and free space
  space_ = in.U64();
  in.Skip(2 * 8);
  objects_ = in.U64();
  in.Skip(8);
  const std::uint64_t huge = in.U64();
  in.Skip(8);
  const std::uint64_t tiny = in.U64();
  const std::uint16_t width = in.U16();
  const std::uint64_t first_block_bytes = in.U64();
  const std::uint64_t direct_bytes_max = in.U64();
  const std::uint16_t offset_bits = in.U16();
  in.Skip(2);  // rows that a first table gets
  root_ = in.U64();
  const std::uint16_t rows = in.U16();
  if (in.U32() != Lookup3(block->first(kLinkHeapHeadBytes - kChecksumBytes))) {
    return Damaged(offset_, "the checksum of a fractal heap is wrong");
  }
  if (id_bytes != kIdBytes || filter_bytes != 0 || flags != 2 ||
      object_bytes_max != kObjectBytesMax || width != kWidth ||
      first_block_bytes != kFirstBlockBytes || direct_bytes_max != kDirectBytesMax ||
      offset_bits != kOffsetBits) {
    return Forbidden(offset_, "a fractal heap of a geometry that groups do not have");
  }
  if (huge != 0) return Forbidden(offset_, "a link with a name of more than 4 KiB");
  if (tiny != 0 || rows > kRowsMax) return Damaged(offset_, "a fractal heap that cannot be");
  root_rows_ = rows;
  return {};
}

Checked LinkHeap::ReadDirect(Image& image, std::uint64_t address, std::uint64_t at,
                             std::uint64_t size) {
  const Parsed<Bytes> block = image.Claim(address, size, "a block of a fractal heap");
  if (!block) return std::unexpected(block.error());
  const std::uint64_t offset = image.Offset(address);
  Cursor in(*block, offset);
  if (!IsHead(in, "FHDB", address_, at)) {
    return Damaged(offset, "no block of this fractal heap where one is due");
  }
  const std::uint32_t stated = in.U32();
  // The checksum counts as zero in itself.
  scratch_.assign(block->begin(), block->end());
  std::fill_n(scratch_.begin() + (kBlockHeadBytes - kChecksumBytes), kChecksumBytes, std::byte{0});
  if (stated != Lookup3(scratch_)) {
    return Damaged(offset, "the checksum of a block of a fractal heap is wrong");
  }
  blocks_.push_back({at, *block, offset});
  return {};
}

// A table lists blocks that double in size from row to row, and further tables behind them. A
// table in row n has n - 2 rows of its own, so tables end.
Checked LinkHeap::ReadTable(Image& image, const Table& table) {
  const std::uint64_t entries = kWidth * static_cast<std::uint64_t>(table.rows);
  const Parsed<Bytes> block =
      image.Claim(table.address, kBlockHeadBytes + 8 * entries, "a table of a fractal heap");
  if (!block) return std::unexpected(block.error());
  const std::uint64_t offset = image.Offset(table.address);
  Cursor in(*block, offset);
  if (!IsHead(in, "FHIB", address_, table.at)) {
    return Damaged(offset, "no table of this fractal heap where one is due");
  }
  std::uint64_t at = table.at;
  for (int row = 0; row < table.rows; ++row) {
    const std::uint64_t size = BlockBytes(row);
    for (std::uint64_t i = 0; i < kWidth; ++i, at += size) {
      const std::uint64_t child = in.U64();
      if (child == kUndefined) continue;
      if (row >= kDirectRows) {
        tables_.push_back({child, at, std::countr_zero(size) - kFirstRowBits + 1});
      } else if (Checked read = ReadDirect(image, child, at, size); !read) {
        return read;
      }
    }
  }
  if (in.U32() != Lookup3(block->first(block->size() - kChecksumBytes))) {
    return Damaged(offset, "the checksum of a table of a fractal heap is wrong");
  }
  return {};
}

Parsed<LinkHeap::Object> LinkHeap::Find(Bytes id, std::uint64_t offset) {
  Cursor in(id, offset);
  if (in.U8() != 0) return Forbidden(offset, "a link outside the blocks of its fractal heap");
  const std::uint64_t at = in.U32();
  const std::uint64_t size = in.U16();
  const auto behind = std::ranges::upper_bound(blocks_, at, {}, &Block::at);
  if (size == 0 || size > kObjectBytesMax || at >= space_ || behind == blocks_.begin()) {
    return Damaged(offset, "a link outside its fractal heap");
  }
  const Block& block = *(behind - 1);
  const std::uint64_t inside = at - block.at;
  if (inside < kBlockHeadBytes || inside > block.bytes.size() ||
      size > block.bytes.size() - inside) {
    return Damaged(offset, "a link outside the blocks of its fractal heap");
  }
  found_.emplace_back(at, at + size);
  return Object{block.bytes.subspan(inside, size), block.offset + inside};
}

Checked LinkHeap::CheckObjects() {
  std::ranges::sort(found_);
  for (std::size_t i = 1; i < found_.size(); ++i) {
    if (found_[i].first < found_[i - 1].second) {
      return Damaged(offset_, "links over each other in their fractal heap");
    }
  }
  if (found_.size() == objects_) return {};
  return Damaged(offset_, "a fractal heap of " + std::to_string(objects_) +
                              " links whose index has " + std::to_string(found_.size()));
}

}  // namespace weightproof::h5
