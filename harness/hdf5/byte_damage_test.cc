#include "harness/hdf5/byte_damage.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iostream>

#include "model/checkpoint/file.h"

namespace weightproof {
namespace {

constexpr std::size_t kFiles = 3;  // the smallest ones; scripts/damage_bytes takes all

std::vector<std::filesystem::path> SmallestGoldenFiles() {
  std::vector<std::filesystem::path> files;
  const std::filesystem::path folder = WEIGHTPROOF_SOURCE_DIR "/corpus/golden";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".h5") files.push_back(entry.path());
  }
  std::ranges::sort(files, {}, [](const std::filesystem::path& path) {
    return std::pair(std::filesystem::file_size(path), path.string());
  });
  files.resize(std::min(files.size(), kFiles));
  return files;
}

Result<Group> Strict(std::span<const std::byte> file) { return ReadHdf5(file, "file"); }

TEST(ByteDamage, IsRefusedOrMeansWhatTheLibraryReads) {
  ASSERT_EQ(SmallestGoldenFiles().size(), kFiles);
  for (const std::filesystem::path& path : SmallestGoldenFiles()) {
    const FileBytes file = ReadWholeFile(path.string()).value();
    const ByteDamageCounts counts = DamageEveryByte(file, Strict);
    std::cout << path.parent_path().filename().string() << "/" << path.filename().string() << ", "
              << file.size() << " bytes: " << counts.refused << " refused, " << counts.same_content
              << " of the same content, " << counts.other_content
              << " of another that the library reads too\n";
    EXPECT_GE(counts.refused, static_cast<int>(file.size())) << "every truncation is refused";
    EXPECT_GT(counts.total(), static_cast<int>(4 * file.size()));
    for (const std::string& finding : counts.findings) ADD_FAILURE() << path << ": " << finding;
  }
}

// A reader that stops comparing something must be seen.
TEST(ByteDamage, NoticesAReaderThatTakesTheLibrarysRefusalsForSound) {
  const FileBytes file = ReadWholeFile(SmallestGoldenFiles()[0].string()).value();
  const Group sound = Strict(file).value();
  const auto lax = [&sound](std::span<const std::byte>) -> Result<Group> { return sound; };
  const std::span<const std::byte> head(file);
  EXPECT_FALSE(DamageEveryByte(head.first(300), lax).findings.empty());
}

}  // namespace
}  // namespace weightproof
