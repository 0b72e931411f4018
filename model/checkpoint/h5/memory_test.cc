// The bounds of reader.h, held against every allocation that the reader makes.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <new>

#include "model/checkpoint/h5/reader.h"

namespace {

std::atomic<std::size_t> live_bytes{0};
std::atomic<std::size_t> peak_bytes{0};
constexpr std::size_t kHead = alignof(std::max_align_t);

void* Allocate(std::size_t size) {
  auto* block = static_cast<std::size_t*>(std::malloc(size + kHead));
  if (block == nullptr) throw std::bad_alloc();
  *block = size;
  const std::size_t live = live_bytes += size;
  if (live > peak_bytes) peak_bytes = live;
  return reinterpret_cast<char*>(block) + kHead;
}

void Free(void* memory) {
  if (memory == nullptr) return;
  auto* block = reinterpret_cast<std::size_t*>(static_cast<char*>(memory) - kHead);
  live_bytes -= *block;
  std::free(block);
}

}  // namespace

void* operator new(std::size_t size) { return Allocate(size); }
void* operator new[](std::size_t size) { return Allocate(size); }
void operator delete(void* memory) noexcept { Free(memory); }
void operator delete[](void* memory) noexcept { Free(memory); }
void operator delete(void* memory, std::size_t) noexcept { Free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { Free(memory); }

namespace weightproof::h5 {
namespace {

namespace fs = std::filesystem;

std::vector<std::byte> BytesOf(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  const auto* bytes = reinterpret_cast<const std::byte*>(text.data());
  return {bytes, bytes + text.size()};
}

std::vector<fs::path> Files(const std::string& folder) {
  std::vector<fs::path> files;
  for (const auto& entry :
       fs::recursive_directory_iterator(std::string(WEIGHTPROOF_SOURCE_DIR) + "/" + folder)) {
    if (entry.path().extension() == ".h5") files.push_back(entry.path());
  }
  return files;
}

struct Use {
  std::size_t bytes;
  bool accepted;
};

// Values are views, so what is counted is what the reader takes besides the file.
Use MemoryOf(std::span<const std::byte> file, const Hdf5Limits& limits) {
  const auto keep_alive = std::make_shared<int>(0);
  const std::size_t before = live_bytes;
  peak_bytes = before;
  const bool accepted = ReadTree(file, "file", limits, keep_alive).has_value();
  return {peak_bytes - before, accepted};
}

// Values that were never written, or lie in chunks, are no views: they are at most n bytes more.
std::size_t Bound(std::size_t file_bytes) {
  return (kMemoryPerByte + 1) * file_bytes + kMemoryFixed;
}

TEST(ReaderMemory, StaysWithinItsBoundForSoundFiles) {
  Hdf5Limits limits;
  limits.deflate = false;
  std::size_t accepted = 0;
  for (const char* folder : {"corpus/golden", "model/checkpoint/testdata"}) {
    for (const fs::path& path : Files(folder)) {
      const std::vector<std::byte> file = BytesOf(path);
      const Use use = MemoryOf(file, limits);
      EXPECT_LE(use.bytes, Bound(file.size())) << path;
      accepted += use.accepted;
    }
  }
  EXPECT_GT(accepted, 200U);
}

TEST(ReaderMemory, StaysWithinItsBoundForDamagedFiles) {
  Hdf5Limits limits;
  limits.deflate = false;
  for (const fs::path& path : Files("model/checkpoint/testdata")) {
    std::vector<std::byte> file = BytesOf(path);
    if (file.size() > 24'000) continue;
    for (std::size_t at = 0; at < file.size(); at += 3) {
      const std::byte sound = file[at];
      for (const std::byte value : {std::byte{0xff}, std::byte{0x7f}}) {
        file[at] = value;
        ASSERT_LE(MemoryOf(file, limits).bytes, Bound(file.size())) << path << " byte " << at;
      }
      file[at] = sound;
    }
  }
}

TEST(ReaderMemory, OfCompressedValuesStaysWithinTheirRatio) {
  Hdf5Limits limits;
  limits.inflate_ratio_max = 50;
  for (const fs::path& path : Files("model/checkpoint/testdata")) {
    std::vector<std::byte> file = BytesOf(path);
    if (file.size() > 24'000) continue;
    const std::size_t bound =
        Bound(file.size()) + kMemoryPerInflated * limits.inflate_ratio_max * file.size();
    for (std::size_t at = 0; at < file.size(); at += 7) {
      const std::byte sound = file[at];
      file[at] = std::byte{0xff};
      ASSERT_LE(MemoryOf(file, limits).bytes, bound) << path << " byte " << at;
      file[at] = sound;
    }
  }
}

}  // namespace
}  // namespace weightproof::h5
