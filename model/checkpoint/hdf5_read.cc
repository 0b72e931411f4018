// Newer releases of the C library keep the names of 1.10 behind this switch.
#define H5_USE_110_API
#include <hdf5.h>

#include <algorithm>
#include <array>
#include <new>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "model/checkpoint/hdf5.h"
#include "model/checkpoint/hdf5_heap.h"
#include "model/checkpoint/hdf5_image.h"
#include "model/checkpoint/hdf5_library.h"
#include "model/checkpoint/hdf5_storage.h"

namespace weightproof {
namespace {

using hdf5::Handle;
using hdf5::Id;
using hdf5::Kind;
using hdf5::Storing;
using hdf5::TheLibrary;

struct LinkFound {
  std::string name;
  H5L_type_t type;
  haddr_t address;
};

herr_t CollectLink(hid_t, const char* name, const H5L_info_t* info, void* data) {
  auto* links = static_cast<std::vector<LinkFound>*>(data);
  links->push_back({name, info->type, info->type == H5L_TYPE_HARD ? info->u.address : 0});
  return 0;
}

herr_t CollectName(hid_t, const char* name, const H5A_info_t*, void* data) {
  static_cast<std::vector<std::string>*>(data)->emplace_back(name);
  return 0;
}

class Reader {
 public:
  Reader(std::span<const std::byte> file, hdf5::Superblock superblock, const std::string& place,
         const Hdf5Limits& limits)
      : file_(file), superblock_(superblock), place_(place), limits_(limits) {}

  Status ReadRoot(Id file, Group& root) {
    const Handle group(H5Gopen2(file, "/", H5P_DEFAULT), Kind::kObject);
    H5O_info_t info;
    if (!group.ok() || H5Oget_info2(group.id(), &info, H5O_INFO_BASIC) < 0) {
      return Damaged("", "the root group cannot be read");
    }
    visited_.insert(info.addr);
    return ReadGroup(group.id(), root, 0);
  }

 private:
  Status ReadGroup(Id id, Group& group, std::size_t depth) {
    if (depth > limits_.depth_max) {
      return Exceeds("", "groups nested deeper than " + std::to_string(limits_.depth_max),
                     "depth_max");
    }
    if (Status status = ReadAttributes(id, group.attributes); !status) return status;
    std::vector<LinkFound> links;
    if (H5Literate(id, H5_INDEX_NAME, H5_ITER_INC, nullptr, CollectLink, &links) < 0) {
      return Damaged("", "the members of this group cannot be listed");
    }
    std::ranges::sort(links, {}, &LinkFound::name);
    group.children.reserve(links.size());
    for (LinkFound& link : links) {
      const std::size_t length = path_.size();
      path_ += '/';
      path_ += link.name;
      if (Status status = ReadLink(id, link, group, depth); !status) return status;
      path_.resize(length);
    }
    return {};
  }

  Status ReadLink(Id parent, LinkFound& link, Group& group, std::size_t depth) {
    const bool twice = !group.children.empty() && group.children.back().name == link.name;
    if (twice || link.name.empty() || link.name == "." ||
        link.name.find('/') != std::string::npos) {
      return Damaged("", "a member's name is empty, has '/' in it, or stands there twice");
    }
    if (link.type != H5L_TYPE_HARD) {
      return Forbidden("", link.type == H5L_TYPE_SOFT       ? "a soft link"
                           : link.type == H5L_TYPE_EXTERNAL ? "a link to another file"
                                                            : "a user-defined link");
    }
    if (!visited_.insert(link.address).second) {
      return Forbidden("", "a second way to a group or dataset that has another name too");
    }
    if (visited_.size() > limits_.objects_max) {
      return Exceeds("", "more than " + std::to_string(limits_.objects_max) + " objects",
                     "objects_max");
    }
    const Handle object(H5Oopen_by_addr(parent, link.address), Kind::kObject);
    if (!object.ok())
      return Damaged("", "this object cannot be opened: damaged, or of a newer HDF5 format");
    switch (H5Iget_type(object.id())) {
      case H5I_GROUP: {
        group.children.push_back({std::move(link.name), Group{}});
        return ReadGroup(object.id(), *group.children.back().group(), depth + 1);
      }
      case H5I_DATASET: {
        group.children.push_back({std::move(link.name), Dataset{}});
        Dataset& dataset = *group.children.back().dataset();
        if (Status status = ReadDataset(object.id(), dataset); !status) return status;
        return ReadAttributes(object.id(), dataset.attributes);
      }
      default:
        return Forbidden("", "a stored datatype instead of a group or dataset");
    }
  }

  Status ReadAttributes(Id object, std::vector<Attribute>& attributes) {
    std::vector<std::string> names;
    if (H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, nullptr, CollectName, &names) < 0) {
      return Damaged("", "the attributes cannot be listed");
    }
    std::ranges::sort(names);
    if (std::ranges::adjacent_find(names) != names.end()) {
      return Damaged("", "two attributes have one name");
    }
    attributes.reserve(names.size());
    for (std::string& name : names) {
      const Handle opened(H5Aopen(object, name.c_str(), H5P_DEFAULT), Kind::kAttribute);
      attributes.push_back({std::move(name), {}});
      if (!opened.ok()) return Damaged(attributes.back().name, "the attribute cannot be opened");
      if (Status status = ReadAttribute(opened.id(), attributes.back()); !status) return status;
    }
    return {};
  }

  Status ReadAttribute(Id id, Attribute& attribute) {
    StoredArray& value = attribute.value;
    const Handle type(H5Aget_type(id), Kind::kType);
    const Handle space(H5Aget_space(id), Kind::kSpace);
    hdf5::Padding padding;
    std::size_t count = 0;
    if (Status status = Describe(attribute.name, type.id(), space.id(), value, padding, count);
        !status) {
      return status;
    }
    const std::size_t bytes = count * FileBytes(value.type);
    if (bytes > limits_.attribute_bytes_max) {
      return Exceeds(attribute.name, std::to_string(bytes) + " bytes in one attribute",
                     "attribute_bytes_max");
    }
    if (Status status = Account(attribute.name, bytes, Storing::kPlain); !status) return status;
    if (count == 0) return {};
    std::vector<std::byte> raw(bytes);
    if (H5Aread(id, MemoryType(value.type, type.id()), raw.data()) < 0) {
      return Damaged(attribute.name, "the attribute's value cannot be read");
    }
    return Decode(attribute.name, value, padding, count, std::move(raw));
  }

  Status ReadDataset(Id id, Dataset& dataset) {
    StoredArray& value = dataset.value;
    std::expected<hdf5::Storage, hdf5::StorageError> storage = hdf5::FindStorage(id);
    if (!storage) {
      return storage.error().kind == ErrorKind::kForbiddenFeature
                 ? Forbidden("", storage.error().message)
                 : Damaged("", storage.error().message);
    }
    dataset.storage = std::move(storage->hints);
    const Handle type(H5Dget_type(id), Kind::kType);
    const Handle space(H5Dget_space(id), Kind::kSpace);
    hdf5::Padding padding;
    std::size_t count = 0;
    if (Status status = Describe("", type.id(), space.id(), value, padding, count); !status) {
      return status;
    }
    // A chunk is read whole, so it counts like declared data.
    if (storage->chunk_elements >
        CompressedBytesMax() / std::max<std::size_t>(FileBytes(value.type), 1)) {
      return Exceeds("", "a chunk larger than the file can hold", "inflate_ratio_max");
    }
    const std::size_t bytes = count * FileBytes(value.type);
    if (Status status = Account("", bytes, storage->storing); !status) return status;
    if (count == 0) return {};
    std::vector<std::byte> raw;
    if (storage->storing == Storing::kContiguous) {
      if (storage->offset > file_.size() || bytes > file_.size() - storage->offset) {
        return Damaged("", "its values would lie behind the end of the file");
      }
      const auto stored = file_.subspan(storage->offset, bytes);
      raw.assign(stored.begin(), stored.end());
    } else {
      raw.resize(bytes);
      if (H5Dread(id, MemoryType(value.type, type.id()), H5S_ALL, H5S_ALL, TheLibrary().transfer,
                  raw.data()) < 0) {
        return Damaged("", "its values cannot be read: missing, or a checksum is wrong");
      }
    }
    return Decode("", value, padding, count, std::move(raw));
  }

  // Element type, shape and number of elements of an attribute or (empty name) a dataset.
  Status Describe(const std::string& attribute, Id type, Id space, StoredArray& value,
                  hdf5::Padding& padding, std::size_t& count) const {
    if (type < 0 || space < 0) return Damaged(attribute, "its type or shape cannot be read");
    std::expected<hdf5::FileType, std::string> found = hdf5::ClassifyType(type);
    if (!found)
      return Forbidden(attribute, "values of a type without meaning here, " + found.error());
    value.type = found->type;
    padding = found->padding;
    if (value.type.cls == StoredClass::kVlenString &&
        (superblock_.address_bytes != 8 || superblock_.length_bytes != 8)) {
      return Forbidden(attribute, "text of variable length with addresses other than 8 bytes");
    }
    count = 1;
    switch (H5Sget_simple_extent_type(space)) {
      case H5S_NULL:
        value.null_space = true;
        count = 0;
        return {};
      case H5S_SCALAR:
        return {};
      case H5S_SIMPLE: {
        std::array<hsize_t, H5S_MAX_RANK> dims;
        const int rank = H5Sget_simple_extent_dims(space, dims.data(), nullptr);
        if (rank < 0) return Damaged(attribute, "its shape cannot be read");
        value.shape.assign(dims.begin(), dims.begin() + rank);
        const std::optional<std::int64_t> elements = ElementCount(value.shape);
        if (!elements || *elements > (std::int64_t{1} << 48) / (1 + FileBytesSigned(value.type))) {
          return Exceeds(attribute, "a shape with more elements than any file holds",
                         "inflate_ratio_max");
        }
        count = static_cast<std::size_t>(*elements);
        return {};
      }
      default:
        return Damaged(attribute, "its shape cannot be read");
    }
  }

  // Bytes of one element in the file.
  static std::size_t FileBytes(const StoredType& type) {
    return type.cls == StoredClass::kVlenString ? hdf5::kVlenReferenceBytes : type.size;
  }
  static std::int64_t FileBytesSigned(const StoredType& type) {
    return static_cast<std::int64_t>(FileBytes(type));
  }

  // Values are always read as the file has them, so the library converts nothing.
  static Id MemoryType(const StoredType& type, Id file_type) {
    return type.cls == StoredClass::kVlenString ? TheLibrary().vlen_reference : file_type;
  }

  std::size_t CompressedBytesMax() const { return limits_.inflate_ratio_max * file_.size(); }

  // Adds declared bytes to the running totals: data that overlaps itself or was never written
  // cannot make a small file large in memory.
  Status Account(const std::string& attribute, std::size_t bytes, Storing storing) {
    const bool compressed = storing == Storing::kCompressed;
    std::size_t& total = compressed ? compressed_bytes_ : stored_bytes_;
    total += bytes;
    if (total <= (compressed ? CompressedBytesMax() : file_.size())) return {};
    return Exceeds(attribute,
                   "declares " + std::to_string(bytes) + " bytes, more than a file of " +
                       std::to_string(file_.size()) + " bytes can hold",
                   compressed ? "inflate_ratio_max" : "");
  }

  Status Decode(const std::string& attribute, StoredArray& value, hdf5::Padding padding,
                std::size_t count, std::vector<std::byte> raw) {
    switch (value.type.cls) {
      case StoredClass::kNumber:
        if (value.type.big_endian) hdf5::SwapBytes(raw.data(), count, value.type.size);
        if (value.type.dtype == DType::kBool &&
            std::ranges::any_of(raw, [](std::byte b) { return b > std::byte{1}; })) {
          return Damaged(attribute, "a bool that is neither FALSE nor TRUE");
        }
        value.bytes = std::move(raw);
        return {};
      case StoredClass::kOpaque:
        value.bytes = std::move(raw);
        return {};
      case StoredClass::kFixedString:
        value.strings.reserve(count);
        for (std::size_t i = 0; i < count; ++i) {
          value.strings.push_back(FixedText(
              {reinterpret_cast<const char*>(raw.data()) + i * value.type.size, value.type.size},
              padding));
        }
        return {};
      case StoredClass::kVlenString:
        return DecodeVlen(attribute, value, count, raw);
    }
    return {};
  }

  Status DecodeVlen(const std::string& attribute, StoredArray& value, std::size_t count,
                    const std::vector<std::byte>& raw) {
    value.strings.reserve(count);
    std::size_t text_bytes = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const auto text = hdf5::ResolveVlenReference(file_, superblock_.base,
                                                   raw.data() + i * hdf5::kVlenReferenceBytes);
      if (!text) {
        return Damaged(attribute, "text " + std::to_string(i) + " of variable length is not there");
      }
      text_bytes += text->size();
      if (!attribute.empty() && text_bytes > limits_.attribute_bytes_max) {
        return Exceeds(attribute,
                       "more than " + std::to_string(limits_.attribute_bytes_max) +
                           " bytes of text in one attribute",
                       "attribute_bytes_max");
      }
      if (Status status = Account(attribute, text->size(), Storing::kPlain); !status) {
        return status;
      }
      value.strings.emplace_back(*text);
    }
    return {};
  }

  static std::string FixedText(std::string_view text, hdf5::Padding padding) {
    switch (padding) {
      case hdf5::Padding::kNullTerminated:
        return std::string(text.substr(0, text.find('\0')));
      case hdf5::Padding::kNullPadded:
        return std::string(text.substr(0, text.find_last_not_of('\0') + 1));
      case hdf5::Padding::kSpacePadded:
        return std::string(text.substr(0, text.find_last_not_of(' ') + 1));
    }
    return std::string(text);
  }

  std::string Place(const std::string& attribute) const {
    return place_ + ": " + (path_.empty() ? "/" : path_) +
           (attribute.empty() ? "" : "@" + attribute);
  }
  std::unexpected<Error> Damaged(const std::string& attribute, std::string message) const {
    return Fail(ErrorKind::kDamagedFile, Place(attribute), std::move(message),
                "copy or save the file again");
  }
  std::unexpected<Error> Forbidden(const std::string& attribute, const std::string& what) const {
    return Fail(ErrorKind::kForbiddenFeature, Place(attribute), "found " + what,
                "write the file again without it, as Keras does");
  }
  std::unexpected<Error> Exceeds(const std::string& attribute, std::string message,
                                 const std::string& limit) const {
    return Fail(ErrorKind::kLimitExceeded, Place(attribute), std::move(message),
                limit.empty() ? "save the file again with all values written"
                              : "raise Hdf5Limits::" + limit + " if the file can be trusted");
  }

  const std::span<const std::byte> file_;
  const hdf5::Superblock superblock_;
  const std::string& place_;
  const Hdf5Limits& limits_;
  std::string path_;  // of the object at hand, "" for the root
  std::unordered_set<haddr_t> visited_;
  std::size_t stored_bytes_ = 0;
  std::size_t compressed_bytes_ = 0;
};

}  // namespace

Result<Group> ReadHdf5WithLibrary(std::span<const std::byte> file, const std::string& place,
                                  const Hdf5Limits& limits) {
  const std::optional<hdf5::Superblock> superblock = hdf5::FindSuperblock(file);
  if (!superblock) {
    return Fail(ErrorKind::kNotAnHdf5File, place, "no HDF5 signature in the file",
                "give the path of an HDF5 weights file");
  }
  const hdf5::Silence silence;
  Group root;
  try {
    const Handle opened = hdf5::OpenImage(file);
    if (!opened.ok()) {
      return Fail(ErrorKind::kNotAnHdf5File, place,
                  "an HDF5 signature, but no file that the library can open (cut short?)",
                  "copy or save the file again");
    }
    Status status = Reader(file, *superblock, place, limits).ReadRoot(opened.id(), root);
    if (!status) return std::unexpected(std::move(status.error()));
  } catch (const std::bad_alloc&) {
    return Fail(ErrorKind::kLimitExceeded, place, "the file's content does not fit into memory",
                "lower Hdf5Limits::inflate_ratio_max, or read it on a larger machine");
  }
  return root;
}

}  // namespace weightproof
