// How bytes reach and leave the disk. One interface, so that faults can be put under it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "model/error.h"

namespace weightproof {

// The system calls that a save makes, one method each; tests wrap it to make any of them fail.
// Methods return 0 or an errno value.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  // Creates a new file with a fresh name in `directory`, opened for writing.
  virtual int CreateTemporary(const std::string& directory, std::string* path, int* fd) = 0;
  virtual int Write(int fd, std::span<const std::byte> bytes, std::size_t* written) = 0;
  virtual int SetMode(int fd, unsigned mode) = 0;
  virtual int Sync(int fd) = 0;
  virtual int Close(int fd) = 0;
  virtual int Rename(const std::string& from, const std::string& to) = 0;
  virtual int SyncDirectory(const std::string& directory) = 0;
  virtual int Remove(const std::string& path) = 0;
};

FileSystem& RealFileSystem();

struct SaveOptions {
  bool overwrite = true;
  bool sync = true;  // fsync file and directory; a memory file system gains nothing from it
};

// Puts `bytes` at `path` whole or not at all: temporary file beside the target (its name no
// longer than the target's limit allows), mode of an existing target kept (else 0666 less umask),
// synced, renamed, directory synced. A symlink is followed and stays. PathUnwritable otherwise.
Status WriteFileAtomically(const std::string& path, std::span<const std::byte> bytes,
                           const SaveOptions& options = {}, FileSystem& fs = RealFileSystem());

inline constexpr std::size_t kFileBytesMax = std::size_t{16} << 30;

// The bytes of one file. They stay where they are when this moves.
class FileBytes {
 public:
  FileBytes() = default;
  // `size` bytes without a value yet, on huge pages when they are many; throws std::bad_alloc.
  static FileBytes OfSize(std::size_t size);
  // The regular file behind `fd` as a mapping; throws std::bad_alloc when there is no room for it.
  static FileBytes Mapped(int fd, std::size_t size);

  const std::byte* data() const { return bytes_.get(); }
  std::byte* to_fill() { return bytes_.get(); }  // of OfSize
  std::size_t size() const { return size_; }
  const std::byte* begin() const { return data(); }
  const std::byte* end() const { return data() + size_; }
  std::byte operator[](std::size_t i) const { return data()[i]; }
  void Shorten(std::size_t size) { size_ = std::min(size_, size); }

 private:
  struct Release {
    Release() : mapped(0) {}
    explicit Release(std::size_t bytes) : mapped(bytes) {}
    std::size_t mapped;  // bytes to unmap; 0: from new[]
    void operator()(std::byte* bytes) const;
  };
  std::unique_ptr<std::byte, Release> bytes_;
  std::size_t size_ = 0;
};

enum class FileAccess {
  kRead,  // a copy of the file, which nobody can change any more
  // The file itself, for files larger than memory. Whoever writes to it or cuts it short meanwhile
  // changes what is read, after it was checked too, or ends the process by SIGBUS: only for files
  // that nobody writes.
  kMap
};

// The whole file. PathUnreadable (missing, directory, permission, not a regular file),
// LimitExceeded over kFileBytesMax.
Result<FileBytes> ReadWholeFile(const std::string& path, FileAccess access = FileAccess::kRead);

}  // namespace weightproof
