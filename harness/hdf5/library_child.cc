#include "harness/hdf5/library_child.h"

#include <fmt/core.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "harness/campaign/forked.h"
#include "harness/testee/process.h"
#include "model/checkpoint/file.h"

namespace weightproof {
namespace {

// Where the child leaves the tree.
class SharedMemory {
 public:
  SharedMemory() : fd_(memfd_create("tree", MFD_CLOEXEC)) {}
  ~SharedMemory() {
    if (fd_ >= 0) close(fd_);
  }
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;
  int fd() const { return fd_; }
  std::string path() const { return fmt::format("/proc/self/fd/{}", fd_); }

 private:
  int fd_;
};

std::string AsLine(const Error& error) {
  const nlohmann::json line = {static_cast<int>(error.kind), error.place, error.message,
                               error.remedy};
  return line.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

// The child is believed to be broken at any time: what it says is checked.
Result<Group> ErrorOfLine(const std::string& line, const std::string& path) {
  const nlohmann::json said = nlohmann::json::parse(line, nullptr, false);
  if (said.is_array() && said.size() == 4 && said[0].is_number_unsigned() && said[1].is_string() &&
      said[2].is_string() && said[3].is_string()) {
    for (const ErrorKind kind : {ErrorKind::kNotAnHdf5File, ErrorKind::kDamagedFile,
                                 ErrorKind::kForbiddenFeature, ErrorKind::kLimitExceeded}) {
      if (said[0] == static_cast<int>(kind)) return Fail(kind, said[1], said[2], said[3]);
    }
  }
  return Fail(ErrorKind::kDamagedFile, path, "the HDF5 library, in a child process, broke down",
              "copy or save the file again");
}

void ReadInChild(std::span<const std::byte> file, const std::string& path, std::size_t bytes_max,
                 int memory, int answer) {
  const rlimit limit{bytes_max, bytes_max};
  setrlimit(RLIMIT_AS, &limit);
  const Result<Group> tree = ReadHdf5WithLibrary(file, path);
  if (!tree) {
    WriteAll(answer, AsLine(tree.error()) + "\n");
    return;
  }
  const Result<std::vector<std::byte>> plain = WriteHdf5(*tree);
  if (!plain) {
    WriteAll(answer, AsLine(plain.error()) + "\n");
    return;
  }
  const auto* text = reinterpret_cast<const char*>(plain->data());
  if (WriteAll(memory, {text, plain->size()})) WriteAll(answer, "tree\n");
}

std::size_t AddressSpaceInUse() {
  std::size_t pages = 0;
  if (FILE* file = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(file, "%zu", &pages) != 1) pages = 0;
    std::fclose(file);
  }
  return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

Result<Group> ReadTreeInChild(const std::string& path, const ChildLimits& limits) {
  const Result<FileBytes> file = ReadWholeFile(path);
  if (!file) return std::unexpected(file.error());
  const SharedMemory memory;
  if (memory.fd() < 0) {
    return Fail(ErrorKind::kLimitExceeded, path,
                std::string("no memory to share with a child process: ") + std::strerror(errno),
                "free some memory, then try again");
  }
  std::string said;
  const std::size_t bytes_max = AddressSpaceInUse() + limits.bytes;
  const ForkedEnd end =
      RunForked([&](int answer) { ReadInChild(*file, path, bytes_max, memory.fd(), answer); },
                [&](std::string_view line) {
                  said = line;
                  return true;
                },
                limits.seconds, limits.seconds);
  if (end.timed_out) {
    return Fail(ErrorKind::kLimitExceeded, path,
                fmt::format("the HDF5 library was still reading after {:.0f} s", limits.seconds),
                "look at the file with h5dump; it may be made to hang its readers");
  }
  if (end.signal != 0) {
    return Fail(ErrorKind::kDamagedFile, path,
                "the HDF5 library crashed on it: " + SignalName(end.signal),
                "copy or save the file again");
  }
  if (!end.clean() || said != "tree") return ErrorOfLine(said, path);
  const Result<FileBytes> plain = ReadWholeFile(memory.path());
  if (!plain) return std::unexpected(plain.error());
  return ReadHdf5(*plain, path);
}

Result<Group> ReadTreeWithLibraryInChild(const std::string& path) {
  ChildLimits limits;
  limits.seconds = 60;
  return ReadTreeInChild(path, limits);
}

}  // namespace weightproof
