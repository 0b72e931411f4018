#include "harness/properties/hdf5_writing.h"

#include <array>
#include <utility>

#include "harness/properties/clauses.h"

namespace weightproof {
namespace {

// Names that stand in front of any other, so that what is put there is met first.
constexpr const char* kPut = "!";

StoredArray ZeroBytes(Shape shape, std::size_t count) {
  StoredArray array;
  array.shape = std::move(shape);
  array.bytes = std::vector<std::byte>(count);
  return array;
}

StoredArray TextValues(StoredClass cls, std::size_t size, std::vector<std::string> texts) {
  StoredArray array;
  array.type = {cls, DType::kFloat32, size, false, true};
  array.shape = {static_cast<std::int64_t>(texts.size())};
  array.strings = std::move(texts);
  return array;
}

StoredArray OneTooFew(StoredArray array) {
  array.shape = {static_cast<std::int64_t>(array.strings.size()) + 1};
  return array;
}

StoredArray OpaqueValue(std::size_t size) {
  StoredArray array = ZeroBytes({1}, size);
  array.type = {StoredClass::kOpaque, DType::kFloat32, size, false, false};
  return array;
}

// Values that no file holds.
std::vector<StoredArray> ImpossibleValues() {
  using enum StoredClass;
  return {ZeroBytes({2}, 7),
          ZeroBytes({-1}, 0),
          ZeroBytes({std::int64_t{1} << 47, 8}, 0),
          OpaqueValue(0),
          OneTooFew(TextValues(kVlenString, 0, {"a"})),
          OneTooFew(TextValues(kFixedString, 2, {"a"})),
          TextValues(kVlenString, 0, {std::string("a\0b", 3)}),
          TextValues(kFixedString, 2, {"abc"}),
          TextValues(kFixedString, 2, {std::string("a\0", 2)}),
          TextValues(kFixedString, 0, {""})};
}

struct WrongTree {
  Group root;
  std::string place;
  ErrorKind kind = ErrorKind::kMalformedMetadata;
};

Group NestedGroups(std::size_t depth) {
  Group group;
  for (std::size_t i = 0; i < depth; ++i) {
    Group outer;
    outer.children.push_back({kPut, std::move(group)});
    group = std::move(outer);
  }
  return group;
}

WrongTree MakeWrong(Group root, std::size_t choice) {
  const std::vector<StoredArray> values = ImpossibleValues();
  const std::array<std::string, 5> names = {"", ".", "a/b", std::string("a\0b", 3), ""};
  choice %= 2 * values.size() + names.size() + 2;
  if (choice < values.size()) {
    SetAttribute(root.attributes, {kPut, values[choice]});
    return {std::move(root), std::string("/@") + kPut};
  }
  choice -= values.size();
  if (choice < values.size()) {
    AddChild(root, {kPut, Dataset{.value = values[choice], .storage = {}, .attributes = {}}});
    return {std::move(root), std::string("/") + kPut};
  }
  choice -= values.size();
  if (choice + 1 < names.size()) {
    AddChild(root, {names[choice], Group{}});
    return {std::move(root), "/" + names[choice]};
  }
  if (choice < names.size()) {
    SetAttribute(root.attributes, {names[choice], ZeroBytes({}, 4)});
    return {std::move(root), "/"};
  }
  if (choice == names.size()) {
    constexpr std::size_t kBytes = 65536;  // an attribute lies in a message, of less
    SetAttribute(root.attributes, {kPut, OpaqueValue(kBytes)});
    return {std::move(root), std::string("/@") + kPut, ErrorKind::kLimitExceeded};
  }
  AddChild(root, {kPut, NestedGroups(Hdf5Limits{}.depth_max)});
  return {std::move(root), std::string("/") + kPut, ErrorKind::kLimitExceeded};
}

std::string FaultOfRefusedTree(const Error& error) {
  const bool kind =
      error.kind == ErrorKind::kMalformedMetadata || error.kind == ErrorKind::kLimitExceeded;
  if (!kind) return "a refusal of the kind " + std::string(ErrorKindName(error.kind));
  if (!error.place.starts_with('/')) return "the refusal names no place";
  return error.message.empty() || error.remedy.empty() ? "the refusal says or advises nothing" : "";
}

Verdict CheckImpossible(const Group& tree, std::size_t choice, const Hdf5Writing& functions) {
  const WrongTree wrong = MakeWrong(tree, choice);
  const auto written = functions.write(wrong.root);
  if (written) return SilentlyWrong("writes-what-no-file-holds", wrong.place);
  std::string fault = FaultOfRefusedTree(written.error());
  if (fault.empty() && written.error().kind != wrong.kind) fault = "a refusal of another kind";
  if (fault.empty() && !written.error().place.starts_with(wrong.place)) {
    fault = "the refusal names another place than " + wrong.place;
  }
  if (fault.empty()) return Held();
  return Falsified(Severity::kUnhelpful, "unhelpful-refusal-of-a-tree",
                   fault + ": " + written.error().Text());
}

// Changes the value in one thing; the type of numbers and texts among them.
void ChangeValue(StoredArray& value, std::size_t choice) {
  const bool text =
      value.type.cls == StoredClass::kFixedString || value.type.cls == StoredClass::kVlenString;
  switch (choice % 5) {
    case 0:
      value.null_space = !value.null_space;
      return;
    case 1:
      value.shape.push_back(1);
      return;
    case 2:
      value.type.cls = value.type.cls == StoredClass::kOpaque || text ? StoredClass::kNumber
                                                                      : StoredClass::kOpaque;
      return;
    case 3:
      if (text) {
        value.type.utf8 = !value.type.utf8;
      } else if (value.type.cls == StoredClass::kOpaque) {
        ++value.type.size;
      } else {
        value.type.dtype = value.type.dtype == DType::kInt8 ? DType::kUInt8 : DType::kInt8;
      }
      return;
    default:
      if (!value.strings.empty()) {
        value.strings.back() += "!";
      } else if (!value.bytes.empty()) {
        value.bytes.Own().back() ^= std::byte{1};
      } else {
        value.shape.push_back(0);
      }
  }
}

// The last attribute or member of the group changed. Returns its place.
std::string ChangeAttribute(Group& group, const std::string& path, std::size_t way) {
  Attribute& last = group.attributes.back();
  std::string place = (path.empty() ? "/" : path) + "@" + last.name;
  if (way % 6 == 0) {
    group.attributes.pop_back();
  } else {
    ChangeValue(last.value, way);
  }
  return place;
}

std::string ChangeMember(Group& group, const std::string& path, std::size_t way) {
  Child& last = group.children.back();
  std::string place = path + "/" + last.name;
  if (way % 6 == 0) {
    group.children.pop_back();
  } else if (last.group() != nullptr) {
    last.node = Dataset{};
  } else if (way % 6 == 1) {
    last.node = Group{};
  } else {
    ChangeValue(last.dataset()->value, way);
  }
  return place;
}

// The tree with one thing changed, and the place of it: in the last group, or in one on the way.
std::pair<Group, std::string> ChangedTree(Group root, std::size_t choice) {
  Group* group = &root;
  std::string path;
  for (std::size_t deeper = choice % 7; deeper > 0; --deeper) {
    if (group->children.empty() || group->children.back().group() == nullptr) break;
    path += "/" + group->children.back().name;
    group = group->children.back().group();
  }
  const std::size_t way = choice / 14;
  std::string place;
  if (!group->attributes.empty() && (choice / 7 % 2 == 0 || group->children.empty())) {
    place = ChangeAttribute(*group, path, way);
  } else if (!group->children.empty()) {
    place = ChangeMember(*group, path, way);
  } else {
    group->children.push_back({kPut, Group{}});
    place = path + "/" + kPut;
  }
  return {std::move(root), std::move(place)};
}

Verdict CheckDifference(const Group& tree, std::size_t choice, const Hdf5Writing& functions) {
  const auto [changed, place] = ChangedTree(tree, choice);
  for (const auto& [first, second] : {std::pair(&tree, &changed), std::pair(&changed, &tree)}) {
    const std::string said = functions.difference(*first, *second);
    if (said.starts_with(place)) continue;
    return SilentlyWrong("difference-unseen", std::string("trees that differ at ")
                                                  .append(place)
                                                  .append(": \"")
                                                  .append(said)
                                                  .append("\""));
  }
  return Held();
}

Verdict CheckWritten(const Group& tree, const std::vector<std::byte>& written,
                     const Hdf5Writing& functions) {
  const Result<Group> strict = ReadHdf5(written, "written");
  const Result<Group> library = ReadHdf5WithLibrary(written, "written");
  for (const Result<Group>* read : {&strict, &library}) {
    if (!*read) return SilentlyWrong("written-is-refused", read->error().Text());
    std::string difference = functions.difference(tree, **read);
    if (!difference.empty()) return SilentlyWrong("written-differs", std::move(difference));
  }
  const auto again = functions.write(*strict);
  if (again && *again == written) return Held();
  return SilentlyWrong("written-anew-differs", "the same tree, and other bytes");
}

}  // namespace

Verdict CheckHdf5Writing(const Group& tree, std::size_t choice, const Hdf5Writing& functions) {
  const auto written = functions.write(tree);
  if (!written) {
    std::string fault = FaultOfRefusedTree(written.error());
    if (fault.empty()) return Held();
    return Falsified(Severity::kUnhelpful, "unhelpful-refusal-of-a-tree",
                     std::move(fault) + ": " + written.error().Text());
  }
  Verdict verdict = CheckWritten(tree, *written, functions);
  if (verdict.kind == VerdictKind::kHeld) verdict = CheckImpossible(tree, choice, functions);
  if (verdict.kind == VerdictKind::kHeld) verdict = CheckDifference(tree, choice, functions);
  return verdict;
}

}  // namespace weightproof
