#include "model/checkpoint/h5/superblock.h"

#include <algorithm>

#include "model/checkpoint/h5/checksum.h"
#include "model/checkpoint/h5/group_index.h"

namespace weightproof::h5 {
namespace {

constexpr std::string_view kSignature = "\x89HDF\r\n\x1a\n";
constexpr std::uint64_t kChecksummedBytes = 48;

Checked CheckSizes(std::uint8_t addresses, std::uint8_t lengths, std::uint64_t offset) {
  if (addresses == 8 && lengths == 8) return {};
  return Forbidden(offset, "addresses of " + std::to_string(addresses) + " and lengths of " +
                               std::to_string(lengths) + " bytes; this reader has 8");
}

// The end that the file states. A file that is cut short, or that kept the tail of an older and
// longer one, is damaged.
Checked CheckEnd(Image& image, std::uint64_t stated, std::uint64_t offset) {
  const std::uint64_t found = image.end();
  if (stated > found) {
    return Damaged(offset, "cut short: the file says that it has " + std::to_string(stated) +
                               " bytes, and " + std::to_string(found) + " are there");
  }
  if (stated < found) {
    return Damaged(offset, std::to_string(found - stated) + " bytes behind the end that the file " +
                               "states: the tail of an older file?");
  }
  return {};
}

Parsed<Superblock> ReadOld(Image& image, std::uint64_t base, int version) {
  const std::uint64_t bytes = version == 0 ? 96 : 100;
  const Parsed<Bytes> block = image.Claim(0, bytes, "the superblock");
  if (!block) return std::unexpected(block.error());
  Cursor in(*block, base);
  in.Skip(kSignature.size() + 1);
  const bool versions_known = in.U8() == 0 && in.U8() == 0;
  in.Skip(1);
  if (!versions_known || in.U8() != 0) {
    return Forbidden(base, "a superblock with parts of an unknown version");
  }
  const std::uint8_t addresses = in.U8();
  if (Checked sizes = CheckSizes(addresses, in.U8(), base); !sizes) {
    return std::unexpected(sizes.error());
  }
  in.Skip(1);
  Superblock found;
  found.leaf_k = in.U16();
  found.group_k = in.U16();
  // HDF5 1.6 left its status bits here; the library has no use for them.
  if ((in.U32() & ~3U) != 0) return Damaged(in.offset() - 4, "unknown flags in the superblock");
  if (version == 1) {
    found.chunk_k = in.U16();
    in.Skip(2);
  }
  if (found.leaf_k == 0 || found.group_k == 0 || found.chunk_k == 0) {
    return Damaged(base, "the superblock states B-tree nodes without entries");
  }
  if (in.U64() != base) return Damaged(in.offset() - 8, "the base address is not where it stands");
  if (in.U64() != kUndefined) return Forbidden(in.offset() - 8, "a free-space index");
  const std::uint64_t end_at = in.offset();
  if (Checked end = CheckEnd(image, in.U64() - base, end_at); !end) {
    return std::unexpected(end.error());
  }
  if (in.U64() != kUndefined) {
    return Forbidden(in.offset() - 8, "a driver block; the file is one part of several");
  }
  const Parsed<SymbolEntry> root = ReadSymbolEntry(in);
  if (!root) return std::unexpected(root.error());
  found.root = root->header;
  if (root->cached) {
    found.root_btree = root->btree;
    found.root_heap = root->heap;
  }
  return found;
}

Parsed<Superblock> ReadNew(Image& image, std::uint64_t base) {
  const Parsed<Bytes> block = image.Claim(0, kChecksummedBytes, "the superblock");
  if (!block) return std::unexpected(block.error());
  Cursor in(*block, base);
  in.Skip(kSignature.size());
  const int version = in.U8();
  const std::uint8_t addresses = in.U8();
  if (Checked sizes = CheckSizes(addresses, in.U8(), base); !sizes) {
    return std::unexpected(sizes.error());
  }
  const std::uint8_t flags = in.U8();
  const std::uint64_t stated_base = in.U64();
  const std::uint64_t extension = in.U64();
  const std::uint64_t end = in.U64();
  Superblock found;
  found.root = in.U64();
  if (in.U32() != Lookup3(block->first(kChecksummedBytes - 4))) {
    return Damaged(base, "the checksum of the superblock is wrong");
  }
  // Bit 0: open for writing; bit 2: single writer with readers. Version 2 does not use them.
  if (version == 3 && (flags & ~0x05) != 0) {
    return Damaged(base, "unknown flags in the superblock");
  }
  if (version == 3 && flags != 0) {
    return Damaged(base, "the file was not closed by its writer");
  }
  if (stated_base != base) return Damaged(base, "the base address is not where it stands");
  if (extension != kUndefined) return Forbidden(base, "a superblock extension");
  if (Checked end_ok = CheckEnd(image, end - base, base); !end_ok) {
    return std::unexpected(end_ok.error());
  }
  return found;
}

}  // namespace

std::optional<std::uint64_t> FindSignature(Bytes file) {
  for (std::uint64_t at = 0; at + kSignature.size() < file.size(); at = at == 0 ? 512 : 2 * at) {
    if (std::memcmp(file.data() + at, kSignature.data(), kSignature.size()) == 0) return at;
  }
  return std::nullopt;
}

Parsed<Superblock> ReadSuperblock(Image& image, Bytes file, std::uint64_t base) {
  const int version = std::to_integer<int>(file[base + kSignature.size()]);
  if (version <= 1) return ReadOld(image, base, version);
  if (version <= 3) return ReadNew(image, base);
  return Forbidden(base, "a superblock of version " + std::to_string(version));
}

}  // namespace weightproof::h5
