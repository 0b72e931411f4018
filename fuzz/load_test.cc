#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <utility>

#include "fuzz/checkpoint_models.h"
#include "fuzz/checksum_repair.h"
#include "fuzz/driver.h"
#include "fuzz/load_seeds.h"
#include "fuzz/peak_memory.h"
#include "fuzz/seed_edits.h"
#include "fuzz/tree_mutator.h"
#include "harness/properties/checkpoint_loading.h"
#include "model/checkpoint/file.h"
#include "model/checkpoint/hdf5.h"

namespace weightproof::fuzz {
namespace {

constexpr CheckpointFamily kFamilies[] = {CheckpointFamily::kLegacyH5,
                                          CheckpointFamily::kWeightsH5};

std::string Source(const std::string& path) {
  return std::string(WEIGHTPROOF_SOURCE_DIR) + "/" + path;
}

std::vector<std::byte> ReadBytes(const std::string& path) {
  const auto bytes = ReadWholeFile(path);
  EXPECT_TRUE(bytes.has_value()) << path;
  if (!bytes) return {};
  return {bytes->begin(), bytes->end()};
}

CheckpointLoadingResult Check(std::span<const std::byte> file, CheckpointFamily family) {
  return CheckCheckpointLoading(file, family, CheckpointModels(), ScratchFolder());
}

TEST(CheckpointModels, AreToldApartByTheirWeights) {
  std::set<std::pair<std::size_t, std::int64_t>> sizes;
  for (const Network& network : CheckpointModels()) {
    std::int64_t elements = 0;
    for (const Tensor& variable : network.variables()) elements += variable.size();
    EXPECT_TRUE(sizes.emplace(network.variables().size(), elements).second);
  }
  EXPECT_GE(sizes.size(), 12U);
}

TEST(CheckpointModels, LoadTheirOwnFilesWithoutOptions) {
  int files = 0;
  for (const std::string_view name : CheckpointModelNames()) {
    for (const char* file : {"legacy.h5", "model.h5", "new.weights.h5"}) {
      const std::string path = Source("corpus/golden/") + std::string(name) + "/" + file;
      // Of models/ there are no golden files.
      if (!std::filesystem::exists(path)) continue;
      const CheckpointLoadingResult result = Check(
          ReadBytes(path), std::string_view(file).starts_with("new") ? CheckpointFamily::kWeightsH5
                                                                     : CheckpointFamily::kLegacyH5);
      EXPECT_TRUE(result.accepted) << path;
      EXPECT_EQ(result.verdict.kind, VerdictKind::kHeld) << path << result.verdict.evidence;
      ++files;
    }
  }
  EXPECT_GE(files, 30);
}

TEST(PeakMemory, IsTheMostAtOnceSinceItsMaking) {
  const std::vector<std::byte> before(1'000'000);
  const PeakMemory peak;
  for (int i = 0; i < 3; ++i) {
    std::vector<std::byte> bytes(300'000);
    bytes[static_cast<std::size_t>(i)] = std::byte{1};
    EXPECT_EQ(std::ranges::count(bytes, std::byte{1}), 1);
  }
  // Only a sanitizer's allocator tells.
  EXPECT_GE(peak.bytes(), PeakMemory::IsMeasured() ? 300'000U : 0U);
  EXPECT_LE(peak.bytes(), PeakMemory::IsMeasured() ? 400'000U : 0U);
}

TEST(PeakMemory, OfALoadStaysWithinItsBoundAndIsNotFarBelow) {
  for (const LoadSeed& seed : LoadSeeds(CheckpointFamily::kLegacyH5)) {
    const std::string path = ScratchFolder() + "/seed.h5";
    ASSERT_TRUE(WriteFileAtomically(path, seed.bytes, {.sync = false}));
    Network& network = CheckpointModels()[0];
    const PeakMemory peak;
    (void)LoadWeights(network, path);
    EXPECT_LE(peak.bytes(), LoadingBound(seed.bytes.size(), network));
    EXPECT_GE(peak.bytes(), PeakMemory::IsMeasured() ? seed.bytes.size() : 0U);
  }
}

TEST(PeakMemoryDeathTest, OverABoundAborts) {
  RequireMemory(100, 100);
  SetInputOfTarget("hello");
  EXPECT_DEATH(RequireMemory(101, 100), "memory-over-bound.*\n101 bytes at once.*\ninput:\nhello");
}

TEST(LoadSeeds, LoadWhereTheyAreSaidTo) {
  for (const CheckpointFamily family : kFamilies) {
    int loaded = 0;
    for (const LoadSeed& seed : LoadSeeds(family)) {
      const CheckpointLoadingResult result = Check(seed.bytes, family);
      EXPECT_EQ(result.accepted, seed.loads) << seed.name;
      EXPECT_EQ(result.verdict.kind, VerdictKind::kHeld) << seed.name << result.verdict.evidence;
      loaded += seed.loads ? 1 : 0;
    }
    EXPECT_GE(loaded, 4);
  }
}

// After a change of the writer: weightproof_write_load_seeds corpus/fuzz
TEST(LoadSeeds, StandInTheCorpus) {
  for (const CheckpointFamily family : kFamilies) {
    const bool legacy = family == CheckpointFamily::kLegacyH5;
    const std::string folder =
        Source(legacy ? "corpus/fuzz/fuzz_load_legacy_h5/" : "corpus/fuzz/fuzz_load_weights_h5/");
    for (const LoadSeed& seed : LoadSeeds(family)) {
      Result<Group> stored = ReadHdf5(ReadBytes(folder + seed.name), seed.name);
      ASSERT_TRUE(stored.has_value()) << stored.error().Text();
      Group due = ReadHdf5(seed.bytes, seed.name).value();
      // Another HDF5 library may write other bytes, whose digest chooses otherwise.
      DropAttribute(*stored, "", kSalt);
      DropAttribute(due, "", kSalt);
      EXPECT_EQ(FirstDifference(*stored, due), "") << seed.name;
    }
  }
}

TEST(LoadSeeds, AreLoadedWithTheOptionsThatTheyAreThereFor) {
  const auto options = [](const char* name) {
    return OptionsFor(ReadBytes(Source("corpus/fuzz/fuzz_load_legacy_h5/") + name));
  };
  EXPECT_TRUE(options("by-name.h5").by_name);
  EXPECT_FALSE(options("by-name.h5").trust_auto_names);
  EXPECT_TRUE(options("by-name-trusted.h5").trust_auto_names);
  EXPECT_TRUE(options("by-name-partial.h5").partial);
  EXPECT_TRUE(options("shape-skipped.h5").skip_mismatch);
  EXPECT_TRUE(options("owner-differs.h5").assume_order);
  EXPECT_TRUE(options("float64-narrowed.h5").allow_narrowing);
}

TEST(LoadSeeds, LoadWithTheOptionsThatLetThemPass) {
  for (const char* name : {"by-name-trusted.h5", "by-name-partial.h5", "by-name-skipping.h5",
                           "shape-skipped.h5", "owner-differs.h5", "nested-out-of-order.h5",
                           "given-name-elsewhere.h5", "float64-narrowed.h5"}) {
    const CheckpointLoadingResult result = Check(
        ReadBytes(Source("corpus/fuzz/fuzz_load_legacy_h5/") + name), CheckpointFamily::kLegacyH5);
    EXPECT_TRUE(result.accepted_with_options) << name;
  }
}

TEST(TreeMutator, GivesFilesThatDifferAndRepeatAndStillLoadNowAndThen) {
  constexpr std::size_t kFileBytesMax = 65536;
  const std::vector<std::byte> seed = LoadSeeds(CheckpointFamily::kLegacyH5).front().bytes;
  int made = 0;
  int changed = 0;
  int loaded = 0;
  for (unsigned i = 0; i < 300; ++i) {
    const auto file = MutateTree(seed, i, kFileBytesMax);
    if (!file) continue;
    ++made;
    EXPECT_EQ(file, MutateTree(seed, i, kFileBytesMax));
    EXPECT_TRUE(ReadHdf5(*file, "file").has_value());
    changed += *file != seed ? 1 : 0;
    const CheckpointLoadingResult result = Check(*file, CheckpointFamily::kLegacyH5);
    EXPECT_NE(result.verdict.kind, VerdictKind::kFalsified) << result.verdict.evidence;
    loaded += result.accepted ? 1 : 0;
  }
  EXPECT_GE(made, 200);
  EXPECT_GE(changed, 200);
  EXPECT_GE(loaded, 20);
  EXPECT_LE(loaded, 250);
  EXPECT_FALSE(MutateTree(seed, 1, 100));
  EXPECT_FALSE(MutateTree(std::span(seed).first(100), 1, kFileBytesMax));
}

std::vector<std::byte> TestFile(const std::string& name) {
  std::ifstream file(WEIGHTPROOF_SOURCE_DIR "/model/checkpoint/testdata/" + name, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

TEST(ChecksumRepair, LeavesSoundFilesAsTheyAre) {
  for (const char* name : {"dense.h5", "latest.h5", "library_only.weights.h5"}) {
    const std::vector<std::byte> sound = TestFile(name);
    ASSERT_FALSE(sound.empty()) << name;
    std::vector<std::byte> repaired = sound;
    RepairChecksums(repaired);
    EXPECT_TRUE(repaired == sound) << name;
  }
}

TEST(ChecksumRepair, LetsChangesGetPastTheChecksums) {
  int sums[2] = {};
  for (const char* name : {"dense.h5", "latest.h5"}) {
    const std::vector<std::byte> sound = TestFile(name);
    for (std::size_t at = 0; at < sound.size(); at += 13) {
      std::vector<std::byte> changed = sound;
      changed[at] ^= std::byte{0x11};
      for (int& wrong : sums) {
        const Result<Group> read = ReadHdf5(changed, "file");
        wrong += !read && read.error().message.contains("the checksum of");
        RepairChecksums(changed);
      }
    }
  }
  EXPECT_GT(sums[0], 1000);
  EXPECT_LT(sums[1], sums[0] / 20);
}

}  // namespace
}  // namespace weightproof::fuzz
