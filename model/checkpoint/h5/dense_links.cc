#include "model/checkpoint/h5/dense_links.h"

#include <array>
#include <bit>
#include <optional>

#include "model/checkpoint/h5/checksum.h"
#include "model/checkpoint/h5/link_heap.h"

namespace weightproof::h5 {
namespace {

constexpr std::size_t kIndexHeadBytes = 38;
constexpr std::size_t kNodeHeadBytes = 6;
constexpr std::uint8_t kNameIndex = 5;
// As every version of the HDF5 library makes it (src/H5Gdense.c).
constexpr std::uint32_t kNodeBytes = 512;
constexpr std::size_t kHashBytes = 4;
constexpr std::size_t kRecordBytes = kHashBytes + LinkHeap::kIdBytes;
constexpr int kDepthMax = 8;  // more than 2^32 links

// What a node of one level can hold, and how it points to the level below.
struct Level {
  std::uint64_t records_max = 0;  // of one node
  std::uint64_t total_max = 0;    // of a node and all below it
  std::size_t total_bytes = 0;    // of a pointer's field for such a total; 0 in leaves
  std::size_t pointer_bytes = 0;
};

constexpr std::size_t BytesFor(std::uint64_t largest) {
  return static_cast<std::size_t>(std::bit_width(largest) - 1) / 8 + 1;
}

constexpr std::array<Level, kDepthMax + 1> Levels() {
  std::array<Level, kDepthMax + 1> levels;
  constexpr std::size_t kPrefix = kNodeHeadBytes + kChecksumBytes;
  levels[0].records_max = (kNodeBytes - kPrefix) / kRecordBytes;
  levels[0].total_max = levels[0].records_max;
  for (std::size_t i = 1; i < levels.size(); ++i) {
    Level& level = levels[i];
    const Level& below = levels[i - 1];
    level.pointer_bytes = 8 + BytesFor(levels[0].records_max) + below.total_bytes;
    level.records_max =
        (kNodeBytes - kPrefix - level.pointer_bytes) / (kRecordBytes + level.pointer_bytes);
    level.total_max = (level.records_max + 1) * below.total_max + level.records_max;
    level.total_bytes = BytesFor(level.total_max);
  }
  return levels;
}
constexpr std::array<Level, kDepthMax + 1> kLevels = Levels();

class DenseLinkReader {
 public:
  DenseLinkReader(Image& image, LinkHeap& heap, std::vector<Member>& members)
      : image_(image), heap_(heap), members_(members) {}

  Checked Read(std::uint64_t address) {
    const Parsed<Bytes> block = image_.Claim(address, kIndexHeadBytes, "an index of links");
    if (!block) return std::unexpected(block.error());
    const std::uint64_t offset = image_.Offset(address);
    Cursor in(*block, offset);
    if (!in.Signature("BTHD") || in.U8() != 0 || in.U8() != kNameIndex) {
      return Damaged(offset, "no index of links where one is due");
    }
    const std::uint32_t node_bytes = in.U32();
    const std::uint16_t record_bytes = in.U16();
    const std::uint16_t depth = in.U16();
    in.Skip(2);  // when to split and merge
    const std::uint64_t root = in.U64();
    const std::uint16_t root_records = in.U16();
    const std::uint64_t records = in.U64();
    if (in.U32() != Lookup3(block->first(kIndexHeadBytes - kChecksumBytes))) {
      return Damaged(offset, "the checksum of an index of links is wrong");
    }
    if (node_bytes != kNodeBytes || record_bytes != kRecordBytes || depth > kDepthMax) {
      return Forbidden(offset, "an index of a geometry that groups do not have");
    }
    if (root != kUndefined || root_records != 0) {
      if (Checked opened = Open({root, root_records, records}, depth); !opened) return opened;
    }
    if (Checked walked = Walk(); !walked) return walked;
    if (records_ != records) {
      return Damaged(offset, "an index that counts " + std::to_string(records) + " links, not " +
                                 std::to_string(records_));
    }
    return heap_.CheckObjects();
  }

 private:
  struct Pointer {
    std::uint64_t address;
    std::uint64_t records;  // of the node
    std::uint64_t total;    // of the node and all below it
  };
  struct Node {
    Bytes records;
    Bytes pointers;
    std::uint64_t offset;
    std::uint64_t before;  // records read when it was opened
    std::uint64_t total;
    std::size_t used;
    int level;
    std::size_t next = 0;
    bool below = false;  // the child at `next` was read
  };

  // From the first link to the last: child 0, record 0, child 1, ...
  Checked Walk() {
    while (!nodes_.empty()) {
      Node& node = nodes_.back();
      if (node.level > 0 && !node.below) {
        node.below = true;
        if (Checked opened = Open(PointerOf(node), node.level - 1); !opened) return opened;
        continue;
      }
      if (node.next == node.used) {
        if (records_ - node.before != node.total) {
          return Damaged(node.offset, "an index node that counts its links wrongly");
        }
        nodes_.pop_back();
        continue;
      }
      const std::size_t at = kRecordBytes * node.next++;
      node.below = false;
      const std::uint64_t offset = node.offset + kNodeHeadBytes + at;
      if (Checked read = ReadRecord(node.records.subspan(at, kRecordBytes), offset); !read) {
        return read;
      }
    }
    return {};
  }

  static Pointer PointerOf(const Node& node) {
    const auto level = static_cast<std::size_t>(node.level);
    const std::size_t bytes = kLevels[level].pointer_bytes;
    Cursor in(node.pointers.subspan(bytes * node.next, bytes), 0);
    Pointer pointer{};
    pointer.address = in.U64();
    pointer.records = in.Unsigned(BytesFor(kLevels[0].records_max));
    pointer.total = level == 1 ? pointer.records : in.Unsigned(kLevels[level - 1].total_bytes);
    return pointer;
  }

  Checked Open(const Pointer& pointer, int depth) {
    const Level& level = kLevels[static_cast<std::size_t>(depth)];
    const Parsed<Bytes> block = image_.Claim(pointer.address, kNodeBytes, "a node of an index");
    if (!block) return std::unexpected(block.error());
    const std::uint64_t offset = image_.Offset(pointer.address);
    Cursor in(*block, offset);
    if (!in.Signature(depth == 0 ? "BTLF" : "BTIN") || in.U8() != 0 || in.U8() != kNameIndex) {
      return Damaged(offset, "no node of this index where one is due");
    }
    if (pointer.records == 0 || pointer.records > level.records_max) {
      return Damaged(offset, "an index node of " + std::to_string(pointer.records) + " links");
    }
    Node node{};
    node.records = in.Span(kRecordBytes * pointer.records);
    if (depth > 0) node.pointers = in.Span(level.pointer_bytes * (pointer.records + 1));
    node.offset = offset;
    node.before = records_;
    node.total = pointer.total;
    node.used = pointer.records;
    node.level = depth;
    const std::size_t covered = block->size() - in.left();
    if (in.U32() != Lookup3(block->first(covered))) {
      return Damaged(offset, "the checksum of an index node is wrong");
    }
    nodes_.push_back(node);
    return {};
  }

  Checked ReadRecord(Bytes record, std::uint64_t offset) {
    Cursor in(record, offset);
    const std::uint32_t hash = in.U32();
    const Parsed<LinkHeap::Object> object = heap_.Find(record.subspan(kHashBytes), in.offset());
    if (!object) return std::unexpected(object.error());
    const Parsed<Member> link = ReadLink(object->bytes, object->offset);
    if (!link) return std::unexpected(link.error());
    if (hash != Lookup3(std::as_bytes(std::span(link->name)))) {
      return Damaged(offset, "an index entry whose checksum is not its link's");
    }
    const bool ascends =
        records_ == 0 || hash > hash_ || (hash == hash_ && link->name > members_.back().name);
    if (!ascends) return Damaged(offset, "index entries out of order");
    hash_ = hash;
    ++records_;
    members_.push_back(*link);
    return {};
  }

  Image& image_;
  LinkHeap& heap_;
  std::vector<Member>& members_;
  std::vector<Node> nodes_;
  std::uint64_t records_ = 0;  // read
  std::uint32_t hash_ = 0;     // of the last one
};

}  // namespace

Checked ReadDenseLinks(Image& image, std::uint64_t heap, std::uint64_t btree,
                       std::vector<Member>& members) {
  Parsed<LinkHeap> links = LinkHeap::Read(image, heap);
  if (!links) return std::unexpected(links.error());
  return DenseLinkReader(image, *links, members).Read(btree);
}

}  // namespace weightproof::h5
