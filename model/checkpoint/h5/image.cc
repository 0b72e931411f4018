#include "model/checkpoint/h5/image.h"

#include <algorithm>

namespace weightproof::h5 {

Parsed<Bytes> Image::Peek(std::uint64_t address, std::uint64_t size, const char* what) const {
  if (address > end_ || size > end_ - address) {
    const std::string where =
        address == kUndefined ? "no address" : "address " + std::to_string(address);
    return Damaged(Offset(std::min(address, end_)),
                   std::string(what) + " of " + std::to_string(size) + " bytes at " + where +
                       ", and the file ends at " + std::to_string(end_));
  }
  return file_.subspan(base_ + address, size);
}

Parsed<Bytes> Image::Claim(std::uint64_t address, std::uint64_t size, const char* what) {
  Parsed<Bytes> block = Peek(address, size, what);
  if (!block || size == 0) return block;
  if (size > end_ - claimed_) {
    return Damaged(Offset(address), std::string(what) + " lies over other blocks of the file");
  }
  claimed_ += size;
  claims_.emplace_back(address, size);
  return block;
}

Checked Image::CheckOwners() {
  std::ranges::sort(claims_);
  for (std::size_t i = 1; i < claims_.size(); ++i) {
    if (claims_[i].first - claims_[i - 1].first < claims_[i - 1].second) {
      return Damaged(Offset(claims_[i].first), "two blocks of the file lie over each other");
    }
  }
  return {};
}

}  // namespace weightproof::h5
