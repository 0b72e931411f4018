#include "model/checkpoint/h5/group_index.h"

#include <algorithm>
#include <optional>

#include "model/checkpoint/h5/btree.h"

namespace weightproof::h5 {
namespace {

constexpr std::size_t kSymbolNodeHeadBytes = 8;
constexpr std::size_t kHeapHeadBytes = 32;
constexpr std::uint64_t kNoFreeBlock = 1;  // ends the free list of a local heap
constexpr std::uint64_t kFreeBlockBytesMin = 16;

// Where the names of one group stand.
class LocalHeap {
 public:
  static Parsed<LocalHeap> Read(Image& image, std::uint64_t address) {
    const Parsed<Bytes> head = image.Claim(address, kHeapHeadBytes, "a heap of names");
    if (!head) return std::unexpected(head.error());
    const std::uint64_t offset = image.Offset(address);
    Cursor in(*head, offset);
    if (!in.Signature("HEAP") || in.U8() != 0) {
      return Damaged(offset, "no heap of names where one is due");
    }
    in.Skip(3);
    const std::uint64_t size = in.U64();
    const std::uint64_t free_at = in.U64();
    const std::uint64_t data_at = in.U64();
    const Parsed<Bytes> data = image.Claim(data_at, size, "the names of a heap");
    if (!data) return std::unexpected(data.error());
    LocalHeap heap(*data, size == 0 ? offset : image.Offset(data_at));
    if (Checked list = heap.CheckFreeList(free_at); !list) return std::unexpected(list.error());
    return heap;
  }

  // The text at `at`. Every text has its own bytes, so all of them together fit into the heap.
  Parsed<std::string_view> Name(std::uint64_t at) {
    const std::optional<std::string_view> text = TextAt(at);
    if (!text) return Damaged(offset_, "a name outside the heap of its group");
    names_ += text->size() + 1;
    if (names_ > data_.size()) return Damaged(offset_ + at, "names that share their bytes");
    return *text;
  }

  // The text of a key, which repeats a name; the work on all keys is linear too.
  Parsed<std::string_view> Key(std::uint64_t at) {
    const std::optional<std::string_view> text = TextAt(at);
    if (!text) return Damaged(offset_, "a key outside the heap of its group");
    keys_ += text->size() + 1;
    if (keys_ > 2 * data_.size() + 64) return Damaged(offset_ + at, "keys that share their bytes");
    return *text;
  }

 private:
  LocalHeap(Bytes data, std::uint64_t offset) : data_(data), offset_(offset) {}

  std::optional<std::string_view> TextAt(std::uint64_t at) const {
    if (at >= data_.size()) return std::nullopt;
    const auto* text = reinterpret_cast<const char*>(data_.data()) + at;
    const void* end = std::memchr(text, 0, data_.size() - at);
    if (end == nullptr) return std::nullopt;
    return std::string_view(text, static_cast<const char*>(end));
  }

  // Nothing is taken from the list; the HDF5 library follows it, and would follow it for ever.
  Checked CheckFreeList(std::uint64_t at) const {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> blocks;
    while (at != kNoFreeBlock) {
      if (at == 0 || at >= data_.size() || data_.size() - at < kFreeBlockBytesMin) {
        return Damaged(offset_, "a free block outside its heap of names");
      }
      Cursor block(data_.subspan(at, kFreeBlockBytesMin), offset_ + at);
      const std::uint64_t next = block.U64();
      const std::uint64_t size = block.U64();
      if (size < kFreeBlockBytesMin || size > data_.size() - at ||
          blocks.size() >= data_.size() / kFreeBlockBytesMin) {
        return Damaged(offset_ + at, "a free block of a wrong size in a heap of names");
      }
      blocks.emplace_back(at, size);
      at = next;
    }
    std::ranges::sort(blocks);
    for (std::size_t i = 1; i < blocks.size(); ++i) {
      if (blocks[i].first - blocks[i - 1].first < blocks[i - 1].second) {
        return Damaged(offset_ + blocks[i].first, "free blocks over each other in a heap of names");
      }
    }
    return {};
  }

  Bytes data_;
  std::uint64_t offset_;
  std::uint64_t names_ = 0;
  std::uint64_t keys_ = 0;
};

class SymbolTableReader {
 public:
  SymbolTableReader(Image& image, const Superblock& superblock, LocalHeap& heap,
                    std::vector<Member>& members)
      : image_(image), superblock_(superblock), heap_(heap), members_(members) {}

  Checked Read(std::uint64_t btree) {
    const BTreeKind kind{0, 2 * superblock_.group_k, 8, 0, "a B-tree node of a group"};
    return WalkBTree(image_, btree, kind,
                     [this](std::uint64_t child, Bytes left, Bytes right, std::uint64_t offset) {
                       return ReadSymbols(child, Cursor(left, offset).U64(),
                                          Cursor(right, offset).U64());
                     });
  }

 private:
  Checked ReadSymbols(std::uint64_t address, std::uint64_t left_key, std::uint64_t right_key) {
    const std::uint64_t entries = 2 * superblock_.leaf_k;
    const Parsed<Bytes> block = image_.Claim(
        address, kSymbolNodeHeadBytes + kSymbolEntryBytes * entries, "a symbol table node");
    if (!block) return std::unexpected(block.error());
    const std::uint64_t offset = image_.Offset(address);
    Cursor in(*block, offset);
    if (!in.Signature("SNOD") || in.U8() != 1) {
      return Damaged(offset, "no symbol table node where one is due");
    }
    in.Skip(1);
    const std::uint16_t used = in.U16();
    if (used > entries) return Damaged(offset, "a symbol table node with too many entries");
    const Parsed<std::string_view> left = CheckedKey(left_key, offset);
    if (!left) return std::unexpected(left.error());
    for (int i = 0; i < used; ++i) {
      const std::uint64_t at = in.offset();
      const Parsed<SymbolEntry> entry = ReadSymbolEntry(in);
      if (!entry) return std::unexpected(entry.error());
      const Parsed<std::string_view> name = heap_.Name(entry->name);
      if (!name) return std::unexpected(name.error());
      if (*name <= *left || (!members_.empty() && *name <= members_.back().name)) {
        return Damaged(at, "a member's name stands twice, or out of order");
      }
      members_.push_back({*name, entry->header, entry->cached, entry->btree, entry->heap, at,
                          entry->soft ? LinkKind::kSoft : LinkKind::kHard});
      last_name_ = entry->name;
    }
    const Parsed<std::string_view> right = CheckedKey(right_key, offset);
    if (!right) return std::unexpected(right.error());
    return {};
  }

  // A key stands between two nodes, not below any name before it and below every name behind it:
  // the library looks names up by keys. Most often it is the last name itself.
  Parsed<std::string_view> CheckedKey(std::uint64_t key, std::uint64_t offset) {
    if (!members_.empty() && key == last_name_) return members_.back().name;
    const Parsed<std::string_view> text = heap_.Key(key);
    if (text && !members_.empty() && *text < members_.back().name) {
      return Damaged(offset, "a symbol table node with names behind its key");
    }
    return text;
  }

  Image& image_;
  const Superblock& superblock_;
  LocalHeap& heap_;
  std::vector<Member>& members_;
  std::uint64_t last_name_ = 0;  // of the last member, in the heap
};

}  // namespace

Parsed<SymbolEntry> ReadSymbolEntry(Cursor& in) {
  const std::uint64_t offset = in.offset();
  SymbolEntry entry;
  entry.name = in.U64();
  entry.header = in.U64();
  const std::uint32_t cache = in.U32();
  in.Skip(4);
  const std::uint64_t first = in.U64();
  const std::uint64_t second = in.U64();
  if (!in.ok()) return Damaged(offset, "a symbol table entry that is cut short");
  entry.soft = cache == 2;
  if (cache > 2) return Damaged(offset, "a symbol table entry of an unknown kind");
  if (cache == 1) {
    entry.cached = true;
    entry.btree = first;
    entry.heap = second;
  }
  return entry;
}

Checked ReadSymbolTable(Image& image, const Superblock& superblock, std::uint64_t btree,
                        std::uint64_t heap, std::vector<Member>& members) {
  Parsed<LocalHeap> names = LocalHeap::Read(image, heap);
  if (!names) return std::unexpected(names.error());
  return SymbolTableReader(image, superblock, *names, members).Read(btree);
}

Parsed<Member> ReadLink(Bytes data, std::uint64_t offset) {
  Cursor in(data, offset);
  const std::uint8_t version = in.U8();
  const std::uint8_t flags = in.U8();
  if (!in.ok() || version != 1 || (flags & 0xe0) != 0) {
    return Forbidden(offset, "a link of an unknown version");
  }
  const std::uint8_t type = (flags & 0x08) != 0 ? in.U8() : 0;
  if ((flags & 0x04) != 0) return Forbidden(offset, "links in order of creation (track_order)");
  if ((flags & 0x10) != 0 && in.U8() > 1) {
    return Forbidden(offset, "a link's name of an unknown character set");
  }
  const std::uint64_t length = in.Unsigned(std::size_t{1} << (flags & 3));
  const Bytes name = in.Span(length);
  if (!in.ok()) return Damaged(offset, "a link that is cut short");
  Member member;
  if (type != 0) {
    member.link = type == 1 ? LinkKind::kSoft : type == 64 ? LinkKind::kExternal : LinkKind::kUser;
  }
  member.name = {reinterpret_cast<const char*>(name.data()), name.size()};
  member.offset = offset;
  if (type != 0) return member;
  member.header = in.U64();
  if (!in.ok()) return Damaged(offset, "a link that is cut short");
  return member;
}

// Links and attributes say in the same words where they are kept.
static Parsed<DenseStorage> ReadInfo(Bytes data, std::uint64_t offset, const char* order) {
  Cursor in(data, offset);
  const std::uint8_t version = in.U8();
  const std::uint8_t flags = in.U8();
  if (!in.ok() || version != 0 || (flags & ~3) != 0) {
    return Forbidden(offset, "group information of an unknown version");
  }
  if (flags != 0) return Forbidden(offset, order);
  DenseStorage dense;
  dense.heap = in.U64();
  dense.names = in.U64();
  if (!in.ok()) return Damaged(offset, "group information that is cut short");
  if ((dense.heap == kUndefined) != (dense.names == kUndefined)) {
    return Damaged(offset, "a fractal heap without an index, or an index without one");
  }
  return dense;
}

Parsed<DenseStorage> ReadLinkInfo(Bytes data, std::uint64_t offset) {
  return ReadInfo(data, offset, "links in order of creation (track_order)");
}

Checked CheckAttributeInfo(Bytes data, std::uint64_t offset) {
  const Parsed<DenseStorage> dense =
      ReadInfo(data, offset, "attributes in order of creation (track_order)");
  if (!dense) return std::unexpected(dense.error());
  if (dense->used()) return Forbidden(offset, "attributes in dense storage (a fractal heap)");
  return {};
}

}  // namespace weightproof::h5
