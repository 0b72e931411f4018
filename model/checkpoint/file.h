// How bytes reach and leave the disk. One interface, so that faults can be put under it.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

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

// The whole file in memory. PathUnreadable (missing, directory, permission, not a regular file),
// LimitExceeded over kFileBytesMax.
Result<std::vector<std::byte>> ReadWholeFile(const std::string& path);

}  // namespace weightproof
