#include "harness/hdf5/library_child.h"

#include <gtest/gtest.h>

#include "model/checkpoint/file.h"

namespace weightproof {
namespace {

std::string Fixture(const std::string& name) {
  return WEIGHTPROOF_SOURCE_DIR "/model/checkpoint/testdata/" + name;
}

TEST(LibraryChild, HandsBackWhatTheLibraryReads) {
  for (const char* name : {"latest.h5", "storage.h5", "texts.h5", "numbers.h5", "shapes.h5"}) {
    const FileBytes file = ReadWholeFile(Fixture(name)).value();
    const Result<Group> here = ReadHdf5WithLibrary(file, name);
    const Result<Group> there = ReadTreeWithLibraryInChild(Fixture(name));
    ASSERT_TRUE(here.has_value()) << here.error().Text();
    ASSERT_TRUE(there.has_value()) << there.error().Text();
    EXPECT_EQ(FirstDifference(*here, *there), "") << name;
  }
}

TEST(LibraryChild, HandsBackARefusalWithItsPlace) {
  const Result<Group> read = ReadTreeWithLibraryInChild(Fixture("refused_external_link.h5"));
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().kind, ErrorKind::kForbiddenFeature);
  EXPECT_TRUE(read.error().place.ends_with("/e")) << read.error().place;
  EXPECT_EQ(ReadTreeWithLibraryInChild("missing.h5").error().kind, ErrorKind::kPathUnreadable);
}

TEST(LibraryChild, IsStoppedAtItsLimits) {
  ChildLimits limits;
  limits.seconds = 0;
  const Result<Group> late = ReadTreeInChild(Fixture("storage.h5"), limits);
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().kind, ErrorKind::kLimitExceeded) << late.error().Text();
}

}  // namespace
}  // namespace weightproof
