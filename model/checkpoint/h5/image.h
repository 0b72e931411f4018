// The bytes of one file, handed out block by block.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "model/checkpoint/h5/bytes.h"

namespace weightproof::h5 {

// Every block that is parsed, metadata or values, is claimed here first. Blocks may not lie outside
// the file, and all claims together may not be larger than the file: so parsing ends, and its work
// and memory are linear in the file's size, whatever the file says. At the end CheckOwners asks
// that no byte has two owners.
class Image {
 public:
  // `base`: offset of the superblock; every address in the file counts from there. `end`: end of
  // the file as the superblock states it, from `base`.
  Image(Bytes file, std::uint64_t base) : file_(file), base_(base), end_(file.size() - base) {
    claims_.reserve(64);
  }

  std::uint64_t end() const { return end_; }
  std::uint64_t Offset(std::uint64_t address) const { return base_ + address; }

  // The `size` bytes at `address`. `what` names the block in the failure.
  Parsed<Bytes> Claim(std::uint64_t address, std::uint64_t size, const char* what);

  // The same without claiming, for the few bytes that tell a block's size.
  Parsed<Bytes> Peek(std::uint64_t address, std::uint64_t size, const char* what) const;

  // Fails when two claims overlap.
  Checked CheckOwners();

 private:
  Bytes file_;
  std::uint64_t base_;
  std::uint64_t end_;
  std::uint64_t claimed_ = 0;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> claims_;  // address, size
};

}  // namespace weightproof::h5
