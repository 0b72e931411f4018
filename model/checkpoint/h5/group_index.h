// The members of a group. Format: HDF5 File Format Specification, III.A to III.D and IV.A.2.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "model/checkpoint/h5/image.h"
#include "model/checkpoint/h5/superblock.h"

namespace weightproof::h5 {

// An entry of a symbol table, before its name is looked up.
struct SymbolEntry {
  std::uint64_t name = 0;  // offset in the local heap
  std::uint64_t header = kUndefined;
  bool soft = false;    // a soft link, not an object
  bool cached = false;  // the two below were given
  std::uint64_t btree = kUndefined, heap = kUndefined;
};
inline constexpr std::size_t kSymbolEntryBytes = 40;
Parsed<SymbolEntry> ReadSymbolEntry(Cursor& in);

enum class LinkKind : std::uint8_t { kHard, kSoft, kExternal, kUser };

struct Member {
  std::string_view name;  // in the file's bytes
  std::uint64_t header = kUndefined;
  // What an old group's entry repeats of the member's own symbol table message.
  bool cached = false;
  std::uint64_t btree = kUndefined, heap = kUndefined;
  std::uint64_t offset = 0;  // of the entry, for messages
  LinkKind link = LinkKind::kHard;
};

// The members that a symbol table lists, strictly ascending by name, as its B-tree must have them.
Checked ReadSymbolTable(Image& image, const Superblock& superblock, std::uint64_t btree,
                        std::uint64_t heap, std::vector<Member>& members);

// A link as a header message.
Parsed<Member> ReadLink(Bytes data, std::uint64_t offset);

// Where the links of a group of the newer kind lie when they are many; else in its messages.
struct DenseStorage {
  std::uint64_t heap = kUndefined, names = kUndefined;
  bool used() const { return heap != kUndefined; }
};

// Refuses links in order of creation.
Parsed<DenseStorage> ReadLinkInfo(Bytes data, std::uint64_t offset);
// Refuses attributes in fractal heaps and attributes in order of creation.
Checked CheckAttributeInfo(Bytes data, std::uint64_t offset);

}  // namespace weightproof::h5
