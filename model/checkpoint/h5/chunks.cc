#include "model/checkpoint/h5/chunks.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "model/checkpoint/h5/btree.h"
#include "model/checkpoint/h5/checksum.h"

namespace weightproof::h5 {
namespace {

constexpr std::size_t kKeyHeadBytes = 8;  // stored bytes, filters left out

// Inflates into exactly `to`; all of `from` must be used.
bool Inflate(Bytes from, std::vector<std::byte>& to) {
  z_stream stream{};
  if (from.size() > 0xffffffffU || to.size() > 0xffffffffU || inflateInit(&stream) != Z_OK) {
    return false;
  }
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(from.data()));
  stream.avail_in = static_cast<uInt>(from.size());
  stream.next_out = reinterpret_cast<Bytef*>(to.data());
  stream.avail_out = static_cast<uInt>(to.size());
  const int end = inflate(&stream, Z_FINISH);
  const bool whole = end == Z_STREAM_END && stream.avail_out == 0 && stream.avail_in == 0;
  inflateEnd(&stream);
  return whole;
}

// Bytes of equal significance stand together; what is no whole element stays at the end.
void Unshuffle(Bytes from, std::size_t element, std::vector<std::byte>& to) {
  const std::size_t count = from.size() / element;
  for (std::size_t b = 0; count > 0 && b < element; ++b) {
    const std::byte* in = from.data() + b * count;
    for (std::size_t i = 0; i < count; ++i) to[i * element + b] = in[i];
  }
  std::ranges::copy(from.subspan(count * element),
                    to.begin() + static_cast<std::ptrdiff_t>(count * element));
}

class ChunkReader {
 public:
  ChunkReader(Image& image, const DatasetStorage& dataset, std::vector<std::byte> values,
              const Hdf5Limits& limits)
      : image_(image),
        dataset_(dataset),
        shape_(dataset.space.shape),
        chunk_(dataset.layout.chunk),
        rank_(dataset.space.shape.size()),
        ratio_max_(std::max<std::size_t>(limits.inflate_ratio_max, 1)),  // 1: nothing is compressed
        verifies_(limits.chunk_checksums),
        values_(std::move(values)) {}

  Checked Prepare() {
    const std::uint64_t offset = dataset_.layout.offset;
    if (dataset_.space.null_space || chunk_.size() != rank_ + 1 ||
        chunk_.back() != dataset_.type.file_bytes) {
      return Damaged(offset, "chunks of another rank or element size than the values");
    }
    chunk_bytes_ = 1;
    for (const std::uint32_t n : chunk_) {
      if (n == 0 || chunk_bytes_ > (std::uint64_t{1} << 32) / n) {
        return Damaged(offset, "chunks of no bytes, or of more than 4 GiB");
      }
      chunk_bytes_ *= n;
    }
    // A chunk takes its whole memory as soon as one value is written.
    if (chunk_bytes_ / ratio_max_ > image_.end()) {
      return Exceeds(offset, "a chunk larger than the file can hold", "inflate_ratio_max");
    }
    return {};
  }

  Checked Read(const Superblock& superblock) {
    if (dataset_.layout.address == kUndefined) return CheckWritten();
    const BTreeKind kind{1, 2 * superblock.chunk_k, kKeyHeadBytes + 8 * (rank_ + 1), kKeyHeadBytes,
                         "a B-tree node of chunks"};
    Checked read =
        WalkBTree(image_, dataset_.layout.address, kind,
                  [this](std::uint64_t child, Bytes left, Bytes right, std::uint64_t offset) {
                    return ReadChunk(child, left, right, offset);
                  });
    return read ? CheckWritten() : read;
  }

  std::vector<std::byte> values() && { return std::move(values_); }

 private:
  // Without a fill value every chunk must be there.
  Checked CheckWritten() const {
    if (dataset_.fill.defined) return {};
    std::uint64_t due = 1;
    for (std::size_t d = 0; d < rank_; ++d) {
      const auto n = static_cast<std::uint64_t>(shape_[d]);
      due *= n / chunk_[d] + (n % chunk_[d] != 0);
    }
    if (chunks_ == due) return {};
    return Damaged(dataset_.layout.offset,
                   "values that were never written, and nothing to fill in");
  }

  Checked ReadChunk(std::uint64_t address, Bytes key, Bytes next, std::uint64_t offset) {
    Cursor in(key, offset);
    Cursor behind(next, offset);
    const std::uint32_t stored_bytes = in.U32();
    const std::uint32_t left_out = in.U32();
    behind.Skip(kKeyHeadBytes);
    bool ascends = false;
    bool equal = true;
    for (std::size_t i = 0; i <= rank_; ++i) {
      at_[i] = in.U64();
      const std::uint64_t after = behind.U64();
      if (equal && after != at_[i]) {
        ascends = after > at_[i];
        equal = false;
      }
      const bool inside = i < rank_ ? at_[i] < static_cast<std::uint64_t>(shape_[i]) : at_[i] == 0;
      if (!inside || (i < rank_ && at_[i] % chunk_[i] != 0)) {
        return Damaged(offset, "a chunk that lies outside its dataset, or across others");
      }
    }
    if (!ascends) return Damaged(offset, "chunks out of order");
    const Parsed<Bytes> stored = image_.Claim(address, stored_bytes, "a chunk of values");
    if (!stored) return std::unexpected(stored.error());
    const std::uint64_t at = image_.Offset(address);
    if (chunk_bytes_ / ratio_max_ > stored_bytes) {
      return Exceeds(at,
                     "a chunk of " + std::to_string(chunk_bytes_) + " bytes in " +
                         std::to_string(stored_bytes) + " stored ones",
                     "inflate_ratio_max");
    }
    const Parsed<Bytes> plain = Unfilter(*stored, left_out, at);
    if (!plain) return std::unexpected(plain.error());
    Put(*plain);
    ++chunks_;
    return {};
  }

  // Undoes the filters from the last to the first.
  Parsed<Bytes> Unfilter(Bytes bytes, std::uint32_t left_out, std::uint64_t offset) {
    const std::vector<FilterStep>& steps = dataset_.filters;
    if (steps.size() < 32 && left_out >> steps.size() != 0) {
      return Damaged(offset, "a chunk that leaves out filters which the dataset does not have");
    }
    for (std::size_t i = steps.size(); i-- > 0;) {
      if ((left_out >> i & 1) != 0) continue;
      switch (steps[i].filter) {
        case Filter::kFletcher32: {
          if (bytes.size() < kChecksumBytes) return Damaged(offset, "a chunk without its checksum");
          const Bytes covered = bytes.first(bytes.size() - kChecksumBytes);
          Cursor sum(bytes.subspan(covered.size()), offset);
          if (verifies_ && sum.U32() != Fletcher32(covered)) {
            return Damaged(offset, "the checksum of a chunk is wrong");
          }
          bytes = covered;
          break;
        }
        case Filter::kShuffle:
          spare_.resize(bytes.size());
          Unshuffle(bytes, steps[i].value, spare_);
          std::swap(spare_, plain_);
          bytes = plain_;
          break;
        case Filter::kDeflate:
          spare_.resize(chunk_bytes_ + ChecksumsBefore(i, left_out));
          if (!Inflate(bytes, spare_)) {
            return Damaged(offset, "a chunk that does not inflate to its size");
          }
          std::swap(spare_, plain_);
          bytes = plain_;
          break;
      }
    }
    if (bytes.size() == chunk_bytes_) return bytes;
    return Damaged(offset, "a chunk of " + std::to_string(bytes.size()) + " bytes, and " +
                               std::to_string(chunk_bytes_) + " are due");
  }

  // Bytes that filters in front of filter `i` have added.
  std::size_t ChecksumsBefore(std::size_t i, std::uint32_t left_out) const {
    std::size_t bytes = 0;
    for (std::size_t j = 0; j < i; ++j) {
      const bool used = (left_out >> j & 1) == 0;
      if (used && dataset_.filters[j].filter == Filter::kFletcher32) bytes += kChecksumBytes;
    }
    return bytes;
  }

  // Copies the part of the chunk at `at_` that lies inside the dataset, run by run.
  void Put(Bytes chunk) {
    const std::uint64_t element = dataset_.type.file_bytes;
    const std::size_t last = rank_ - 1;
    std::array<std::uint64_t, 33> count{};
    std::array<std::uint64_t, 33> i{};
    for (std::size_t d = 0; d < rank_; ++d) {
      count[d] = std::min<std::uint64_t>(chunk_[d], static_cast<std::uint64_t>(shape_[d]) - at_[d]);
    }
    while (true) {
      std::uint64_t from = 0;
      std::uint64_t to = 0;
      for (std::size_t d = 0; d < rank_; ++d) {
        from = from * chunk_[d] + i[d];
        to = to * static_cast<std::uint64_t>(shape_[d]) + at_[d] + i[d];
      }
      std::memcpy(values_.data() + to * element, chunk.data() + from * element,
                  count[last] * element);
      std::size_t d = last;
      while (d > 0 && ++i[d - 1] == count[d - 1]) i[--d] = 0;
      if (d == 0) return;
    }
  }

  Image& image_;
  const DatasetStorage& dataset_;
  const Shape& shape_;
  const std::vector<std::uint32_t>& chunk_;
  const std::size_t rank_;
  const std::size_t ratio_max_;
  const bool verifies_;
  std::uint64_t chunk_bytes_ = 0;
  std::uint64_t chunks_ = 0;  // read
  std::vector<std::byte> values_;
  std::vector<std::byte> plain_, spare_;  // reused from chunk to chunk
  std::array<std::uint64_t, 33> at_{};
};

}  // namespace

Parsed<std::vector<std::byte>> ReadChunks(Image& image, const Superblock& superblock,
                                          const DatasetStorage& dataset,
                                          std::vector<std::byte> values, const Hdf5Limits& limits) {
  ChunkReader reader(image, dataset, std::move(values), limits);
  if (Checked prepared = reader.Prepare(); !prepared) return std::unexpected(prepared.error());
  if (Checked read = reader.Read(superblock); !read) return std::unexpected(read.error());
  return std::move(reader).values();
}

}  // namespace weightproof::h5
