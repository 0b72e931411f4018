#include "harness/testee/session_guard.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <clocale>
#include <filesystem>

namespace weightproof {
namespace {

namespace fs = std::filesystem;

mode_t CurrentUmask() {
  const mode_t mask = umask(0);
  umask(mask);
  return mask;
}

class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / "weightproof-session-guard") {
    fs::create_directories(path_ / "inner");
    path_ = fs::canonical(path_);
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

TEST(SessionGuard, LeavesThingsAloneForAPlainSessionAndAnAbsolutePath) {
  const Folder folder;
  const fs::path before = fs::current_path();
  const SessionGuard guard({}, folder.path().string(), "/somewhere/m.h5");
  EXPECT_EQ(fs::current_path(), before);
}

TEST(SessionGuard, GoesToTheCasesFolderForARelativePathAndComesBack) {
  const Folder folder;
  const fs::path before = fs::current_path();
  {
    const SessionGuard guard({}, folder.path().string(), "m.h5");
    EXPECT_EQ(fs::current_path(), folder.path());
  }
  EXPECT_EQ(fs::current_path(), before);
}

TEST(SessionGuard, GoesToTheWorkingDirectoryAndComesBackAlsoWhenItIsGone) {
  const Folder folder;
  const fs::path before = fs::current_path();
  SessionSpec session;
  session.working_directory = "inner";
  {
    const SessionGuard guard(session, folder.path().string(), "");
    EXPECT_EQ(fs::current_path(), folder.path() / "inner");
    fs::remove_all(folder.path());
  }
  EXPECT_EQ(fs::current_path(), before);
}

TEST(SessionGuard, SetsUmaskAndLocaleAndPutsThemBack) {
  const mode_t mask = CurrentUmask();
  const std::string locale = std::setlocale(LC_ALL, nullptr);
  SessionSpec session;
  session.umask = 077;
  session.locale = "C.UTF-8";
  {
    const SessionGuard guard(session, "/", "");
    EXPECT_EQ(CurrentUmask(), 077u);
    EXPECT_STREQ(std::setlocale(LC_ALL, nullptr), "C.UTF-8");
  }
  EXPECT_EQ(CurrentUmask(), mask);
  EXPECT_EQ(std::setlocale(LC_ALL, nullptr), locale);
}

TEST(SessionGuard, AnUnknownLocaleChangesNothing) {
  const std::string locale = std::setlocale(LC_ALL, nullptr);
  SessionSpec session;
  session.locale = "no_SUCH.locale";
  const SessionGuard guard(session, "/", "");
  EXPECT_EQ(std::setlocale(LC_ALL, nullptr), locale);
}

}  // namespace
}  // namespace weightproof
