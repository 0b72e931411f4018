#include "model/checkpoint/tree.h"

#include <algorithm>

namespace weightproof {
namespace {

// First element whose name is not below `name`. Groups keep names ascending bytewise.
template <class Range>
auto LowerBound(Range& range, std::string_view name) {
  return std::ranges::lower_bound(
      range, name, {}, [](const auto& element) -> std::string_view { return element.name; });
}

template <class Range>
auto* FindNamed(Range& range, std::string_view name) {
  const auto it = LowerBound(range, name);
  return it != range.end() && it->name == name ? &*it : nullptr;
}

template <class ChildPointer, class AnyGroup>
ChildPointer Walk(AnyGroup& root, std::string_view path) {
  AnyGroup* group = &root;
  while (true) {
    const std::size_t slash = path.find('/');
    ChildPointer child = group->Find(path.substr(0, slash));
    if (child == nullptr || slash == std::string_view::npos) return child;
    group = child->group();
    if (group == nullptr) return nullptr;
    path.remove_prefix(slash + 1);
  }
}

std::string TypeText(const StoredType& type) {
  const std::string charset = type.utf8 ? "UTF-8" : "ASCII";
  switch (type.cls) {
    case StoredClass::kNumber:
      return std::string(DTypeName(type.dtype));
    case StoredClass::kFixedString:
      return charset + " text of " + std::to_string(type.size) + " bytes";
    case StoredClass::kVlenString:
      return charset + " text of variable length";
    case StoredClass::kOpaque:
      return "opaque values of " + std::to_string(type.size) + " bytes";
  }
  return "";
}

bool SameType(const StoredType& a, const StoredType& b) {
  if (a.cls != b.cls) return false;
  switch (a.cls) {
    case StoredClass::kNumber:
      return a.dtype == b.dtype;
    case StoredClass::kFixedString:
      return a.size == b.size && a.utf8 == b.utf8;
    case StoredClass::kVlenString:
      return a.utf8 == b.utf8;
    case StoredClass::kOpaque:
      return a.size == b.size;
  }
  return false;
}

std::string SpaceText(const StoredArray& array) {
  return array.null_space ? "no elements (null dataspace)" : "shape " + ShapeText(array.shape);
}

std::string ArrayDifference(const StoredArray& a, const StoredArray& b) {
  if (!SameType(a.type, b.type)) return TypeText(a.type) + " against " + TypeText(b.type);
  if (a.null_space != b.null_space || a.shape != b.shape) {
    return SpaceText(a) + " against " + SpaceText(b);
  }
  if (a.strings.size() != b.strings.size() || a.bytes.size() != b.bytes.size()) {
    return "number of stored values differs";
  }
  for (std::size_t i = 0; i < a.strings.size(); ++i) {
    if (a.strings[i] != b.strings[i]) {
      return "text " + std::to_string(i) + " is \"" + a.strings[i] + "\" against \"" +
             b.strings[i] + "\"";
    }
  }
  const auto at = std::ranges::mismatch(a.bytes, b.bytes).in1;
  if (at != a.bytes.end()) {
    const std::size_t byte = static_cast<std::size_t>(at - a.bytes.begin());
    return "values differ, first in element " +
           std::to_string(byte / std::max<std::size_t>(a.type.size, 1));
  }
  return "";
}

// Steps through two name-ordered ranges; `one_side` makes the text for a name only one has, `both`
// compares elements of one name. Returns the first text that is not empty.
template <class Range, class OneSide, class Both>
std::string FirstInStep(const Range& a, const Range& b, OneSide one_side, Both both) {
  auto left = a.begin();
  auto right = b.begin();
  while (left != a.end() || right != b.end()) {
    if (right == b.end() || (left != a.end() && left->name < right->name)) {
      return one_side(left->name, "first");
    }
    if (left == a.end() || right->name < left->name) return one_side(right->name, "second");
    if (std::string text = both(*left, *right); !text.empty()) return text;
    ++left;
    ++right;
  }
  return "";
}

std::string AttributesDifference(const std::vector<Attribute>& a, const std::vector<Attribute>& b,
                                 const std::string& path) {
  const auto place = [&path](const std::string& name) { return path + "@" + name + ": "; };
  return FirstInStep(
      a, b,
      [&](const std::string& name, const char* side) {
        return place(name) + "attribute only in the " + side;
      },
      [&](const Attribute& left, const Attribute& right) {
        const std::string what = ArrayDifference(left.value, right.value);
        return what.empty() ? what : place(left.name) + what;
      });
}

std::string GroupDifference(const Group& a, const Group& b, const std::string& path);

std::string ChildDifference(const Child& a, const Child& b, const std::string& path) {
  if (a.node.index() != b.node.index()) {
    return path + ": a " + (a.group() ? "group" : "dataset") + " against a " +
           (b.group() ? "group" : "dataset");
  }
  if (a.group() != nullptr) return GroupDifference(*a.group(), *b.group(), path);
  if (std::string what = ArrayDifference(a.dataset()->value, b.dataset()->value); !what.empty()) {
    return path + ": " + what;
  }
  return AttributesDifference(a.dataset()->attributes, b.dataset()->attributes, path);
}

std::string GroupDifference(const Group& a, const Group& b, const std::string& path) {
  const std::string at = path.empty() ? "/" : path;
  if (std::string text = AttributesDifference(a.attributes, b.attributes, at); !text.empty()) {
    return text;
  }
  return FirstInStep(
      a.children, b.children,
      [&](const std::string& name, const char* side) {
        return path + "/" + name + ": only in the " + side;
      },
      [&](const Child& left, const Child& right) {
        return ChildDifference(left, right, path + "/" + left.name);
      });
}

}  // namespace

const Child* Group::Find(std::string_view name) const { return FindNamed(children, name); }
Child* Group::Find(std::string_view name) { return FindNamed(children, name); }

const Attribute* Group::FindAttribute(std::string_view name) const {
  return FindNamed(attributes, name);
}

const Child* FindPath(const Group& root, std::string_view path) {
  return Walk<const Child*>(root, path);
}

Child* FindPath(Group& root, std::string_view path) { return Walk<Child*>(root, path); }

Group* EnsureGroup(Group& root, std::string_view path) {
  Group* group = &root;
  for (std::size_t slash = path.find('/'); slash != std::string_view::npos;
       slash = path.find('/')) {
    const std::string_view name = path.substr(0, slash);
    if (name.empty()) return nullptr;
    Child* child = group->Find(name);
    if (child == nullptr) child = &AddChild(*group, Child{std::string(name), Group{}});
    group = child->group();
    if (group == nullptr) return nullptr;
    path.remove_prefix(slash + 1);
  }
  return path.empty() ? nullptr : group;
}

const Attribute* FindAttribute(const std::vector<Attribute>& attributes, std::string_view name) {
  return FindNamed(attributes, name);
}

void SetAttribute(std::vector<Attribute>& attributes, Attribute attribute) {
  const auto it = LowerBound(attributes, attribute.name);
  if (it != attributes.end() && it->name == attribute.name) {
    *it = std::move(attribute);
  } else {
    attributes.insert(it, std::move(attribute));
  }
}

Child& AddChild(Group& group, Child child) {
  const auto it = LowerBound(group.children, child.name);
  if (it != group.children.end() && it->name == child.name) {
    *it = std::move(child);
    return *it;
  }
  return *group.children.insert(it, std::move(child));
}

Attribute StringAttribute(std::string name, std::string value) {
  Attribute attribute{std::move(name), {}};
  attribute.value.type = {StoredClass::kVlenString, DType::kFloat32, 0, false, true};
  attribute.value.strings.push_back(std::move(value));
  return attribute;
}

Attribute StringListAttribute(std::string name, std::vector<std::string> values) {
  Attribute attribute{std::move(name), {}};
  attribute.value.type = {StoredClass::kVlenString, DType::kFloat32, 0, false, false};
  attribute.value.shape = {static_cast<std::int64_t>(values.size())};
  attribute.value.strings = std::move(values);
  return attribute;
}

std::string FirstDifference(const Group& a, const Group& b) { return GroupDifference(a, b, ""); }

}  // namespace weightproof
