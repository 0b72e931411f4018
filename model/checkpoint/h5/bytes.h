// Bounded reading of little-endian fields, and how a failure is told before it has a path.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "model/error.h"

namespace weightproof::h5 {

static_assert(std::endian::native == std::endian::little);

using Bytes = std::span<const std::byte>;

inline constexpr std::uint64_t kUndefined = ~std::uint64_t{0};  // an address that leads nowhere

// What is wrong, and at which byte of the file. The reader adds the path.
struct Failure {
  ErrorKind kind;
  std::uint64_t offset;
  std::string message;
  std::string remedy;
};

template <class T>
using Parsed = std::expected<T, Failure>;
using Checked = std::expected<void, Failure>;

inline std::unexpected<Failure> Damaged(std::uint64_t offset, std::string message) {
  return std::unexpected(
      Failure{ErrorKind::kDamagedFile, offset, std::move(message), "copy or save the file again"});
}
inline std::unexpected<Failure> Forbidden(std::uint64_t offset, const std::string& what) {
  return std::unexpected(Failure{ErrorKind::kForbiddenFeature, offset, "found " + what,
                                 "write the file again without it, as Keras does"});
}
inline std::unexpected<Failure> Exceeds(std::uint64_t offset, std::string message,
                                        const std::string& limit) {
  return std::unexpected(
      Failure{ErrorKind::kLimitExceeded, offset, std::move(message),
              limit.empty() ? "save the file again with all values written"
                            : "raise Hdf5Limits::" + limit + " if the file can be trusted"});
}

// Takes fields one after the other. Past the end every field is zero and ok() stays false, so a
// parser may read a whole block and ask once; a loop must ask in each round.
class Cursor {
 public:
  // `offset`: where `bytes` begin in the file.
  Cursor(Bytes bytes, std::uint64_t offset) : bytes_(bytes), offset_(offset) {}

  bool ok() const { return ok_; }
  std::size_t left() const { return bytes_.size() - at_; }
  std::uint64_t offset() const { return offset_ + at_; }  // in the file, of the next field

  std::uint8_t U8() { return Take<std::uint8_t>(); }
  std::uint16_t U16() { return Take<std::uint16_t>(); }
  std::uint32_t U32() { return Take<std::uint32_t>(); }
  std::uint64_t U64() { return Take<std::uint64_t>(); }
  // An unsigned number of 1, 2, 4 or 8 bytes.
  std::uint64_t Unsigned(std::size_t bytes) {
    std::uint64_t value = 0;
    const Bytes taken = Span(bytes);
    if (!taken.empty()) std::memcpy(&value, taken.data(), taken.size());
    return value;
  }
  // The next `count` bytes; empty, and not ok, when there are fewer.
  Bytes Span(std::size_t count) {
    if (count > left()) {
      ok_ = false;
      at_ = bytes_.size();
      return {};
    }
    const Bytes taken = bytes_.subspan(at_, count);
    at_ += count;
    return taken;
  }
  void Skip(std::size_t count) { Span(count); }
  bool Signature(std::string_view expected) {
    const Bytes taken = Span(expected.size());
    return ok_ && std::memcmp(taken.data(), expected.data(), expected.size()) == 0;
  }

 private:
  template <class T>
  T Take() {
    T value{};
    const Bytes taken = Span(sizeof value);
    if (ok_) std::memcpy(&value, taken.data(), sizeof value);
    return value;
  }

  Bytes bytes_;
  std::uint64_t offset_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace weightproof::h5
