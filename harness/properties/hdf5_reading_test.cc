#include "harness/properties/hdf5_reading.h"

#include <gtest/gtest.h>

#include "model/checkpoint/file.h"

namespace weightproof {
namespace {

std::vector<std::byte> BytesAt(const std::string& path) {
  const FileBytes file = ReadWholeFile(std::string(WEIGHTPROOF_SOURCE_DIR) + "/" + path).value();
  return {file.begin(), file.end()};
}

std::vector<std::byte> Sound() { return BytesAt("model/checkpoint/testdata/storage.h5"); }

using FileSpan = std::span<const std::byte>;

Result<Group> Tree(FileSpan file, const std::string& place, const Hdf5Limits& limits = {}) {
  return ReadHdf5(file, place, limits);
}

TEST(Hdf5Reading, HoldsForSoundAndForDamagedFiles) {
  std::vector<std::byte> file = Sound();
  const Hdf5ReadingResult sound = CheckHdf5Reading(file);
  EXPECT_TRUE(sound.accepted);
  EXPECT_EQ(sound.verdict.kind, VerdictKind::kHeld) << sound.verdict.evidence;
  EXPECT_TRUE(CheckHdf5Agreement(file, 0).accepted);
  file.resize(file.size() / 2);
  const Hdf5ReadingResult cut = CheckHdf5Reading(file);
  EXPECT_FALSE(cut.accepted);
  EXPECT_EQ(cut.verdict.kind, VerdictKind::kHeld) << cut.verdict.evidence;
}

TEST(Hdf5Reading, NoticesAReaderThatGivesNonsense) {
  const auto kind = [](ReadTreeFunction strict) {
    return CheckHdf5Reading(Sound(), {.strict = strict}).verdict.kind;
  };
  EXPECT_EQ(kind([](FileSpan, const std::string& place, const Hdf5Limits&) -> Result<Group> {
              return Fail(ErrorKind::kDamagedFile, place, "broken", "copy it again");
            }),
            VerdictKind::kFalsified);
  EXPECT_EQ(kind([](FileSpan, const std::string& place, const Hdf5Limits&) -> Result<Group> {
              return Fail(ErrorKind::kDamagedFile, place, "broken (byte 7)", "");
            }),
            VerdictKind::kFalsified);
  EXPECT_EQ(kind([](FileSpan file, const std::string& place, const Hdf5Limits&) {
              Result<Group> tree = Tree(file, place);
              tree->children.push_back({"", Group{}});
              return tree;
            }),
            VerdictKind::kFalsified);
  EXPECT_EQ(kind([](FileSpan, const std::string&, const Hdf5Limits&) -> Result<Group> {
              Group tree;
              Dataset short_of_bytes;
              short_of_bytes.value.shape = {3};
              short_of_bytes.value.bytes = std::vector<std::byte>(8);
              tree.children.push_back({"x", std::move(short_of_bytes)});
              return tree;
            }),
            VerdictKind::kFalsified);
}

TEST(Hdf5Reading, NoticesReadersThatDisagree) {
  const Hdf5Readers lax{
      .library = [](FileSpan, const std::string& place, const Hdf5Limits&) -> Result<Group> {
        return Fail(ErrorKind::kDamagedFile, place, "cannot be opened", "copy it again");
      }};
  EXPECT_EQ(CheckHdf5Agreement(Sound(), 0, lax).verdict.cause, "laxer-than-library");
  const Hdf5Readers other{
      .library = [](FileSpan file, const std::string& place, const Hdf5Limits&) {
        Result<Group> tree = Tree(file, place);
        tree->children.pop_back();
        return tree;
      }};
  EXPECT_EQ(CheckHdf5Agreement(Sound(), 0, other).verdict.cause, "differs-from-library");
}

TEST(Hdf5Reading, NoticesAReaderThatDisregardsALimit) {
  constexpr auto kLax = [](FileSpan file, const std::string& place, const Hdf5Limits&) {
    return ReadHdf5(file, place);
  };
  // Groups, attributes and compressed values: all limits count.
  constexpr std::size_t kChoices = 6;
  const std::vector<std::byte> full =
      BytesAt("corpus/fuzz/fuzz_load_legacy_h5/siblings-keras-every-storage.h5");
  const auto noticed = [&full](const Hdf5Readers& readers) {
    std::size_t times = 0;
    for (std::size_t choice = 0; choice < kChoices; ++choice) {
      const Verdict verdict = CheckHdf5Agreement(full, choice, readers).verdict;
      times += verdict.cause == "limit-disregarded" ? 1 : 0;
    }
    return times;
  };
  EXPECT_EQ(noticed({}), 0U);
  EXPECT_EQ(noticed({.strict = kLax}), 5U);
  EXPECT_EQ(noticed({.library = kLax}), 4U);
  EXPECT_EQ(noticed({.library =
                         [](FileSpan file, const std::string& place, const Hdf5Limits& limits) {
                           Hdf5Limits others = limits;
                           others.inflate_ratio_max = Hdf5Limits{}.inflate_ratio_max;
                           return ReadHdf5(file, place, others);
                         }}),
            1U);
}

// A ratio of 0 forbids compressed values; it divided plain chunks, and ended the process.
TEST(Hdf5Reading, HoldsForPlainChunksBesideCompressedOnes) {
  Group root;
  for (const int deflate : {-1, 9}) {
    Dataset dataset;
    dataset.value.shape = {4};
    dataset.value.bytes = std::vector<std::byte>(16);
    dataset.storage = {.chunk = {4}, .deflate = deflate};
    AddChild(root, {deflate < 0 ? "plain" : "squeezed", std::move(dataset)});
  }
  const std::vector<std::byte> file = WriteHdf5(root).value();
  for (std::size_t choice = 0; choice < 6; ++choice) {
    const Verdict verdict = CheckHdf5Agreement(file, choice).verdict;
    EXPECT_EQ(verdict.kind, VerdictKind::kHeld) << choice << verdict.evidence;
  }
}

TEST(Hdf5Reading, NoticesALibraryThatFollowsALink) {
  const std::vector<std::byte> bytes = BytesAt("corpus/fuzz/fuzz_hdf5_reader/link_soft.h5");
  EXPECT_EQ(CheckHdf5Agreement(bytes, 0).verdict.kind, VerdictKind::kHeld);
  const Hdf5Readers lax{.library = [](FileSpan input, const std::string& place, const Hdf5Limits&) {
    return ReadHdf5(input, place, {.soft_links = true});
  }};
  EXPECT_EQ(CheckHdf5Agreement(bytes, 0, lax).verdict.cause, "laxer-on-links");
}

}  // namespace
}  // namespace weightproof
