// A load makes no system call but those that read its file and take memory, whatever is in the
// file: under a seccomp filter that lets nothing else pass, in a child process. Every open is
// looked at. Not with a sanitizer, whose runtime makes calls of its own.
#include <gtest/gtest.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WEIGHTPROOF_WITH_SANITIZER
#endif
#endif

#if defined(__linux__) && defined(__x86_64__) && !defined(WEIGHTPROOF_WITH_SANITIZER)

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "model/checkpoint/checkpoint.h"
#include "model/checkpoint/formats_test_models.h"

namespace weightproof {
namespace {

// What memory, reading one open file and ending take.
constexpr int kAllowed[] = {SYS_read,       SYS_pread64,      SYS_close,    SYS_fstat,
                            SYS_newfstatat, SYS_lseek,        SYS_mmap,     SYS_munmap,
                            SYS_mremap,     SYS_mprotect,     SYS_madvise,  SYS_brk,
                            SYS_futex,      SYS_gettid,       SYS_getpid,   SYS_openat2,
                            SYS_exit_group, SYS_rt_sigreturn, SYS_getrandom};

constexpr int kOpensMax = 64;
constexpr int kStraysMax = 8;
struct Seen {
  int opens = 0;
  std::array<std::array<char, 256>, kOpensMax> paths{};
  int strays = 0;
  std::array<int, kStraysMax> numbers{};
};
Seen seen;

// Of a call that the filter stops. An open is written down and made by openat2, which nothing else
// uses; anything else is written down and refused.
void OnStopped(int, siginfo_t* info, void* context) {
  greg_t* registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  if (info->si_syscall == SYS_openat && seen.opens < kOpensMax) {
    const auto* path = reinterpret_cast<const char*>(registers[REG_RSI]);
    char* kept = seen.paths[static_cast<std::size_t>(seen.opens++)].data();
    std::strncpy(kept, path, 255);
    open_how how{};
    how.flags = static_cast<std::uint64_t>(static_cast<std::uint32_t>(registers[REG_RDX]));
    const long result = syscall(SYS_openat2, registers[REG_RDI], path, &how, sizeof how);
    registers[REG_RAX] = result < 0 ? -errno : result;
    return;
  }
  if (seen.strays < kStraysMax)
    seen.numbers[static_cast<std::size_t>(seen.strays++)] = info->si_syscall;
  registers[REG_RAX] = -EPERM;
}

bool Confine() {
  struct sigaction action{};
  action.sa_sigaction = OnStopped;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  if (sigaction(SIGSYS, &action, nullptr) != 0) return false;
  std::vector<sock_filter> filter = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  for (const int number : kAllowed) {
    filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 1));
    filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  }
  filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP));
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

enum Ending { kAtHome = 0, kOpenedAnother = 1, kStrayed = 2, kNoFilter = 3, kDidNotLoad = 4 };

// How `what` ends that may open `path` alone; it says whether it did what it was to do.
int Confined(const std::string& path, const std::function<bool()>& what) {
  std::fflush(nullptr);
  const pid_t pid = fork();
  if (pid == 0) {
    seen = {};
    if (!Confine()) _exit(kNoFilter);
    const bool done = what();
    if (seen.strays > 0) _exit(kStrayed);
    for (int i = 0; i < seen.opens; ++i) {
      if (path != seen.paths[static_cast<std::size_t>(i)].data()) _exit(kOpenedAnother);
    }
    _exit(done ? kAtHome : kDidNotLoad);
  }
  int status = 0;
  EXPECT_EQ(waitpid(pid, &status, 0), pid);
  EXPECT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

class StaysHome : public testing::TestWithParam<Format> {
 protected:
  StaysHome() {
    std::string name = (std::filesystem::temp_directory_path() / "wp-home-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    path_ = folder_ + "/m";
  }
  ~StaysHome() override { std::filesystem::remove_all(folder_); }

  std::string folder_, path_;
};

TEST_P(StaysHome, WhileItLoadsAWholeFile) {
  for (const char* model : {"sequential", "functional", "nested"}) {
    Network network = Network::Create(PlanOf(Dialect::kTfKeras, model)).value();
    ASSERT_TRUE(SaveWeights(network, path_, GetParam(), {.sync = false}));
    for (const ReadTreeOfFile read : {ReadTreeOfCopy, ReadTreeOfMapping}) {
      LoadOptions options;
      options.read_tree = read;
      EXPECT_EQ(Confined(path_, [&] { return LoadWeights(network, path_, options).has_value(); }),
                kAtHome)
          << model;
    }
  }
}

TEST_P(StaysHome, WhileItRefusesADamagedFile) {
  Network network = Network::Create(PlanOf(Dialect::kTfKeras, "nested")).value();
  ASSERT_TRUE(SaveWeights(network, path_, GetParam(), {.sync = false}));
  FileBytes bytes = ReadWholeFile(path_).value();
  std::vector<std::byte> file(bytes.begin(), bytes.end());
  int refused = 0;
  for (std::size_t at = 3; at < file.size(); at += 131) {
    const std::byte sound = file[at];
    file[at] ^= std::byte{0xa5};
    ASSERT_TRUE(WriteFileAtomically(path_, file, {.sync = false}));
    const int ending = Confined(path_, [&] { return LoadWeights(network, path_).has_value(); });
    EXPECT_TRUE(ending == kAtHome || ending == kDidNotLoad) << at << " " << ending;
    refused += ending == kDidNotLoad;
    file[at] = sound;
  }
  EXPECT_GT(refused, 5);
}

TEST(Confinement, SeesWhatOpensAnotherFileOrTheNetworkOrRunsAProgram) {
  const auto opens = [](const char* path) {
    if (std::FILE* file = std::fopen(path, "r")) std::fclose(file);
    return true;
  };
  EXPECT_EQ(Confined("/etc/passwd", [&] { return opens("/etc/passwd"); }), kAtHome);
  EXPECT_EQ(Confined("/etc/passwd", [&] { return opens("/etc/group"); }), kOpenedAnother);
  EXPECT_EQ(Confined("", [] { return socket(AF_INET, SOCK_STREAM, 0) >= 0; }), kStrayed);
  EXPECT_EQ(Confined("", [] { return execl("/bin/true", "true", nullptr) != 0; }), kStrayed);
  EXPECT_EQ(Confined("", [] { return mkdir("/tmp/never-made", 0700) != 0; }), kStrayed);
  EXPECT_EQ(Confined("", [] { return false; }), kDidNotLoad);
}

INSTANTIATE_TEST_SUITE_P(Of, StaysHome,
                         testing::Values(Format::kLegacyH5, Format::kLegacyH5Model,
                                         Format::kWeightsH5),
                         [](const auto& format) { return std::string(FormatName(format.param)); });

}  // namespace
}  // namespace weightproof

#endif
