#include <hdf5.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "model/checkpoint/hdf5.h"
#include "model/checkpoint/hdf5_library.h"

namespace weightproof {
namespace {

using hdf5::Handle;
using hdf5::Id;
using hdf5::Kind;
using hdf5::TheLibrary;

// An attribute lies inside its object's header, whose messages hold 64 KiB; names and type take
// some of it. Keras splits its name lists at this size (HDF5_OBJECT_HEADER_LIMIT).
constexpr std::size_t kAttributeBytesUsual = 64'512;

// An id that is either borrowed from the library's constants or owned.
class MaybeOwned {
 public:
  explicit MaybeOwned(Id borrowed) : id_(borrowed) {}
  explicit MaybeOwned(Handle owned) : owned_(std::move(owned)), id_(owned_.id()) {}
  Id id() const { return id_; }

 private:
  Handle owned_;
  Id id_;
};

MaybeOwned TypeOf(const StoredType& type) {
  switch (type.cls) {
    case StoredClass::kNumber:
      return MaybeOwned(hdf5::NumberType(type.dtype, type.big_endian));
    case StoredClass::kVlenString:
      return MaybeOwned(type.utf8 ? TheLibrary().vlen_utf8 : TheLibrary().vlen_ascii);
    case StoredClass::kFixedString: {
      Handle made(H5Tcopy(H5T_C_S1), Kind::kType);
      H5Tset_size(made.id(), type.size);
      H5Tset_strpad(made.id(), H5T_STR_NULLPAD);
      H5Tset_cset(made.id(), type.utf8 ? H5T_CSET_UTF8 : H5T_CSET_ASCII);
      return MaybeOwned(std::move(made));
    }
    case StoredClass::kOpaque: {
      Handle made(H5Tcreate(H5T_OPAQUE, type.size), Kind::kType);
      H5Tset_tag(made.id(), "");
      return MaybeOwned(std::move(made));
    }
  }
  return MaybeOwned(hdf5::kNoId);
}

MaybeOwned SpaceOf(const StoredArray& array) {
  if (array.null_space) return MaybeOwned(TheLibrary().null_space);
  if (array.shape.empty()) return MaybeOwned(TheLibrary().scalar_space);
  const std::vector<hsize_t> dims(array.shape.begin(), array.shape.end());
  return MaybeOwned(
      Handle(H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr), Kind::kSpace));
}

std::size_t ElementBytes(const StoredType& type) {
  return type.cls == StoredClass::kNumber ? DTypeSize(type.dtype) : type.size;
}

// What is wrong with the array as a value, or nullptr.
const char* Inconsistency(const StoredArray& array) {
  const std::optional<std::int64_t> count =
      array.null_space ? 0 : ElementCount(std::span<const std::int64_t>(array.shape));
  if (!count) return "its shape has a negative dimension or too many elements";
  const bool vlen = array.type.cls == StoredClass::kVlenString;
  const bool text = vlen || array.type.cls == StoredClass::kFixedString;
  if (!vlen && ElementBytes(array.type) == 0) return "its element type has no bytes";
  if (text) {
    if (array.strings.size() != static_cast<std::size_t>(*count) || !array.bytes.empty()) {
      return "its number of strings differs from its shape";
    }
    for (const std::string& value : array.strings) {
      if (vlen && value.find('\0') != std::string::npos) {
        return "a string of variable length holds a NUL byte";
      }
      if (!vlen && value.size() > array.type.size)
        return "a string is longer than its element type";
      // The padding is NUL too.
      if (!vlen && value.ends_with('\0')) return "a string of fixed length ends in a NUL byte";
    }
    return nullptr;
  }
  if (array.bytes.size() != static_cast<std::size_t>(*count) * ElementBytes(array.type) ||
      !array.strings.empty()) {
    return "its number of bytes differs from its shape";
  }
  return nullptr;
}

// The elements as H5Awrite and H5Dwrite take them in the file's own type; strings of variable
// length as pointers into the array, which has to stay.
class Elements {
 public:
  explicit Elements(const StoredArray& array) : data_(array.bytes.data()) {
    switch (array.type.cls) {
      case StoredClass::kVlenString:
        pointers_.reserve(array.strings.size());
        for (const std::string& value : array.strings) pointers_.push_back(value.c_str());
        data_ = pointers_.data();
        return;
      case StoredClass::kFixedString:
        copy_.resize(array.strings.size() * array.type.size);
        for (std::size_t i = 0; i < array.strings.size(); ++i) {
          std::ranges::copy(std::as_bytes(std::span(array.strings[i])),
                            copy_.begin() + static_cast<std::ptrdiff_t>(i * array.type.size));
        }
        data_ = copy_.data();
        return;
      case StoredClass::kNumber:
        if (const std::size_t size = ElementBytes(array.type); array.type.big_endian && size > 1) {
          copy_.assign(array.bytes.begin(), array.bytes.end());
          hdf5::SwapBytes(copy_.data(), copy_.size() / size, size);
          data_ = copy_.data();
        }
        return;
      case StoredClass::kOpaque:
        return;
    }
  }
  const void* data() const { return data_; }

 private:
  std::vector<const char*> pointers_;
  std::vector<std::byte> copy_;
  const void* data_;
};

// Bytes of the values as they lie in the file, text of variable length aside.
std::size_t StoredBytes(const StoredArray& array) {
  if (array.type.cls == StoredClass::kVlenString) {
    return array.strings.size() * hdf5::kVlenReferenceBytes;
  }
  return std::max(array.bytes.size(), array.strings.size() * array.type.size);
}

bool HasElements(const StoredArray& array) {
  return !array.bytes.empty() || !array.strings.empty();
}

// The hints where they apply: no chunks for scalars and empty shapes, none larger than the shape.
Handle CreationOf(const StorageHints& hints, const Shape& shape) {
  if (hints.chunk.empty() || hints.chunk.size() != shape.size()) return {};
  std::vector<hsize_t> chunk;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] < 1 || hints.chunk[i] < 1) return {};
    chunk.push_back(static_cast<hsize_t>(std::min(hints.chunk[i], shape[i])));
  }
  Handle made(H5Pcopy(TheLibrary().dataset_creation), Kind::kPropertyList);
  H5Pset_chunk(made.id(), static_cast<int>(chunk.size()), chunk.data());
  if (hints.shuffle) H5Pset_shuffle(made.id());
  if (hints.deflate >= 0) H5Pset_deflate(made.id(), static_cast<unsigned>(hints.deflate));
  if (hints.fletcher32) H5Pset_fletcher32(made.id());
  return made;
}

class Writer {
 public:
  Status WriteGroup(Id group, const Group& content, std::size_t depth) {
    if (depth > Hdf5Limits{}.depth_max) {
      return Refuse("", "more than " + std::to_string(Hdf5Limits{}.depth_max) + " nested groups",
                    "nest fewer groups");
    }
    if (Status status = WriteAttributes(group, content.attributes); !status) return status;
    for (const Child& child : content.children) {
      const std::size_t length = path_.size();
      path_ += '/';
      path_ += child.name;
      if (Status status = WriteChild(group, child, depth); !status) return status;
      path_.resize(length);
    }
    return {};
  }

 private:
  Status WriteChild(Id parent, const Child& child, std::size_t depth) {
    if (child.name.empty() || child.name == "." || child.name.find('/') != std::string::npos ||
        child.name.find('\0') != std::string::npos) {
      return Malformed("", "no name that HDF5 can store: empty, \".\", or with '/' or NUL in it");
    }
    if (child.dataset() != nullptr) return WriteDataset(parent, child.name, *child.dataset());
    const Handle made(H5Gcreate2(parent, child.name.c_str(), H5P_DEFAULT,
                                 TheLibrary().group_creation, H5P_DEFAULT),
                      Kind::kObject);
    if (!made.ok()) return CannotCreate("", "group");
    return WriteGroup(made.id(), *child.group(), depth + 1);
  }

  Status WriteDataset(Id parent, const std::string& name, const Dataset& dataset) {
    const StoredArray& value = dataset.value;
    if (const char* wrong = Inconsistency(value)) return Malformed("", wrong);
    const MaybeOwned type = TypeOf(value.type);
    const MaybeOwned space = SpaceOf(value);
    const Handle hinted = CreationOf(dataset.storage, value.shape);
    const Id creation = hinted.ok() ? hinted.id() : TheLibrary().dataset_creation;
    const Handle made(
        H5Dcreate2(parent, name.c_str(), type.id(), space.id(), H5P_DEFAULT, creation, H5P_DEFAULT),
        Kind::kObject);
    if (!made.ok()) return CannotCreate("", "dataset");
    if (HasElements(value) && H5Dwrite(made.id(), type.id(), H5S_ALL, H5S_ALL,
                                       TheLibrary().transfer, Elements(value).data()) < 0) {
      return CannotCreate("", "dataset");
    }
    return WriteAttributes(made.id(), dataset.attributes);
  }

  Status WriteAttributes(Id object, const std::vector<Attribute>& attributes) {
    for (const Attribute& attribute : attributes) {
      if (Status status = WriteAttribute(object, attribute); !status) return status;
    }
    return {};
  }

  Status WriteAttribute(Id object, const Attribute& attribute) {
    const StoredArray& value = attribute.value;
    if (const char* wrong = Inconsistency(value)) return Malformed(attribute.name, wrong);
    if (attribute.name.empty() || attribute.name.find('\0') != std::string::npos) {
      return Malformed(attribute.name, "no name that HDF5 can store: empty, or with NUL in it");
    }
    const MaybeOwned type = TypeOf(value.type);
    const MaybeOwned space = SpaceOf(value);
    const Handle made(
        H5Acreate2(object, attribute.name.c_str(), type.id(), space.id(), H5P_DEFAULT, H5P_DEFAULT),
        Kind::kAttribute);
    if (!made.ok() && StoredBytes(value) > kAttributeBytesUsual) {
      return Refuse(attribute.name,
                    std::to_string(StoredBytes(value)) +
                        " bytes in one attribute; HDF5 holds less than 65536",
                    "split the list into attributes of at most 64512 bytes, as Keras does");
    }
    if (!made.ok()) return CannotCreate(attribute.name, "attribute");
    if (HasElements(value) && H5Awrite(made.id(), type.id(), Elements(value).data()) < 0) {
      return CannotCreate(attribute.name, "attribute");
    }
    return {};
  }

  std::string Place(const std::string& attribute) const {
    return (path_.empty() ? "/" : path_) + (attribute.empty() ? "" : "@" + attribute);
  }
  Status Refuse(const std::string& attribute, std::string message, std::string remedy) const {
    return Fail(ErrorKind::kLimitExceeded, Place(attribute), std::move(message), std::move(remedy));
  }
  Status CannotCreate(const std::string& attribute, const std::string& what) const {
    return Refuse(attribute, "the HDF5 library refuses to make this " + what,
                  "use a shorter name, fewer attributes on one object, or at most 32 dimensions");
  }
  Status Malformed(const std::string& attribute, const std::string& message) const {
    return Fail(ErrorKind::kMalformedMetadata, Place(attribute), message,
                "correct the tree before it is written");
  }

  std::string path_;
};

}  // namespace

Result<std::vector<std::byte>> WriteHdf5(const Group& root) {
  const hdf5::Silence silence;
  const auto out_of_memory = [] {
    return Fail(ErrorKind::kLimitExceeded, "/", "the file does not fit into memory",
                "save a smaller model");
  };
  const Handle file(H5Fcreate(hdf5::FreshFileName().c_str(), H5F_ACC_TRUNC,
                              TheLibrary().file_creation, TheLibrary().create_access),
                    Kind::kFile);
  if (!file.ok()) return out_of_memory();
  if (Status status = Writer().WriteGroup(file.id(), root, 0); !status) {
    return std::unexpected(std::move(status.error()));
  }
  // Without the flush the image lacks what the library still holds in its cache.
  if (H5Fflush(file.id(), H5F_SCOPE_LOCAL) < 0) return out_of_memory();
  const ssize_t size = H5Fget_file_image(file.id(), nullptr, 0);
  if (size < 0) return out_of_memory();
  std::vector<std::byte> bytes(static_cast<std::size_t>(size));
  if (H5Fget_file_image(file.id(), bytes.data(), bytes.size()) != size) return out_of_memory();
  return bytes;
}

}  // namespace weightproof
