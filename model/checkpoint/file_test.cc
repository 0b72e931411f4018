#include "model/checkpoint/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace weightproof {
namespace {

namespace fs = std::filesystem;

std::span<const std::byte> AsBytes(const std::string& text) {
  return std::as_bytes(std::span(text));
}

std::string TextAt(const fs::path& path) {
  const auto bytes = ReadWholeFile(path.string());
  if (!bytes) return "(" + bytes.error().Text() + ")";
  return {reinterpret_cast<const char*>(bytes->data()), bytes->size()};
}

unsigned ModeAt(const fs::path& path) {
  struct stat found{};
  return lstat(path.c_str(), &found) == 0 ? found.st_mode & 07777 : 0;
}

// Hands every call on to the real file system; call number `fail_at` (from 0) fails instead.
class Faulty : public FileSystem {
 public:
  int fail_at = -1;
  int error = EIO;
  int calls = 0;
  std::size_t write_bytes_max = 7;  // short writes all the time
  std::string failed;
  bool remove_fails = false;

  int CreateTemporary(const std::string& directory, std::string* path, int* fd) override {
    return Fails("CreateTemporary") ? error : real_.CreateTemporary(directory, path, fd);
  }
  int Write(int fd, std::span<const std::byte> bytes, std::size_t* written) override {
    *written = 0;
    if (Fails("Write")) return error;
    return real_.Write(fd, bytes.first(std::min(bytes.size(), write_bytes_max)), written);
  }
  int SetMode(int fd, unsigned mode) override {
    return Fails("SetMode") ? error : real_.SetMode(fd, mode);
  }
  int Sync(int fd) override { return Fails("Sync") ? error : real_.Sync(fd); }
  int Close(int fd) override {
    const int result = real_.Close(fd);
    return Fails("Close") ? error : result;
  }
  int Rename(const std::string& from, const std::string& to) override {
    return Fails("Rename") ? error : real_.Rename(from, to);
  }
  int SyncDirectory(const std::string& directory) override {
    return Fails("SyncDirectory") ? error : real_.SyncDirectory(directory);
  }
  int Remove(const std::string& path) override { return remove_fails ? EIO : real_.Remove(path); }

 private:
  bool Fails(const char* name) {
    if (calls++ != fail_at) return false;
    failed = name;
    return true;
  }
  FileSystem& real_ = RealFileSystem();
};

class FileTest : public testing::Test {
 protected:
  FileTest() {
    std::string name = (fs::temp_directory_path() / "wp-file-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~FileTest() override { fs::remove_all(folder_); }

  Status Write(const fs::path& path, const std::string& text, const SaveOptions& options = {},
               FileSystem& file_system = RealFileSystem()) {
    return WriteFileAtomically(path.string(), AsBytes(text), options, file_system);
  }
  std::string Refusal(const fs::path& path, const SaveOptions& options = {}) {
    const Status status = Write(path, "new", options);
    if (status) return "written";
    EXPECT_FALSE(status.error().remedy.empty());
    return std::string(ErrorKindName(status.error().kind)) + ": " + status.error().remedy;
  }
  std::size_t FilesIn(const fs::path& path) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(path), {}));
  }

  fs::path folder_;
};

TEST_F(FileTest, WritesAndReadsUnderAnyLegalName) {
  for (const std::string& name : {std::string("m.h5"), std::string("größe 層 %d[1]\\~?*.h5"),
                                  std::string(255, 'n'), std::string("line\nbreak")}) {
    ASSERT_TRUE(Write(folder_ / name, "content").has_value()) << name;
    EXPECT_EQ(TextAt(folder_ / name), "content");
  }
  EXPECT_EQ(FilesIn(folder_), 4U);
  ASSERT_TRUE(Write(folder_ / "empty", "").has_value());
  EXPECT_EQ(TextAt(folder_ / "empty"), "");
}

TEST_F(FileTest, ReplacesALongerFileWholly) {
  ASSERT_TRUE(Write(folder_ / "m", std::string(100'000, 'o')).has_value());
  ASSERT_TRUE(Write(folder_ / "m", "new", {.overwrite = true, .sync = false}).has_value());
  EXPECT_EQ(TextAt(folder_ / "m"), "new");
}

TEST_F(FileTest, KeepsTheModeAndGivesNewFilesTheUmask) {
  const mode_t before = umask(027);
  ASSERT_TRUE(Write(folder_ / "new", "x").has_value());
  EXPECT_EQ(ModeAt(folder_ / "new"), 0640U);
  ASSERT_EQ(chmod((folder_ / "new").c_str(), 0606), 0);
  ASSERT_TRUE(Write(folder_ / "new", "y").has_value());
  EXPECT_EQ(ModeAt(folder_ / "new"), 0606U);
  umask(before);
}

TEST_F(FileTest, FollowsSymbolicLinksAndLeavesThemInPlace) {
  fs::create_directory(folder_ / "far");
  ASSERT_TRUE(Write(folder_ / "far/target", "old").has_value());
  fs::create_symlink("far/target", folder_ / "relative");
  fs::create_symlink(folder_ / "far/target", folder_ / "absolute");
  fs::create_symlink("../relative", folder_ / "far/chain");
  fs::create_symlink("far/not yet", folder_ / "dangling");
  for (const char* name : {"relative", "absolute", "far/chain"}) {
    ASSERT_TRUE(Write(folder_ / name, name).has_value());
    EXPECT_TRUE(fs::is_symlink(folder_ / name));
    EXPECT_EQ(TextAt(folder_ / "far/target"), name);
  }
  ASSERT_TRUE(Write(folder_ / "dangling", "made").has_value());
  EXPECT_TRUE(fs::is_symlink(folder_ / "dangling"));
  EXPECT_EQ(TextAt(folder_ / "far/not yet"), "made");
}

TEST_F(FileTest, WorksWithARelativePath) {
  const fs::path before = fs::current_path();
  fs::current_path(folder_);
  EXPECT_TRUE(Write("plain", "x").has_value());
  fs::current_path(before);
  EXPECT_EQ(TextAt(folder_ / "plain"), "x");
}

TEST_F(FileTest, RefusesTargetsThatItCannotReplaceAndSaysWhatHelps) {
  fs::create_directory(folder_ / "directory");
  fs::create_symlink("loop", folder_ / "loop");
  ASSERT_EQ(mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  ASSERT_TRUE(Write(folder_ / "file", "old").has_value());
  EXPECT_EQ(Refusal(folder_ / "directory"),
            "PathUnwritable: give the path of a file, not of a directory");
  EXPECT_EQ(Refusal((folder_ / "absent").string() + "/"),
            "PathUnwritable: give the path of a file, not of a directory");
  EXPECT_EQ(Refusal(folder_ / "missing/m"),
            "PathUnwritable: correct the path; to save there, make the parent directory first");
  EXPECT_EQ(Refusal(folder_ / "file/m"),
            "PathUnwritable: a part of the path is a file; choose another path");
  EXPECT_EQ(Refusal(folder_ / std::string(256, 'n')),
            "PathUnwritable: use at most 255 bytes for each name in the path");
  EXPECT_EQ(Refusal(folder_ / "loop"), "PathUnwritable: remove the circle of symbolic links");
  EXPECT_EQ(Refusal(folder_ / "pipe"), "PathUnwritable: give the path of a regular file");
  EXPECT_EQ(Refusal(""),
            "PathUnwritable: correct the path; to save there, make the parent directory first");
  EXPECT_EQ(Refusal(folder_ / "file", {.overwrite = false, .sync = true}),
            "PathUnwritable: allow overwriting, or choose another path");
  EXPECT_EQ(Refusal(std::string("a\0b", 3)),
            "PathUnwritable: check the disk and the path, then try again");
  EXPECT_EQ(TextAt(folder_ / "file"), "old");
  EXPECT_EQ(FilesIn(folder_), 4U);
}

TEST_F(FileTest, LeavesTheOldFileOrTheNewOneWhateverCallFails) {
  const std::string old_text(50, 'o');
  const std::string new_text(40, 'n');
  std::string seen;
  for (const bool exists : {true, false}) {
    for (const int error : {EIO, ENOSPC, EACCES}) {
      for (int at = 0;; ++at) {
        fs::remove(folder_ / "m");
        if (exists) {
          ASSERT_TRUE(Write(folder_ / "m", old_text).has_value());
        }
        Faulty faulty;
        faulty.fail_at = at;
        faulty.error = error;
        const Status status = Write(folder_ / "m", new_text, {}, faulty);
        if (faulty.failed.empty()) {
          EXPECT_TRUE(status.has_value());
          EXPECT_EQ(TextAt(folder_ / "m"), new_text);
          EXPECT_GE(at, exists ? 12 : 11);
          break;
        }
        seen += faulty.failed + " ";
        ASSERT_FALSE(status.has_value()) << faulty.failed;
        EXPECT_EQ(status.error().kind, ErrorKind::kPathUnwritable);
        EXPECT_EQ(status.error().place, (folder_ / "m").string());
        if (faulty.failed == "SyncDirectory") {
          EXPECT_EQ(TextAt(folder_ / "m"), new_text);
        } else if (exists) {
          EXPECT_EQ(TextAt(folder_ / "m"), old_text) << faulty.failed;
        }
        EXPECT_EQ(FilesIn(folder_), fs::exists(folder_ / "m") ? 1U : 0U) << faulty.failed;
      }
    }
  }
  for (const char* method :
       {"CreateTemporary", "Write", "SetMode", "Sync ", "Close", "Rename", "SyncDirectory"}) {
    EXPECT_NE(seen.find(method), std::string::npos) << method;
  }
}

TEST_F(FileTest, GoesOnAfterInterruptedCalls) {
  for (int at = 1; at < 9; ++at) {  // 1 to 6 write, then sync and close
    Faulty faulty;
    faulty.fail_at = at;
    faulty.error = EINTR;
    const Status status = Write(folder_ / "m", std::string(40, 'n'), {}, faulty);
    if (faulty.failed == "Write" || faulty.failed == "Sync") {
      EXPECT_TRUE(status.has_value()) << faulty.failed;
      EXPECT_EQ(TextAt(folder_ / "m"), std::string(40, 'n'));
    }
    fs::remove(folder_ / "m");
  }
}

TEST_F(FileTest, NamesATemporaryFileThatCouldNotBeRemoved) {
  Faulty faulty;
  faulty.fail_at = 1;
  faulty.remove_fails = true;
  const Status status = Write(folder_ / "m", "text", {}, faulty);
  ASSERT_FALSE(status.has_value());
  const fs::path left = fs::directory_iterator(folder_)->path();
  EXPECT_NE(status.error().message.find(left.string()), std::string::npos);
}

TEST_F(FileTest, ReadsRegularFilesOnlyAndNeverWaitsForAPipe) {
  ASSERT_EQ(mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  for (const fs::path& path :
       {folder_ / "pipe", folder_, folder_ / "missing", fs::path("/dev/null"), fs::path("")}) {
    const auto read = ReadWholeFile(path.string());
    ASSERT_FALSE(read.has_value()) << path;
    EXPECT_EQ(read.error().kind, ErrorKind::kPathUnreadable);
    EXPECT_EQ(read.error().place, path.string());
    EXPECT_FALSE(read.error().remedy.empty());
  }
}

TEST_F(FileTest, RefusesToReadAFileOverTheLimit) {
  std::ofstream(folder_ / "sparse") << "x";
  if (truncate((folder_ / "sparse").c_str(), static_cast<off_t>(kFileBytesMax) + 1) != 0) {
    ASSERT_EQ(errno, EFBIG);  // a file system without such files: nothing can exceed the limit
    return;
  }
  const auto read = ReadWholeFile((folder_ / "sparse").string());
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().kind, ErrorKind::kLimitExceeded);
}

}  // namespace
}  // namespace weightproof
