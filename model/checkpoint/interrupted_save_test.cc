// The clause interrupted-save-is-safe of the built-in library: whatever happens to a save, and
// wherever, the path holds the old checkpoint or the new one, whole.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>

#include "model/checkpoint/checkpoint.h"
#include "model/checkpoint/formats_test_models.h"

namespace weightproof {
namespace {

namespace fs = std::filesystem;

constexpr Format kEveryFormat[] = {Format::kLegacyH5, Format::kLegacyH5Model, Format::kWeightsH5};
constexpr int kErrors[] = {EIO, ENOSPC, EDQUOT, EACCES, EROFS};
constexpr std::size_t kShortWrite = 1500;  // bytes: a save takes several writes

enum class At : std::uint8_t {
  kFails,          // the call returns an error, and nothing was done
  kFailsHalfWay,   // of a write: half of the bytes are written before the error
  kKilledBefore,   // the process ends
  kKilledHalfWay,  // of a write: half of the bytes are written before
  kKilledAfter,
};

// The real file system, where call number `at` (from 0) goes as `how` says.
class Interrupted final : public FileSystem {
 public:
  Interrupted(int at, At how, int error) : at_(at), how_(how), error_(error) {}

  bool happened() const { return calls_ > at_; }

  int CreateTemporary(const std::string& directory, std::string* path, int* fd) override {
    return Call([&] { return real_.CreateTemporary(directory, path, fd); });
  }
  int Write(int fd, std::span<const std::byte> bytes, std::size_t* written) override {
    *written = 0;
    bytes = bytes.first(std::min(bytes.size(), kShortWrite));
    const bool half = how_ == At::kFailsHalfWay || how_ == At::kKilledHalfWay;
    if (calls_ == at_ && half) (void)real_.Write(fd, bytes.first(bytes.size() / 2), written);
    return Call([&] { return real_.Write(fd, bytes, written); });
  }
  int SetMode(int fd, unsigned mode) override {
    return Call([&] { return real_.SetMode(fd, mode); });
  }
  int Sync(int fd) override {
    return Call([&] { return real_.Sync(fd); });
  }
  // A close that fails has closed all the same (close(2)).
  int Close(int fd) override {
    int closed = 0;
    const bool fails = calls_ == at_ && (how_ == At::kFails || how_ == At::kFailsHalfWay);
    if (fails) closed = real_.Close(fd);
    return Call([&] { return fails ? closed : real_.Close(fd); });
  }
  int Rename(const std::string& from, const std::string& to) override {
    return Call([&] { return real_.Rename(from, to); });
  }
  int SyncDirectory(const std::string& directory) override {
    return Call([&] { return real_.SyncDirectory(directory); });
  }
  int Remove(const std::string& path) override { return real_.Remove(path); }

 private:
  int Call(const std::function<int()>& real) {
    const bool here = calls_++ == at_;
    if (!here) return real();
    if (how_ == At::kFails || how_ == At::kFailsHalfWay) return error_;
    if (how_ == At::kKilledAfter) (void)real();
    // What a process that is killed leaves is what it has told the kernel.
    std::raise(SIGKILL);
    return 0;
  }

  FileSystem& real_ = RealFileSystem();
  int at_;
  At how_;
  int error_;
  int calls_ = 0;
};

class InterruptedSave : public testing::TestWithParam<Format> {
 protected:
  InterruptedSave() {
    std::string name = (fs::temp_directory_path() / "wp-interrupted-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    path_ = folder_ + "/m";
  }
  ~InterruptedSave() override { fs::remove_all(folder_); }

  static Network Holding(float value) {
    Result<Network> network = Network::Create(PlanOf(Dialect::kTfKeras, "nested"));
    EXPECT_TRUE(network);
    for (Tensor& variable : network->variables()) {
      std::ranges::fill(variable.values<float>(), value);
    }
    return std::move(*network);
  }

  // "old", "new", "none", or what is wrong.
  std::string Held() const { return HeldAt(path_); }
  static std::string HeldAt(const std::string& path) {
    if (!fs::exists(path)) return "none";
    Network network = Holding(0);
    const Result<LoadReport> report = LoadWeights(network, path);
    if (!report) return report.error().Text();
    for (const auto& [text, value] : {std::pair("old", 1.0F), std::pair("new", 2.0F)}) {
      if (network.variables() == Holding(value).variables()) return text;
    }
    return "a mixture";
  }

  // The old file is there, or nothing is.
  std::string Prepare(bool exists) const {
    for (const auto& entry : fs::directory_iterator(folder_)) fs::remove(entry);
    if (!exists) return "none";
    EXPECT_TRUE(SaveWeights(old_, path_, GetParam(), {.sync = false}));
    return "old";
  }

  std::ptrdiff_t FilesLeft() const {
    return std::distance(fs::directory_iterator(folder_), fs::directory_iterator());
  }

  // How a process ended that did this.
  static int InAProcess(const std::function<int()>& what) {
    std::fflush(nullptr);
    const pid_t pid = fork();
    if (pid == 0) _exit(what());
    int status = 0;
    EXPECT_EQ(waitpid(pid, &status, 0), pid);
    return status;
  }

  void PrintRow(const char* what, int points) const {
    std::printf("interrupted-save-is-safe  %-18s %-44s %4d of %d survived\n",
                std::string(FormatName(GetParam())).c_str(), what, HasFailure() ? 0 : points,
                points);
  }

  std::string folder_, path_;
  Network old_ = Holding(1), new_ = Holding(2);
};

TEST_P(InterruptedSave, WhoseCallsFailInTurnLeavesOldOrNew) {
  int points = 0;
  for (const bool exists : {true, false}) {
    for (const At how : {At::kFails, At::kFailsHalfWay}) {
      for (const int error : kErrors) {
        for (int at = 0;; ++at) {
          const std::string before = Prepare(exists);
          Interrupted file_system(at, how, error);
          const Status saved = SaveWeights(new_, path_, GetParam(), {}, file_system);
          const std::string held = Held();
          if (!file_system.happened()) {
            ASSERT_TRUE(saved);
            ASSERT_EQ(held, "new");
            ASSERT_GE(at, 8) << "a save of several writes";
            break;
          }
          ++points;
          ASSERT_FALSE(saved) << at;
          EXPECT_EQ(saved.error().kind, ErrorKind::kPathUnwritable);
          // Only the sync of the folder comes after the file has its name.
          ASSERT_TRUE(held == before || held == "new") << at << " " << held;
          EXPECT_EQ(FilesLeft(), held == "none" ? 0 : 1) << at;
        }
      }
    }
  }
  PrintRow("each call fails, each of five errors", points);
}

TEST_P(InterruptedSave, WhoseProcessIsKilledLeavesOldOrNewAndTheNextSaveWorks) {
  int points = 0;
  for (const bool exists : {true, false}) {
    for (const At how : {At::kKilledBefore, At::kKilledHalfWay, At::kKilledAfter}) {
      for (int at = 0;; ++at) {
        const std::string before = Prepare(exists);
        const int status = InAProcess([&] {
          Interrupted file_system(at, how, 0);
          return SaveWeights(new_, path_, GetParam(), {}, file_system) ? 0 : 1;
        });
        const std::string held = Held();
        if (WIFEXITED(status)) {
          ASSERT_EQ(WEXITSTATUS(status), 0);
          ASSERT_EQ(held, "new");
          break;
        }
        ++points;
        ASSERT_EQ(WTERMSIG(status), SIGKILL);
        ASSERT_TRUE(held == before || held == "new") << at << " " << held;
        ASSERT_TRUE(SaveWeights(new_, path_, GetParam(), {.sync = false}));
        ASSERT_EQ(Held(), "new");
      }
    }
  }
  PrintRow("killed before, in and after each call", points);
}

TEST_P(InterruptedSave, OfTwoAtOnceOneWinsAndAReaderNeverSeesAMixture) {
  constexpr int kSaves = 60;
  Prepare(true);
  const auto saves = [this](const Network& network) {
    for (int i = 0; i < kSaves; ++i) {
      if (!SaveWeights(network, path_, GetParam(), {.sync = false})) return 1;
    }
    return 0;
  };
  std::fflush(nullptr);
  std::vector<pid_t> savers;
  for (const Network* network : {&old_, &new_}) {
    savers.push_back(fork());
    if (savers.back() == 0) _exit(saves(*network));
  }
  int loads = 0;
  std::size_t done = 0;
  while (done < savers.size()) {
    const std::string held = Held();
    ASSERT_TRUE(held == "old" || held == "new") << held;
    ++loads;
    int status = 0;
    while (done < savers.size() && waitpid(-1, &status, WNOHANG) > 0) {
      ++done;
      EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
  }
  EXPECT_EQ(FilesLeft(), 1);
  EXPECT_GT(loads, 1);
  PrintRow("two savers and a reader at once, loads", loads);
}

// The kernel itself cuts the file short, as on a full disk.
TEST_P(InterruptedSave, ThatRunsIntoAFileSizeLimitLeavesTheOldFile) {
  Prepare(true);
  const auto size = static_cast<rlim_t>(fs::file_size(path_));
  int points = 0;
  for (const rlim_t most : {rlim_t{0}, rlim_t{1}, size / 2, size - 1}) {
    const int status = InAProcess([&] {
      std::signal(SIGXFSZ, SIG_IGN);
      const rlimit limit{most, most};
      if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return 2;
      return SaveWeights(new_, path_, GetParam(), {.sync = false}) ? 1 : 0;
    });
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0) << "it was to be refused";
    EXPECT_EQ(Held(), "old");
    EXPECT_EQ(FilesLeft(), 1);
    ++points;
  }
  PrintRow("the kernel's limit on a file's size", points);
}

TEST_P(InterruptedSave, OnAFullDiskLeavesTheOldFile) {
  const std::string disk = folder_ + "/disk";
  fs::create_directory(disk);
  enum { kHeld, kWrong, kNoDisk };
  const int status = InAProcess([&]() -> int {
    if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return kNoDisk;
    if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return kNoDisk;
    if (mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=64k") != 0) return kNoDisk;
    const std::string path = disk + "/m";
    if (!SaveWeights(old_, path, GetParam())) return kWrong;
    std::FILE* filler = std::fopen((disk + "/filler").c_str(), "w");
    if (filler == nullptr) return kWrong;
    std::setbuf(filler, nullptr);
    while (std::fputc('x', filler) != EOF) {
    }
    std::fclose(filler);
    const Status saved = SaveWeights(new_, path, GetParam());
    if (saved || !saved.error().remedy.contains("free some space")) return kWrong;
    if (HeldAt(path) != "old") return kWrong;
    fs::remove(disk + "/filler");
    return SaveWeights(new_, path, GetParam()) && HeldAt(path) == "new" ? kHeld : kWrong;
  });
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == kNoDisk) {
    std::printf("interrupted-save-is-safe  a small disk cannot be mounted here\n");
    return;
  }
  EXPECT_EQ(WEXITSTATUS(status), kHeld);
  PrintRow("a full disk, and free space again", 1);
}

TEST_P(InterruptedSave, IntoAFolderThatMayNotBeWrittenIsRefused) {
  Prepare(true);
  ASSERT_EQ(chmod(folder_.c_str(), 0555), 0);
  const int status = InAProcess([&] {
    if (geteuid() == 0 && setuid(65534) != 0) return 2;
    const Status saved = SaveWeights(new_, path_, GetParam());
    return !saved && saved.error().kind == ErrorKind::kPathUnwritable ? 0 : 1;
  });
  ASSERT_EQ(chmod(folder_.c_str(), 0755), 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(Held(), "old");
  EXPECT_EQ(FilesLeft(), 1);
  PrintRow("a folder that may not be written", 1);
}

INSTANTIATE_TEST_SUITE_P(Of, InterruptedSave, testing::ValuesIn(kEveryFormat),
                         [](const auto& format) { return std::string(FormatName(format.param)); });

}  // namespace
}  // namespace weightproof
