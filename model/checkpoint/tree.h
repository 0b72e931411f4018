// The inside of an HDF5 file as a plain value: groups, attributes, datasets. Every format reads
// from and writes to this, so a reader of another make fits behind it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "model/error.h"
#include "model/tensor.h"

namespace weightproof {

// Element type of stored values.
enum class StoredClass : std::uint8_t {
  kNumber,       // one of DType, handed out in little-endian order
  kFixedString,  // `size` bytes each, null-padded
  kVlenString,   // variable length
  kOpaque,       // `size` bytes each (bfloat16 as Keras stores it)
};

struct StoredType {
  StoredClass cls = StoredClass::kNumber;
  DType dtype = DType::kFloat32;  // kNumber
  std::size_t size = 4;           // bytes per element; 0 for kVlenString
  bool big_endian = false;        // how the file stores it; values here are little-endian
  bool utf8 = false;              // character set of strings

  bool operator==(const StoredType&) const = default;
};

// How a dataset lies in the file; no part of its content. Empty chunk: contiguous.
struct StorageHints {
  std::vector<std::int64_t> chunk;
  int deflate = -1;  // level 0 to 9; -1: no filter
  bool shuffle = false;
  bool fletcher32 = false;
};

// Bytes of values: its own, or a view that shares the bytes of the file they came from.
class ByteArray {
 public:
  ByteArray() = default;
  ByteArray(std::vector<std::byte> own) : own_(std::move(own)) {}
  static ByteArray View(std::span<const std::byte> bytes, std::shared_ptr<const void> keep_alive) {
    ByteArray array;
    array.view_ = bytes;
    array.keep_alive_ = std::move(keep_alive);
    return array;
  }

  const std::byte* data() const { return keep_alive_ ? view_.data() : own_.data(); }
  std::size_t size() const { return keep_alive_ ? view_.size() : own_.size(); }
  bool empty() const { return size() == 0; }
  const std::byte* begin() const { return data(); }
  const std::byte* end() const { return data() + size(); }
  std::byte operator[](std::size_t i) const { return data()[i]; }
  bool is_view() const { return keep_alive_ != nullptr; }

  // To edit: copies what is only a view.
  std::vector<std::byte>& Own() {
    if (keep_alive_) {
      own_.assign(view_.begin(), view_.end());
      keep_alive_.reset();
    }
    return own_;
  }

 private:
  std::vector<std::byte> own_;
  std::span<const std::byte> view_;
  std::shared_ptr<const void> keep_alive_;
};

// Values of an attribute or a dataset. `strings` for the two string classes, else `bytes`.
struct StoredArray {
  StoredType type;
  bool null_space = false;  // HDF5's null dataspace: no shape, no elements
  Shape shape;              // empty and not null_space: a scalar
  ByteArray bytes;
  std::vector<std::string> strings;
};

struct Attribute {
  std::string name;
  StoredArray value;
};

struct Dataset {
  StoredArray value;
  StorageHints storage;
  std::vector<Attribute> attributes;
};

struct Group;
struct Child;

struct Group {
  std::vector<Attribute> attributes;  // ascending by name
  std::vector<Child> children;        // ascending by name (bytewise)

  const Child* Find(std::string_view name) const;
  Child* Find(std::string_view name);
  const Attribute* FindAttribute(std::string_view name) const;
};

struct Child {
  std::string name;  // never empty, no '/'
  std::variant<Group, Dataset> node;

  const Group* group() const { return std::get_if<Group>(&node); }
  Group* group() { return std::get_if<Group>(&node); }
  const Dataset* dataset() const { return std::get_if<Dataset>(&node); }
  Dataset* dataset() { return std::get_if<Dataset>(&node); }
};

// A path of names from `root`, '/' between them, no leading '/'. nullptr when it leads nowhere.
const Child* FindPath(const Group& root, std::string_view path);
Child* FindPath(Group& root, std::string_view path);

// Makes missing groups on the way; returns the group that is to hold the last name.
// nullptr when a dataset stands in the way.
Group* EnsureGroup(Group& root, std::string_view path);

const Attribute* FindAttribute(const std::vector<Attribute>& attributes, std::string_view name);
void SetAttribute(std::vector<Attribute>& attributes, Attribute attribute);  // keeps the order
Child& AddChild(Group& group, Child child);  // keeps the order; replaces one of the same name

Attribute StringAttribute(std::string name,
                          std::string value);  // scalar, vlen, UTF-8 as h5py's str
Attribute StringListAttribute(std::string name, std::vector<std::string> values);  // vlen, ASCII

// The first difference in content between two trees as "path: what", or "" when they are equal:
// names, order of name lists, kinds, shapes, element types (byte order aside), bytes. Storage is
// no content.
std::string FirstDifference(const Group& a, const Group& b);

}  // namespace weightproof
