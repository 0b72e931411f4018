#include "fuzz/checksum_repair.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "fuzz/engine.h"
#include "fuzz/tree_mutator.h"
#include "model/checkpoint/h5/checksum.h"

namespace weightproof::fuzz {
namespace {

constexpr std::size_t kSum = h5::kChecksumBytes;
constexpr std::size_t kSuperblockBytes = 48;
constexpr std::size_t kHeapBytes = 146;
constexpr std::size_t kHeapBlockHeadBytes = 17;  // and its place in the heap
constexpr std::size_t kIndexBytes = 38;
constexpr std::size_t kNodeHeadBytes = 6;

class Repair {
 public:
  explicit Repair(std::span<std::byte> file) : file_(file) {}

  void Run() {
    for (std::size_t at = 0; at + 4 <= file_.size(); ++at) {
      const std::string_view four(reinterpret_cast<const char*>(file_.data()) + at, 4);
      if (four == "OHDR") {
        Header(at);
      } else if (four == "FRHP") {
        Sum(at, kHeapBytes - kSum);
      } else if (four == "FHDB") {
        HeapBlock(at);
      } else if (four == "FHIB") {
        HeapTable(at);
      } else if (four == "BTHD") {
        Index(at);
      } else if (four == "\x89HDF" && Number(at + 8, 1) >= 2) {
        Sum(at, kSuperblockBytes - kSum);
      }
    }
  }

 private:
  // 0 behind the end.
  std::uint64_t Number(std::uint64_t at, std::size_t bytes) const {
    std::uint64_t value = 0;
    if (at > file_.size() || bytes > file_.size() - at) return value;
    for (std::size_t i = bytes; i-- > 0;) {
      value = value << 8 | std::to_integer<std::uint64_t>(file_[at + i]);
    }
    return value;
  }

  bool Holds(std::uint64_t at, std::uint64_t bytes) const {
    return at <= file_.size() && bytes <= file_.size() - at;
  }

  void Put(std::uint64_t at, std::uint32_t sum) {
    for (std::size_t i = 0; i < kSum; ++i) file_[at + i] = static_cast<std::byte>(sum >> 8 * i);
  }

  // Over `covered` bytes, which it stands behind.
  void Sum(std::uint64_t at, std::uint64_t covered) {
    if (covered > file_.size() || !Holds(at, covered + kSum)) return;
    Put(at + covered, h5::Lookup3(std::span<const std::byte>(file_).subspan(at, covered)));
  }

  void Header(std::size_t at) {
    const auto flags = static_cast<unsigned>(Number(at + 5, 1));
    const std::size_t size_bytes = std::size_t{1} << (flags & 3);
    const std::size_t head =
        6 + ((flags & 0x20) != 0 ? 16U : 0U) + ((flags & 0x10) != 0 ? 4U : 0U) + size_bytes;
    const std::uint64_t size = Number(at + head - size_bytes, size_bytes);
    if (!Holds(at + head, size)) return;
    Sum(at, head + size);
    Messages(at + head, size, flags);
  }

  // Continuations are named in messages; each is summed once for each that names it.
  void Messages(std::uint64_t at, std::uint64_t size, unsigned flags) {
    const std::size_t head = (flags & 0x04) != 0 ? 6 : 4;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> blocks = {{at, size}};
    for (std::size_t i = 0; i < blocks.size() && i < 16; ++i) {
      const auto [begin, bytes] = blocks[i];
      for (std::uint64_t next = 0; next + head <= bytes;) {
        const std::uint64_t message = begin + next;
        if (Number(message, 1) == 0x10) {
          const std::uint64_t address = Number(message + head, 8);
          const std::uint64_t length = Number(message + head + 8, 8);
          if (length >= 8 && Holds(address, length)) {
            Sum(address, length - kSum);
            blocks.emplace_back(address + 4, length - 8);
          }
        }
        next += head + Number(message + 1, 2);
      }
    }
  }

  // What a heap's header at `heap` says of all its blocks.
  struct Geometry {
    std::uint64_t width, first_bytes, head_bytes;
  };
  std::optional<Geometry> GeometryOf(std::uint64_t heap) const {
    if (!Holds(heap, kHeapBytes)) return std::nullopt;
    const Geometry geometry{Number(heap + 110, 2), Number(heap + 112, 8),
                            kHeapBlockHeadBytes + (Number(heap + 128, 2) + 7) / 8};
    const bool usable = geometry.width > 0 && geometry.width <= 64 && geometry.first_bytes > 0 &&
                        geometry.first_bytes <= 65536 && geometry.head_bytes <= 32;
    return usable ? std::optional(geometry) : std::nullopt;
  }

  // Of the block that begins `at` bytes into its heap: the first two rows have blocks of one size,
  // each row behind them of twice the size of that before.
  static std::uint64_t BlockBytes(const Geometry& geometry, std::uint64_t at) {
    std::uint64_t size = geometry.first_bytes;
    for (std::uint64_t row = 2 * geometry.width * size; row <= at && row < 1ULL << 40; row *= 2) {
      size *= 2;
    }
    return size;
  }

  std::uint64_t PlaceInHeap(std::uint64_t block, const Geometry& geometry) const {
    return Number(block + 13, geometry.head_bytes - kHeapBlockHeadBytes);
  }

  void HeapBlock(std::size_t at) {
    const auto geometry = GeometryOf(Number(at + 5, 8));
    if (!geometry) return;
    const std::uint64_t size = BlockBytes(*geometry, PlaceInHeap(at, *geometry));
    if (!Holds(at, size) || size < geometry->head_bytes) return;
    // It counts as zero in itself.
    const std::uint64_t sum = at + geometry->head_bytes - kSum;
    Put(sum, 0);
    Put(sum, h5::Lookup3(std::span<const std::byte>(file_).subspan(at, size)));
  }

  void HeapTable(std::size_t at) {
    const std::uint64_t heap = Number(at + 5, 8);
    const auto geometry = GeometryOf(heap);
    if (!geometry) return;
    std::uint64_t rows = Number(heap + 140, 2);
    if (Number(heap + 132, 8) != at) {
      const std::uint64_t size = BlockBytes(*geometry, PlaceInHeap(at, *geometry));
      rows = 1;
      for (std::uint64_t bytes = geometry->width * geometry->first_bytes; bytes < size;
           bytes *= 2) {
        ++rows;
      }
    }
    Sum(at, geometry->head_bytes - kSum + 8 * geometry->width * rows);
  }

  void Index(std::size_t at) {
    Sum(at, kIndexBytes - kSum);
    const std::uint64_t node_bytes = Number(at + 6, 4);
    const std::uint64_t record_bytes = Number(at + 10, 2);
    const std::uint64_t depth = Number(at + 12, 2);
    if (node_bytes < 64 || node_bytes > 65536 || record_bytes == 0 || depth > 4) return;
    if (record_bytes > node_bytes / 8) return;
    levels_.clear();
    constexpr std::uint64_t kPrefix = kNodeHeadBytes + kSum;
    levels_.push_back({(node_bytes - kPrefix) / record_bytes, 0});
    std::uint64_t total = levels_[0].records_max;
    for (std::uint64_t i = 1, total_bytes = 0; i <= depth; ++i) {
      const std::uint64_t pointer = 8 + BytesFor(levels_[0].records_max) + total_bytes;
      const std::uint64_t most = (node_bytes - kPrefix - pointer) / (record_bytes + pointer);
      levels_.push_back({most, pointer});
      total = (most + 1) * total + most;
      total_bytes = BytesFor(total);
    }
    nodes_left_ = 64;
    Node(Number(at + 16, 8), depth, Number(at + 24, 2), record_bytes);
  }

  static std::uint64_t BytesFor(std::uint64_t largest) {
    return (std::bit_width(largest) + 7U) / 8;
  }

  void Node(std::uint64_t at, std::uint64_t depth, std::uint64_t records,
            std::uint64_t record_bytes) {
    if (nodes_left_ == 0 || !Holds(at, kNodeHeadBytes)) return;
    --nodes_left_;
    const Level& level = levels_[depth];
    if (records > level.records_max) return;
    const std::uint64_t pointers = at + kNodeHeadBytes + records * record_bytes;
    const std::uint64_t bytes = depth > 0 ? level.pointer_bytes * (records + 1) : 0;
    Sum(at, pointers + bytes - at);
    for (std::uint64_t i = 0; depth > 0 && i <= records; ++i) {
      const std::uint64_t pointer = pointers + i * level.pointer_bytes;
      Node(Number(pointer, 8), depth - 1, Number(pointer + 8, BytesFor(levels_[0].records_max)),
           record_bytes);
    }
  }

  struct Level {
    std::uint64_t records_max, pointer_bytes;
  };
  std::vector<Level> levels_;  // of the index that is looked at, from the leaves up
  int nodes_left_ = 0;
  std::span<std::byte> file_;
};

}  // namespace

void RepairChecksums(std::span<std::byte> file) { Repair(file).Run(); }

std::size_t MutateHdf5(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed) {
  if (!MutatesStructure()) return MutateBytes(data, size, max_size);
  const std::span<std::uint8_t> room(data, max_size);
  if (seed % 4 == 0) {
    const auto changed = MutateTree(std::as_bytes(room.first(size)), seed / 8, max_size);
    if (changed) {
      std::ranges::copy(*changed, std::as_writable_bytes(room).begin());
      return changed->size();
    }
  }
  const std::size_t bytes = MutateBytes(data, size, max_size);
  // Now and then a wrong checksum is what is to be tried.
  if (seed % 8 != 7) RepairChecksums(std::as_writable_bytes(room.first(bytes)));
  return bytes;
}

}  // namespace weightproof::fuzz
