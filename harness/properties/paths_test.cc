#include "harness/properties/paths.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "harness/campaign/forked.h"

namespace weightproof {
namespace {

PathSpec At(std::string text, PathSetup setup = PathSetup::kNone) {
  PathSpec path;
  path.text = std::move(text);
  path.setup = setup;
  return path;
}

TEST(Resolve, PutsAPathInTheCasesFolder) {
  const ResolvedPath path = Resolve(At("m.h5"), {}, "/case");
  EXPECT_EQ(path.spoken, "/case/m.h5");
  EXPECT_EQ(path.actual, "/case/m.h5");
}

TEST(Resolve, SpeaksARelativePathAsItIsAndFindsItInTheWorkingDirectory) {
  PathSpec relative = At("m.h5");
  relative.relative = true;
  SessionSpec session;
  EXPECT_EQ(Resolve(relative, session, "/case").spoken, "m.h5");
  EXPECT_EQ(Resolve(relative, session, "/case").actual, "/case/m.h5");
  session.working_directory = "inner";
  EXPECT_EQ(Resolve(relative, session, "/case").actual, "/case/inner/m.h5");
  EXPECT_EQ(Resolve(At("m.h5"), session, "/case").actual, "/case/m.h5");
}

TEST(CannotBeWritten, HoldsForWhatNoProgramCouldWrite) {
  EXPECT_TRUE(CannotBeWritten(At("")));
  EXPECT_TRUE(CannotBeWritten(At("m/")));
  EXPECT_TRUE(CannotBeWritten(At(std::string(256, 'a'))));
  EXPECT_TRUE(CannotBeWritten(At("m.h5", PathSetup::kExistingDirectory)));
  EXPECT_TRUE(CannotBeWritten(At("no/m.h5", PathSetup::kMissingParent)));
  EXPECT_FALSE(CannotBeWritten(At(std::string(255, 'a'))));
  EXPECT_FALSE(CannotBeWritten(At("a b%20\\[.h5")));
  EXPECT_FALSE(CannotBeWritten(At("m.h5", PathSetup::kExistingFile)));
  EXPECT_FALSE(CannotBeWritten(At("m.h5", PathSetup::kSymlink)));
}

TEST(Prepare, MakesWhatThePathAsksForAndTheWorkingDirectory) {
  const Scratch scratch;
  SessionSpec session;
  session.working_directory = "inner";
  const auto prepare = [&](const PathSpec& path) {
    const ResolvedPath resolved = Resolve(path, session, scratch.path());
    EXPECT_TRUE(Prepare(path, session, resolved, scratch.path())) << path.text;
    return std::filesystem::symlink_status(resolved.actual).type();
  };
  using std::filesystem::file_type;
  EXPECT_EQ(prepare(At("nothing")), file_type::not_found);
  EXPECT_EQ(prepare(At("file", PathSetup::kExistingFile)), file_type::regular);
  EXPECT_EQ(prepare(At("folder", PathSetup::kExistingDirectory)), file_type::directory);
  EXPECT_EQ(prepare(At("link", PathSetup::kSymlink)), file_type::symlink);
  EXPECT_TRUE(std::filesystem::is_directory(scratch.path() + "/inner"));
}

TEST(ReadFile, GivesBackWhatWasWrittenAndRefusesADirectory) {
  const Scratch scratch;
  const std::string path = scratch.path() + "/f";
  const std::vector<std::byte> bytes(70'000, std::byte{7});
  ASSERT_TRUE(WriteFile(path, bytes));
  std::string read;
  ASSERT_TRUE(ReadFile(path, &read));
  EXPECT_EQ(read, std::string(70'000, '\7'));
  EXPECT_FALSE(ReadFile(scratch.path(), &read));
  EXPECT_FALSE(ReadFile(scratch.path() + "/none", &read));
  RemoveTree(path);
  EXPECT_FALSE(ReadFile(path, &read));
}

}  // namespace
}  // namespace weightproof
