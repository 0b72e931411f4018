#include "model/checkpoint/h5/reader.h"

#include <algorithm>
#include <new>
#include <optional>
#include <unordered_set>
#include <utility>
#include <vector>

#include "model/checkpoint/h5/attribute.h"
#include "model/checkpoint/h5/dataset_storage.h"
#include "model/checkpoint/h5/dense_links.h"
#include "model/checkpoint/h5/global_heap.h"
#include "model/checkpoint/h5/group_index.h"
#include "model/checkpoint/h5/object_header.h"
#include "model/checkpoint/h5/values.h"

namespace weightproof::h5 {
namespace {

class Reader {
 public:
  Reader(Bytes file, std::uint64_t base, const std::string& place, const Hdf5Limits& limits,
         std::shared_ptr<const void> keep_alive)
      : file_(file),
        base_(base),
        image_(file, base),
        heap_(image_),
        place_(place),
        limits_(limits),
        keep_alive_(std::move(keep_alive)) {}

  Status Read(Group& root) {
    Parsed<Superblock> superblock = ReadSuperblock(image_, file_, base_);
    if (!superblock) return Place(superblock.error());
    superblock_ = *superblock;
    Member member;
    member.header = superblock_.root;
    member.offset = base_;
    if (superblock_.root_btree) {
      member.cached = true;
      member.btree = *superblock_.root_btree;
      member.heap = *superblock_.root_heap;
    }
    visited_.insert(member.header);
    if (Checked read = ReadHeader(member); !read) return Place(read.error());
    if (IsDataset()) return Place(Damaged(base_, "the root is no group").error());
    if (Checked opened = OpenGroup(member, root); !opened) return Place(opened.error());
    while (!frames_.empty()) {
      if (Checked next = Next(); !next) return Place(next.error());
    }
    if (Checked owners = image_.CheckOwners(); !owners) return Place(owners.error());
    return {};
  }

 private:
  // A group whose members are being read.
  struct Frame {
    Group* group;
    std::vector<Member> members;
    std::size_t next = 0;
    std::size_t path_bytes;  // of the path up to this group
  };

  Checked Next() {
    Frame& frame = frames_.back();
    path_.resize(frame.path_bytes);
    attribute_.clear();
    if (frame.next == frame.members.size()) {
      frames_.pop_back();
      return {};
    }
    const Member member = frame.members[frame.next++];
    path_ += '/';
    path_ += member.name;
    if (member.name.empty() || member.name == "." ||
        member.name.find_first_of(std::string_view("/\0", 2)) != std::string_view::npos) {
      return Damaged(member.offset, "a member's name is empty, or has '/' or NUL in it");
    }
    if (member.link != LinkKind::kHard) return CheckLink(member);
    if (!visited_.insert(member.header).second) {
      return Forbidden(member.offset,
                       "a second way to a group or dataset that has another name too");
    }
    if (visited_.size() > limits_.objects_max) {
      return Exceeds(member.offset, "more than " + std::to_string(limits_.objects_max) + " objects",
                     "objects_max");
    }
    if (Checked read = ReadHeader(member); !read) return read;
    if (IsDataset()) {
      if (member.cached) return Damaged(member.offset, "a dataset that is listed as a group");
      frame.group->children.push_back({std::string(member.name), Dataset{}});
      return ReadDataset(member, *frame.group->children.back().dataset());
    }
    frame.group->children.push_back({std::string(member.name), Group{}});
    return OpenGroup(member, *frame.group->children.back().group());
  }

  // A link that is allowed leads nowhere: there is no such member.
  Checked CheckLink(const Member& member) const {
    switch (member.link) {
      case LinkKind::kSoft:
        return limits_.soft_links ? Checked() : Forbidden(member.offset, "a soft link");
      case LinkKind::kExternal:
        return limits_.external_links ? Checked()
                                      : Forbidden(member.offset, "a link to another file");
      default:
        return limits_.user_links ? Checked() : Forbidden(member.offset, "a user-defined link");
    }
  }

  Checked CheckFilters(const DatasetStorage& storage) const {
    for (const FilterStep& step : storage.filters) {
      const bool allowed = step.filter == Filter::kDeflate   ? limits_.deflate
                           : step.filter == Filter::kShuffle ? limits_.shuffle
                                                             : limits_.fletcher32;
      if (!allowed) {
        return Forbidden(storage.layout.offset, "a filter that is not allowed here");
      }
    }
    return {};
  }

  Checked ReadHeader(const Member& member) {
    if (member.header == kUndefined) return Damaged(member.offset, "an object without an address");
    return ReadObjectHeader(image_, member.header, messages_);
  }

  // The only message of its kind; nullptr when there is none.
  Parsed<const Message*> One(MessageType type) const {
    const Message* found = nullptr;
    for (const Message& message : messages_) {
      if (message.type != type) continue;
      if (found != nullptr)
        return Damaged(message.offset, "a header message that stands there twice");
      found = &message;
    }
    return found;
  }
  bool Has(MessageType type) const {
    return std::ranges::find(messages_, type, &Message::type) != messages_.end();
  }
  bool IsDataset() const { return Has(MessageType::kLayout) || Has(MessageType::kDataspace); }

  Checked OpenGroup(const Member& member, Group& group) {
    const std::uint64_t offset = image_.Offset(member.header);
    if (frames_.size() > limits_.depth_max) {
      return Exceeds(offset, "groups nested deeper than " + std::to_string(limits_.depth_max),
                     "depth_max");
    }
    if (Has(MessageType::kDatatype)) {
      return Forbidden(offset, "a stored datatype instead of a group or dataset");
    }
    if (Checked attributes = ReadAttributes(group.attributes); !attributes) return attributes;
    Frame frame{&group, {}, 0, path_.size()};
    const Parsed<const Message*> table = One(MessageType::kSymbolTable);
    if (!table) return std::unexpected(table.error());
    if (*table == nullptr) {
      // A group that became one of the newer kind keeps its old entry: the library ignores it too.
      if (Checked links = ReadLinks(offset, frame.members); !links) return links;
    } else {
      if (Has(MessageType::kLink) || Has(MessageType::kLinkInfo)) {
        return Damaged(offset, "a group of the old and of the newer kind at once");
      }
      Cursor in((*table)->data, (*table)->offset);
      const std::uint64_t btree = in.U64();
      const std::uint64_t heap = in.U64();
      if (!in.ok()) return Damaged((*table)->offset, "a symbol table message that is cut short");
      if (member.cached && (member.btree != btree || member.heap != heap)) {
        return Damaged(member.offset, "an entry that repeats its group's addresses wrongly");
      }
      Checked read = ReadSymbolTable(image_, superblock_, btree, heap, frame.members);
      if (!read) return read;
    }
    group.children.reserve(frame.members.size());
    frames_.push_back(std::move(frame));
    return {};
  }

  Checked ReadLinks(std::uint64_t offset, std::vector<Member>& members) {
    const Parsed<const Message*> info = One(MessageType::kLinkInfo);
    if (!info) return std::unexpected(info.error());
    if (*info == nullptr) return Damaged(offset, "an object that is neither a group nor a dataset");
    const Parsed<DenseStorage> dense = ReadLinkInfo((*info)->data, (*info)->offset);
    if (!dense) return std::unexpected(dense.error());
    if (dense->used()) {
      Checked read = ReadDenseLinks(image_, dense->heap, dense->names, members);
      if (!read) return read;
    }
    for (const Message& message : messages_) {
      if (message.type != MessageType::kLink) continue;
      if (dense->used()) return Damaged(message.offset, "a link outside the group's dense storage");
      const Parsed<Member> link = ReadLink(message.data, message.offset);
      if (!link) return std::unexpected(link.error());
      members.push_back(*link);
    }
    std::ranges::sort(members, {}, &Member::name);
    const auto twice = std::ranges::adjacent_find(members, {}, &Member::name);
    if (twice != members.end()) return Damaged(twice->offset, "two members have one name");
    return {};
  }

  Checked ReadAttributes(std::vector<Attribute>& attributes) {
    const Parsed<const Message*> info = One(MessageType::kAttributeInfo);
    if (!info) return std::unexpected(info.error());
    if (*info != nullptr) {
      Checked checked = CheckAttributeInfo((*info)->data, (*info)->offset);
      if (!checked) return checked;
    }
    attributes.reserve(static_cast<std::size_t>(
        std::ranges::count(messages_, MessageType::kAttribute, &Message::type)));
    for (const Message& message : messages_) {
      if (message.type != MessageType::kAttribute) continue;
      attributes.emplace_back();
      if (Checked read = ReadAttribute(message, attributes.back()); !read) return read;
    }
    attribute_.clear();
    std::ranges::sort(attributes, {}, &Attribute::name);
    const auto twice = std::ranges::adjacent_find(attributes, {}, &Attribute::name);
    if (twice == attributes.end()) return {};
    attribute_ = twice->name;
    return Damaged(messages_.front().offset, "two attributes have one name");
  }

  Checked ReadAttribute(const Message& message, Attribute& attribute) {
    AttributeParts parts;
    Checked read = ReadAttributeMessage(message, limits_.attribute_bytes_max, parts);
    attribute_ = parts.name;
    if (!read) return read;
    SetKind(parts.type, parts.space, attribute.value);
    attribute.name = std::move(parts.name);
    return Decode(std::move(parts.values), parts.type, parts.space.count, heap_,
                  limits_.attribute_bytes_max, nullptr, attribute.value);
  }

  static void SetKind(const FileType& type, const FileSpace& space, StoredArray& array) {
    array.type = type.type;
    array.null_space = space.null_space;
    array.shape = space.shape;
  }

  Checked ReadDataset(const Member& member, Dataset& dataset) {
    const std::uint64_t offset = image_.Offset(member.header);
    if (Has(MessageType::kSymbolTable) || Has(MessageType::kLinkInfo) || Has(MessageType::kLink)) {
      return Damaged(offset, "an object that is a group and a dataset at once");
    }
    if (Has(MessageType::kExternalFiles)) {
      return Forbidden(offset, "a dataset with its values in another file");
    }
    DatasetStorage storage;
    if (Checked described = Describe(offset, storage); !described) return described;
    if (Checked filters = CheckFilters(storage); !filters) return filters;
    SetKind(storage.type, storage.space, dataset.value);
    const bool chunked = storage.layout.cls == LayoutClass::kChunked;
    if (chunked) {
      dataset.storage.chunk.assign(storage.layout.chunk.begin(), storage.layout.chunk.end() - 1);
    }
    bool compressed = false;
    for (const FilterStep& step : storage.filters) {
      if (step.filter == Filter::kDeflate) {
        dataset.storage.deflate = static_cast<int>(step.value);
        compressed = true;
      }
      dataset.storage.shuffle |= step.filter == Filter::kShuffle;
      dataset.storage.fletcher32 |= step.filter == Filter::kFletcher32;
    }
    const bool unwritten =
        storage.layout.cls == LayoutClass::kContiguous && storage.layout.address == kUndefined;
    if (chunked || unwritten) {
      if (Checked account = Account(storage, compressed); !account) return account;
    }
    Parsed<Values> values = ReadValues(image_, superblock_, storage, limits_);
    if (!values) return std::unexpected(values.error());
    Checked decoded = Decode(*std::move(values), storage.type, storage.space.count, heap_,
                             file_.size(), keep_alive_, dataset.value);
    if (!decoded) return decoded;
    return ReadAttributes(dataset.attributes);
  }

  Checked Describe(std::uint64_t offset, DatasetStorage& storage) const {
    const Parsed<const Message*> type = One(MessageType::kDatatype);
    const Parsed<const Message*> space = One(MessageType::kDataspace);
    const Parsed<const Message*> layout = One(MessageType::kLayout);
    const Parsed<const Message*> filters = One(MessageType::kFilters);
    const Parsed<const Message*> fill = One(MessageType::kFillValue);
    const Parsed<const Message*> old_fill = One(MessageType::kFillValueOld);
    for (const auto* one : {&type, &space, &layout, &filters, &fill, &old_fill}) {
      if (!*one) return std::unexpected(one->error());
    }
    if (*type == nullptr || *space == nullptr || *layout == nullptr) {
      return Damaged(offset, "a dataset without type, shape or layout");
    }
    Cursor type_in((*type)->data, (*type)->offset);
    const Parsed<FileType> found_type = ReadDatatype(type_in);
    if (!found_type) return std::unexpected(found_type.error());
    storage.type = *found_type;
    Cursor space_in((*space)->data, (*space)->offset);
    Parsed<FileSpace> found_space = ReadDataspace(space_in);
    if (!found_space) return std::unexpected(found_space.error());
    storage.space = *std::move(found_space);
    Parsed<Layout> found_layout = ReadLayout((*layout)->data, (*layout)->offset);
    if (!found_layout) return std::unexpected(found_layout.error());
    storage.layout = *std::move(found_layout);
    if (*filters != nullptr) {
      Parsed<std::vector<FilterStep>> steps = ReadFilters((*filters)->data, (*filters)->offset);
      if (!steps) return std::unexpected(steps.error());
      storage.filters = *std::move(steps);
    }
    storage.fill.defined = false;  // without a message; the library reads it so
    if (*fill == nullptr && *old_fill == nullptr) return {};
    const Parsed<FillValue> value = *fill != nullptr
                                        ? ReadFillValue((*fill)->data, (*fill)->offset)
                                        : ReadOldFillValue((*old_fill)->data, (*old_fill)->offset);
    if (!value) return std::unexpected(value.error());
    storage.fill = *value;
    return {};
  }

  // What a file states without storing it is held against its size before memory is taken: values
  // that were never written, and values that are compressed. A text costs its object.
  Checked Account(const DatasetStorage& storage, bool compressed) {
    const bool text = storage.type.type.cls == StoredClass::kFixedString ||
                      storage.type.type.cls == StoredClass::kVlenString;
    const std::uint64_t element = std::max<std::uint64_t>(
        storage.type.file_bytes, text ? sizeof(std::string) : std::size_t{1});
    const std::uint64_t max = compressed ? limits_.inflate_ratio_max * file_.size() : file_.size();
    std::uint64_t& total = compressed ? compressed_bytes_ : stated_bytes_;
    const std::uint64_t count = storage.space.count;
    if (count > max / element || count * element > max - total) {
      return Exceeds(storage.layout.offset,
                     "declares " + std::to_string(count) + " elements of " +
                         std::to_string(storage.type.file_bytes) + " bytes, more than a file of " +
                         std::to_string(file_.size()) + " bytes can hold",
                     compressed ? "inflate_ratio_max" : "");
    }
    total += count * element;
    return {};
  }

  std::unexpected<Error> Place(const Failure& failure) const {
    return Fail(failure.kind,
                place_ + ": " + (path_.empty() ? "/" : path_) +
                    (attribute_.empty() ? "" : "@" + attribute_),
                failure.message + " (byte " + std::to_string(failure.offset) + ")", failure.remedy);
  }

  const Bytes file_;
  const std::uint64_t base_;
  Image image_;
  GlobalHeap heap_;
  Superblock superblock_;
  const std::string& place_;
  const Hdf5Limits& limits_;
  const std::shared_ptr<const void> keep_alive_;
  std::string path_;       // of the object at hand, "" for the root
  std::string attribute_;  // at hand, "" for none
  std::vector<Frame> frames_;
  std::vector<Message> messages_;  // of the object at hand
  std::unordered_set<std::uint64_t> visited_;
  std::uint64_t stated_bytes_ = 0;
  std::uint64_t compressed_bytes_ = 0;
};

}  // namespace

Result<Group> ReadTree(std::span<const std::byte> file, const std::string& place,
                       const Hdf5Limits& limits, std::shared_ptr<const void> keep_alive) {
  const std::optional<std::uint64_t> base = FindSignature(file);
  if (!base) {
    return Fail(ErrorKind::kNotAnHdf5File, place, "no HDF5 signature in the file",
                "give the path of an HDF5 weights file");
  }
  Group root;
  try {
    Status status = Reader(file, *base, place, limits, std::move(keep_alive)).Read(root);
    if (!status) return std::unexpected(std::move(status.error()));
  } catch (const std::bad_alloc&) {
    return Fail(ErrorKind::kLimitExceeded, place, "the file's content does not fit into memory",
                "lower Hdf5Limits::inflate_ratio_max, or read it on a larger machine");
  }
  return root;
}

}  // namespace weightproof::h5
