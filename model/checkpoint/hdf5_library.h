// What the HDF5 reader and writer share: owned handles, and objects of the C library that never
// change and are made once per process. hdf5.h of the C library stays in the .cc files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <utility>
#include <vector>

#include "model/checkpoint/tree.h"

namespace weightproof::hdf5 {

using Id = std::int64_t;  // hid_t
inline constexpr Id kNoId = -1;

enum class Kind : std::uint8_t { kFile, kObject, kAttribute, kType, kSpace, kPropertyList };

// An id of the C library that is closed once. ok() is false when the call that made it failed.
class Handle {
 public:
  Handle() = default;
  Handle(Id id, Kind kind) : id_(id), kind_(kind) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, kNoId)), kind_(other.kind_) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(kind_, other.kind_);
    return *this;
  }
  ~Handle() { Close(); }

  bool ok() const { return id_ >= 0; }
  Id id() const { return id_; }
  void Close();

 private:
  Id id_ = kNoId;
  Kind kind_ = Kind::kObject;
};

// Keeps the C library from printing while it lives; the caller's setting comes back after.
class Silence {
 public:
  Silence();
  ~Silence();
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  void* function_ = nullptr;
  void* data_ = nullptr;
};

// Made at the first call; lives until the process ends (a forked child inherits it).
struct Library {
  Id create_access;     // core driver, no backing store, for new files
  Id file_creation;     // no object times
  Id group_creation;    // no object times
  Id dataset_creation;  // no object times
  Id transfer;          // small conversion buffer
  Id scalar_space, null_space;
  Id vlen_utf8, vlen_ascii;
  Id vlen_reference;  // reads a variable-length string as the reference that the file stores
  Id bool_enum;       // as h5py makes it: int8, FALSE = 0, TRUE = 1
};
const Library& TheLibrary();

// Bytes that the file stores for one variable-length element: length, address, index.
inline constexpr std::size_t kVlenReferenceBytes = 16;

// A name for the next in-memory file: below /dev/null no file can exist, which matters because the
// core driver first tries to open the name; and it takes files of one name for one file.
std::string FreshFileName();

// The library's type for a number, by byte order; kNoId when there is none.
Id NumberType(DType dtype, bool big_endian);

// Reverses the bytes of each element.
void SwapBytes(std::byte* bytes, std::size_t count, std::size_t element_bytes);

// The element type of an attribute or a dataset. `fixed_padding` says where a fixed string ends.
enum class Padding : std::uint8_t { kNullTerminated, kNullPadded, kSpacePadded };
struct FileType {
  StoredType type;
  Padding padding = Padding::kNullPadded;
};
// The name of the type class when it is none of StoredType's.
std::expected<FileType, std::string> ClassifyType(Id type);

}  // namespace weightproof::hdf5
