// A dense row-major tensor in memory, the digest of its content, and dtype facts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weightproof {

using Shape = std::vector<std::int64_t>;

enum class DType : std::uint8_t {
  kFloat16,
  kBFloat16,
  kFloat32,
  kFloat64,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kUInt8,
  kUInt16,
  kUInt32,
  kUInt64,
  kBool,
};

std::string_view DTypeName(DType dtype);  // "float32", as numpy says it
std::optional<DType> DTypeFromName(std::string_view name);
std::size_t DTypeSize(DType dtype);  // bytes per element

// Whether every value of `from` is a value of `to` (float16 -> float32: yes; int32 -> float32: no).
bool WidensExactly(DType from, DType to);

std::string ShapeText(std::span<const std::int64_t> shape);  // "(3, 4)", "()" for a scalar

// Product of the dimensions; nullopt for a negative dimension or on overflow of 2^48.
std::optional<std::int64_t> ElementCount(std::span<const std::int64_t> shape);

// 64-byte aligned storage, so that Eigen's reductions meet the same alignment every time.
template <class T>
struct AlignedAllocator {
  using value_type = T;
  static constexpr std::align_val_t kAlignment{64};
  AlignedAllocator() = default;
  template <class U>
  AlignedAllocator(const AlignedAllocator<U>&) {}
  T* allocate(std::size_t n) { return static_cast<T*>(::operator new(n * sizeof(T), kAlignment)); }
  void deallocate(T* p, std::size_t) { ::operator delete(p, kAlignment); }
  bool operator==(const AlignedAllocator&) const { return true; }
};

// Bytes are little-endian, row-major. A tensor with an empty shape is a scalar (one element).
class Tensor {
 public:
  Tensor() = default;
  Tensor(DType dtype, Shape shape);  // zero-filled; the element count must exist

  DType dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }
  std::int64_t size() const { return size_; }  // elements
  std::span<std::byte> bytes() { return data_; }
  std::span<const std::byte> bytes() const { return data_; }

  // Elements as T; sizeof(T) must be the element size.
  template <class T>
  std::span<T> values() {
    return {reinterpret_cast<T*>(data_.data()), static_cast<std::size_t>(size_)};
  }
  template <class T>
  std::span<const T> values() const {
    return {reinterpret_cast<const T*>(data_.data()), static_cast<std::size_t>(size_)};
  }

  bool operator==(const Tensor& other) const;  // dtype, shape and bytes

 private:
  DType dtype_ = DType::kFloat32;
  Shape shape_;
  std::int64_t size_ = 0;
  std::vector<std::byte, AlignedAllocator<std::byte>> data_;
};

using Digest = std::array<std::uint8_t, 32>;
std::string DigestHex(const Digest& digest);

// SHA-256 over: the dtype's name, one newline, the dimensions in decimal joined by ",", one
// newline, then the row-major little-endian bytes. For a float32 scalar: "float32\n\n" + 4 bytes.
Digest TensorDigest(DType dtype, std::span<const std::int64_t> shape,
                    std::span<const std::byte> bytes);
Digest TensorDigest(const Tensor& tensor);

// SHA-256 over, for each pair in ascending order of id: the id, one newline, the tensor digest in
// 64 lower-case hexadecimal digits, one newline.
Digest ModelDigest(std::span<const std::pair<std::string, Digest>> variables);

// Converts element by element; exact where WidensExactly, else rounds to nearest even (out of
// range: infinity; float to integer is not offered). nullopt when the pair is not offered.
std::optional<Tensor> Convert(const Tensor& tensor, DType to);

}  // namespace weightproof
