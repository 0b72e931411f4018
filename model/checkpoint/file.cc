#include "model/checkpoint/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <new>
#include <string_view>

namespace weightproof {
namespace {

constexpr int kLinksMax = 40;        // as many as Linux itself follows
constexpr int kFreshNamesMax = 100;  // a name of 64 random bits is taken once in never

std::string PathIn(const std::string& directory, std::string_view name) {
  return directory.ends_with('/') ? directory + std::string(name)
                                  : directory + "/" + std::string(name);
}

// ".wp-" and 16 hexadecimal digits: short enough beside any legal name.
std::string FreshName() {
  std::uint64_t bits = 0;
  if (getrandom(&bits, sizeof bits, 0) != sizeof bits) {
    static std::uint64_t count = 0;
    bits = (static_cast<std::uint64_t>(getpid()) << 32) + count++;
  }
  std::string name = ".wp-";
  for (int i = 0; i < 16; ++i, bits >>= 4) name += "0123456789abcdef"[bits & 15];
  return name;
}

int ErrnoOf(int result) { return result < 0 ? errno : 0; }

class PosixFileSystem : public FileSystem {
 public:
  int CreateTemporary(const std::string& directory, std::string* path, int* fd) override {
    for (int attempt = 0; attempt < kFreshNamesMax; ++attempt) {
      *path = PathIn(directory, FreshName());
      *fd = open(path->c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
      if (*fd >= 0) return 0;
      if (errno != EEXIST && errno != EINTR) return errno;
    }
    return EEXIST;
  }
  int Write(int fd, std::span<const std::byte> bytes, std::size_t* written) override {
    const ssize_t count = write(fd, bytes.data(), bytes.size());
    *written = count < 0 ? 0 : static_cast<std::size_t>(count);
    return count < 0 ? errno : 0;
  }
  int SetMode(int fd, unsigned mode) override { return ErrnoOf(fchmod(fd, mode)); }
  int Sync(int fd) override { return ErrnoOf(fsync(fd)); }
  // The descriptor is gone after EINTR too (close(2), Linux), so nothing is to be repeated.
  int Close(int fd) override {
    const int error = ErrnoOf(close(fd));
    return error == EINTR ? 0 : error;
  }
  int Rename(const std::string& from, const std::string& to) override {
    return ErrnoOf(rename(from.c_str(), to.c_str()));
  }
  int SyncDirectory(const std::string& directory) override {
    const int fd = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return errno;
    const int error = ErrnoOf(fsync(fd));
    close(fd);
    return error == EINVAL || error == ENOTSUP ? 0 : error;  // file systems without such a thing
  }
  int Remove(const std::string& path) override { return ErrnoOf(unlink(path.c_str())); }
};

std::string RemedyFor(int error) {
  switch (error) {
    case ENOENT:
      return "correct the path; to save there, make the parent directory first";
    case ENOTDIR:
      return "a part of the path is a file; choose another path";
    case EISDIR:
      return "give the path of a file, not of a directory";
    case EACCES:
    case EPERM:
    case EROFS:
      return "choose a place that this user may use, or change its permissions";
    case ENAMETOOLONG:
      return "use at most 255 bytes for each name in the path";
    case ELOOP:
      return "remove the circle of symbolic links";
    case ENOSPC:
    case EDQUOT:
      return "free some space, or choose another disk";
    default:
      return "check the disk and the path, then try again";
  }
}

std::unexpected<Error> CannotWrite(const std::string& path, const std::string& step, int error) {
  return Fail(ErrorKind::kPathUnwritable, path, step + ": " + std::strerror(error),
              RemedyFor(error));
}

std::unexpected<Error> CannotRead(const std::string& path, const std::string& step, int error) {
  return Fail(ErrorKind::kPathUnreadable, path, step + ": " + std::strerror(error),
              RemedyFor(error));
}

// The directory part of a path without a slash at its end.
std::string DirectoryOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

struct Target {
  std::string path;  // no symbolic link
  bool exists = false;
  unsigned mode = 0;
};

Result<Target> Resolve(const std::string& given) {
  if (given.find('\0') != std::string::npos) return CannotWrite(given, "NUL in the path", EINVAL);
  Target target{given};
  for (int followed = 0; followed <= kLinksMax; ++followed) {
    if (target.path.empty()) return CannotWrite(given, "an empty path", ENOENT);
    if (target.path.ends_with('/')) return CannotWrite(given, "a directory's path", EISDIR);
    struct stat found;
    if (lstat(target.path.c_str(), &found) != 0) {
      if (errno == ENOENT) return target;
      return CannotWrite(given, "looking at the target", errno);
    }
    if (S_ISDIR(found.st_mode)) return CannotWrite(given, "the target", EISDIR);
    if (S_ISREG(found.st_mode)) {
      target.exists = true;
      target.mode = found.st_mode & 07777;
      return target;
    }
    if (!S_ISLNK(found.st_mode)) {
      return Fail(ErrorKind::kPathUnwritable, given,
                  "the target is a device, pipe or socket, which a save would replace",
                  "give the path of a regular file");
    }
    std::array<char, 4097> text;  // PATH_MAX and one more to see that it was cut
    const ssize_t length = readlink(target.path.c_str(), text.data(), text.size());
    if (length < 0) return CannotWrite(given, "reading a symbolic link", errno);
    if (static_cast<std::size_t>(length) == text.size()) {
      return CannotWrite(given, "reading a symbolic link", ENAMETOOLONG);
    }
    const std::string_view link(text.data(), static_cast<std::size_t>(length));
    target.path =
        link.starts_with('/') ? std::string(link) : PathIn(DirectoryOf(target.path), link);
  }
  return CannotWrite(given, "following symbolic links", ELOOP);
}

int WriteAll(FileSystem& fs, int fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    std::size_t written = 0;
    const int error = fs.Write(fd, bytes, &written);
    if (error == EINTR) continue;
    if (error != 0) return error;
    if (written == 0 || written > bytes.size()) return EIO;
    bytes = bytes.subspan(written);
  }
  return 0;
}

int SyncFile(FileSystem& fs, int fd) {
  int error = EINTR;
  while (error == EINTR) error = fs.Sync(fd);
  return error;
}

// Fills and closes the temporary file. Returns the failed step, nullptr when all is done.
const char* Fill(FileSystem& fs, int fd, std::span<const std::byte> bytes, const Target& target,
                 bool sync, int* error) {
  const char* failed = nullptr;
  *error = target.exists ? fs.SetMode(fd, target.mode) : 0;
  if (*error != 0) failed = "keeping the file's mode";
  if (failed == nullptr && (*error = WriteAll(fs, fd, bytes)) != 0) failed = "writing";
  if (failed == nullptr && sync && (*error = SyncFile(fs, fd)) != 0) failed = "syncing the file";
  const int close_error = fs.Close(fd);
  if (failed == nullptr && close_error != 0) {
    *error = close_error;
    failed = "closing the file";
  }
  return failed;
}

}  // namespace

FileSystem& RealFileSystem() {
  static PosixFileSystem file_system;
  return file_system;
}

Status WriteFileAtomically(const std::string& path, std::span<const std::byte> bytes,
                           const SaveOptions& options, FileSystem& fs) {
  Result<Target> target = Resolve(path);
  if (!target) return std::unexpected(std::move(target.error()));
  if (target->exists && !options.overwrite) {
    return Fail(ErrorKind::kPathUnwritable, path, "a file is already there",
                "allow overwriting, or choose another path");
  }
  // A rename would replace a file that its owner has protected against writing.
  if (target->exists && faccessat(AT_FDCWD, target->path.c_str(), W_OK, AT_EACCESS) != 0) {
    return CannotWrite(path, "the existing file", errno);
  }
  const std::string directory = DirectoryOf(target->path);
  std::string temporary;
  int fd = -1;
  int error = fs.CreateTemporary(directory, &temporary, &fd);
  if (error != 0) return CannotWrite(path, "making a temporary file in " + directory, error);
  const char* failed = Fill(fs, fd, bytes, *target, options.sync, &error);
  if (failed == nullptr && (error = fs.Rename(temporary, target->path)) != 0) {
    failed = "renaming the temporary file";
  }
  if (failed != nullptr) {
    std::string step = failed;
    if (fs.Remove(temporary) != 0) step += " (and " + temporary + " could not be removed)";
    return CannotWrite(path, step, error);
  }
  if (options.sync && (error = fs.SyncDirectory(directory)) != 0) {
    return CannotWrite(path, "the new file is in place, but syncing its directory", error);
  }
  return {};
}

FileBytes FileBytes::OfSize(std::size_t size) {
  constexpr std::size_t kMany = std::size_t{4} << 20;
  FileBytes bytes;
  bytes.size_ = size;
  if (size < kMany) {
    bytes.bytes_.reset(new std::byte[size]);
    return bytes;
  }
  void* at = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) throw std::bad_alloc();
  madvise(at, size, MADV_HUGEPAGE);  // advice: smaller pages do as well
  bytes.bytes_ = {static_cast<std::byte*>(at), Release{size}};
  return bytes;
}

FileBytes FileBytes::Mapped(int fd, std::size_t size) {
  if (size == 0) return OfSize(0);  // nothing can be mapped
  void* at = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (at == MAP_FAILED) throw std::bad_alloc();
  FileBytes bytes;
  bytes.size_ = size;
  bytes.bytes_ = {static_cast<std::byte*>(at), Release{size}};
  return bytes;
}

void FileBytes::Release::operator()(std::byte* bytes) const {
  if (mapped == 0) {
    delete[] bytes;
  } else {
    munmap(bytes, mapped);
  }
}

Result<FileBytes> ReadWholeFile(const std::string& path, FileAccess access) {
  if (path.find('\0') != std::string::npos) return CannotRead(path, "NUL in the path", EINVAL);
  // Non-blocking, so that a pipe without a writer is seen for what it is.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return CannotRead(path, "opening", errno);
  struct Closer {
    int fd;
    ~Closer() { close(fd); }
  } closer{fd};
  struct stat found;
  if (fstat(fd, &found) != 0) return CannotRead(path, "looking at the file", errno);
  if (S_ISDIR(found.st_mode)) return CannotRead(path, "reading", EISDIR);
  if (!S_ISREG(found.st_mode)) {
    return Fail(ErrorKind::kPathUnreadable, path, "not a regular file",
                "copy the bytes into a regular file");
  }
  const auto too_large = [&path](std::uint64_t size) {
    return Fail(ErrorKind::kLimitExceeded, path,
                std::to_string(size) + " bytes, more than memory or the limit of " +
                    std::to_string(kFileBytesMax) + " allow",
                "split the file");
  };
  const auto size = static_cast<std::uint64_t>(found.st_size);
  if (size > kFileBytesMax) return too_large(size);
  FileBytes bytes;
  try {
    bytes = access == FileAccess::kMap ? FileBytes::Mapped(fd, size) : FileBytes::OfSize(size);
  } catch (const std::bad_alloc&) {
    return too_large(size);
  }
  if (access == FileAccess::kMap) return bytes;
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = read(fd, bytes.to_fill() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return CannotRead(path, "reading", errno);
    if (count == 0) break;  // cut short by someone else meanwhile
    done += static_cast<std::size_t>(count);
  }
  bytes.Shorten(done);
  return bytes;
}

}  // namespace weightproof
