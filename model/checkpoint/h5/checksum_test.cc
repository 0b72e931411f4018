#include "model/checkpoint/h5/checksum.h"

#include <gtest/gtest.h>

#include <array>
#include <utility>
#include <vector>

namespace weightproof::h5 {
namespace {

// The superblock of an empty file that h5py 3.14 wrote with libver="latest".
TEST(Checksum, Lookup3IsTheOneOfARealSuperblock) {
  constexpr std::array<unsigned char, 44> kBlock{
      0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a, 0x03, 0x08, 0x08, 0x00, 0x00, 0x00, 0x00,
      0x00, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xb3, 0x00,
      0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x30, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};
  EXPECT_EQ(Lookup3(std::as_bytes(std::span(kBlock))), 0x8b565595U);
}

// Chunks of the bytes 37 i + 11 behind h5py's fletcher32 filter.
TEST(Checksum, Fletcher32IsTheOneOfRealChunks) {
  constexpr std::pair<std::size_t, std::uint32_t> kChunks[] = {
      {5, 0x6b85ffaa}, {8, 0x55c7e97d}, {721, 0xa8ab7e6c}, {1441, 0xb1ff7159}};
  for (const auto& [size, expected] : kChunks) {
    std::vector<std::byte> bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(37 * i + 11);
    EXPECT_EQ(Fletcher32(bytes), expected) << size;
  }
}

}  // namespace
}  // namespace weightproof::h5
