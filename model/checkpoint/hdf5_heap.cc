#include "model/checkpoint/hdf5_heap.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace weightproof::hdf5 {
namespace {

static_assert(std::endian::native == std::endian::little);

template <class T>
T Load(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

// Global heap collection: "GCOL", version, 3 reserved bytes, size of the collection, then objects.
constexpr std::size_t kCollectionHeaderBytes = 16;
// Object: index (2), references (2), reserved (4), size (8), then the bytes padded to 8.
constexpr std::size_t kObjectHeaderBytes = 16;

}  // namespace

std::optional<Superblock> FindSuperblock(std::span<const std::byte> file) {
  constexpr char kSignature[] = "\x89HDF\r\n\x1a\n";
  constexpr std::size_t kNeededBytes = 24;
  for (std::uint64_t at = 0; at + kNeededBytes <= file.size(); at = at == 0 ? 512 : 2 * at) {
    const std::byte* block = file.data() + at;
    if (std::memcmp(block, kSignature, 8) != 0) continue;
    const int sizes = std::to_integer<int>(block[8]) < 2 ? 13 : 9;  // where the version keeps them
    return Superblock{at, std::to_integer<int>(block[sizes]),
                      std::to_integer<int>(block[sizes + 1])};
  }
  return std::nullopt;
}

std::optional<std::string_view> ResolveVlenReference(std::span<const std::byte> file,
                                                     std::uint64_t base,
                                                     const std::byte* reference) {
  const auto length = Load<std::uint32_t>(reference);
  const auto address = Load<std::uint64_t>(reference + 4);
  const auto wanted = Load<std::uint32_t>(reference + 12);
  if (length == 0) return std::string_view();
  const std::uint64_t space = file.size() - base;
  if (address > space || space - address < kCollectionHeaderBytes) return std::nullopt;
  const std::byte* collection = file.data() + base + address;
  if (std::memcmp(collection, "GCOL\x01", 5) != 0) return std::nullopt;
  const std::uint64_t end = Load<std::uint64_t>(collection + 8);
  if (end > space - address) return std::nullopt;
  std::uint64_t at = kCollectionHeaderBytes;
  while (at <= end && end - at >= kObjectHeaderBytes) {
    const auto index = Load<std::uint16_t>(collection + at);
    const auto size = Load<std::uint64_t>(collection + at + 8);
    if (index == 0) return std::nullopt;  // the free space behind the last object
    at += kObjectHeaderBytes;
    if (size > end - at) return std::nullopt;
    if (index == wanted) {
      if (length > size) return std::nullopt;
      const auto* text = reinterpret_cast<const char*>(collection + at);
      return std::string_view(text, std::find(text, text + length, '\0'));
    }
    at += (size + 7) / 8 * 8;
  }
  return std::nullopt;
}

}  // namespace weightproof::hdf5
