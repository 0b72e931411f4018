#include "harness/properties/paths.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>
#include <vector>

namespace weightproof {
namespace {

constexpr std::size_t kNameBytesMax = 255;  // NAME_MAX of the file systems in use
constexpr std::size_t kOldFileBytes = 96 * 1024;

std::string Base(const SessionSpec& session, const std::string& directory) {
  return session.working_directory.empty() ? directory
                                           : directory + "/" + session.working_directory;
}

}  // namespace

ResolvedPath Resolve(const PathSpec& path, const SessionSpec& session,
                     const std::string& directory) {
  if (path.relative) return {path.text, Base(session, directory) + "/" + path.text};
  return {directory + "/" + path.text, directory + "/" + path.text};
}

bool CannotBeWritten(const PathSpec& path) {
  if (path.setup == PathSetup::kExistingDirectory || path.setup == PathSetup::kMissingParent) {
    return true;
  }
  if (path.text.empty() || path.text.ends_with('/')) return true;
  std::size_t begin = 0;
  while (begin <= path.text.size()) {
    const std::size_t slash = std::min(path.text.find('/', begin), path.text.size());
    if (slash - begin > kNameBytesMax) return true;
    begin = slash + 1;
  }
  // Nothing makes folders inside the case's folder: only "." leads anywhere.
  std::string_view folder(path.text);
  folder =
      folder.substr(0, folder.rfind('/') == std::string_view::npos ? 0 : folder.rfind('/') + 1);
  while (folder.starts_with("./") || folder.starts_with("/")) {
    folder.remove_prefix(folder.starts_with("/") ? 1 : 2);
  }
  return !folder.empty();
}

Status Prepare(const PathSpec& path, const SessionSpec& session, const ResolvedPath& resolved,
               const std::string& directory) {
  std::error_code error;
  if (!session.working_directory.empty()) {
    std::filesystem::create_directories(Base(session, directory), error);
  }
  switch (path.setup) {
    case PathSetup::kNone:
    case PathSetup::kMissingParent:
    case PathSetup::kExistingCheckpoint:
      break;
    case PathSetup::kExistingFile: {
      const std::vector<std::byte> old(kOldFileBytes, std::byte{'x'});
      if (!WriteFile(resolved.actual, old)) error = std::error_code(errno, std::generic_category());
      break;
    }
    case PathSetup::kExistingDirectory:
      std::filesystem::create_directory(resolved.actual, error);
      break;
    case PathSetup::kSymlink:
      std::filesystem::create_directory(directory + "/linked", error);
      std::filesystem::create_symlink(directory + "/linked/target", resolved.actual, error);
      break;
  }
  if (error) {
    return Fail(ErrorKind::kPathUnwritable, resolved.actual, error.message(),
                "give the harness a folder it can write to");
  }
  return {};
}

bool ReadFile(const std::string& path, std::string* bytes) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  struct stat info{};
  bool ok = fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
  bytes->resize(ok ? static_cast<std::size_t>(info.st_size) : 0);
  std::size_t done = 0;
  while (ok && done < bytes->size()) {
    const ssize_t n = read(fd, bytes->data() + done, bytes->size() - done);
    if (n <= 0)
      ok = false;
    else
      done += static_cast<std::size_t>(n);
  }
  close(fd);
  return ok;
}

bool WriteFile(const std::string& path, std::span<const std::byte> bytes) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return false;
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = write(fd, bytes.data() + done, bytes.size() - done);
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
  }
  return (close(fd) == 0) && done == bytes.size();
}

void RemoveTree(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
}

CaseFolder::CaseFolder(const std::string& scratch) {
  static unsigned long counter = 0;
  // Names of one length, so that no outcome depends on a process id.
  std::string number = std::to_string(getpid() % 10'000'000) + "-" + std::to_string(counter++);
  path_ =
      scratch + "/case-" + std::string(number.size() < 20 ? 20 - number.size() : 0, '0') + number;
  made_ = mkdir(path_.c_str(), 0777) == 0;
}

CaseFolder::~CaseFolder() {
  if (made_) RemoveTree(path_);
}

}  // namespace weightproof
