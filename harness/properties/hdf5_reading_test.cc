#include "harness/properties/hdf5_reading.h"

#include <gtest/gtest.h>

#include "model/checkpoint/file.h"

namespace weightproof {
namespace {

std::vector<std::byte> Sound() {
  const FileBytes file =
      ReadWholeFile(std::string(WEIGHTPROOF_SOURCE_DIR) + "/model/checkpoint/testdata/storage.h5")
          .value();
  return {file.begin(), file.end()};
}

Result<Group> Tree(std::span<const std::byte> file, const std::string& place) {
  return ReadHdf5(file, place);
}

TEST(Hdf5Reading, HoldsForSoundAndForDamagedFiles) {
  std::vector<std::byte> file = Sound();
  const Hdf5ReadingResult sound = CheckHdf5Reading(file);
  EXPECT_TRUE(sound.accepted);
  EXPECT_EQ(sound.verdict.kind, VerdictKind::kHeld) << sound.verdict.evidence;
  EXPECT_TRUE(CheckHdf5Agreement(file).accepted);
  file.resize(file.size() / 2);
  const Hdf5ReadingResult cut = CheckHdf5Reading(file);
  EXPECT_FALSE(cut.accepted);
  EXPECT_EQ(cut.verdict.kind, VerdictKind::kHeld) << cut.verdict.evidence;
}

TEST(Hdf5Reading, NoticesAReaderThatGivesNonsense) {
  const auto kind = [](ReadTreeFunction strict) {
    return CheckHdf5Reading(Sound(), {.strict = strict}).verdict.kind;
  };
  EXPECT_EQ(kind([](std::span<const std::byte>, const std::string& place) -> Result<Group> {
              return Fail(ErrorKind::kDamagedFile, place, "broken", "copy it again");
            }),
            VerdictKind::kFalsified);
  EXPECT_EQ(kind([](std::span<const std::byte>, const std::string& place) -> Result<Group> {
              return Fail(ErrorKind::kDamagedFile, place, "broken (byte 7)", "");
            }),
            VerdictKind::kFalsified);
  EXPECT_EQ(kind([](std::span<const std::byte> file, const std::string& place) {
              Result<Group> tree = Tree(file, place);
              tree->children.push_back({"", Group{}});
              return tree;
            }),
            VerdictKind::kFalsified);
  EXPECT_EQ(kind([](std::span<const std::byte>, const std::string&) -> Result<Group> {
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
      .library = [](std::span<const std::byte>, const std::string& place) -> Result<Group> {
        return Fail(ErrorKind::kDamagedFile, place, "cannot be opened", "copy it again");
      }};
  EXPECT_EQ(CheckHdf5Agreement(Sound(), lax).verdict.cause, "laxer-than-library");
  const Hdf5Readers other{.library = [](std::span<const std::byte> file, const std::string& place) {
    Result<Group> tree = Tree(file, place);
    tree->children.pop_back();
    return tree;
  }};
  EXPECT_EQ(CheckHdf5Agreement(Sound(), other).verdict.cause, "differs-from-library");
}

}  // namespace
}  // namespace weightproof
