#include "fuzz/seed_edits.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace weightproof::fuzz {
namespace {

Group& GroupAt(Group& root, std::string_view path) {
  if (path.empty()) return root;
  Child* child = FindPath(root, path);
  if (child == nullptr || child->group() == nullptr) std::abort();
  return *child->group();
}

Group& ParentOf(Group& root, std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return GroupAt(root, slash == std::string_view::npos ? "" : path.substr(0, slash));
}

}  // namespace

std::vector<Attribute>& AttributesOf(Group& root, const std::string& path) {
  return GroupAt(root, path).attributes;
}

void DropAttribute(Group& root, const std::string& path, std::string_view name) {
  std::erase_if(AttributesOf(root, path), [&](const Attribute& a) { return a.name == name; });
}

void SetTexts(Group& root, const std::string& path, std::string name, Texts texts) {
  SetAttribute(AttributesOf(root, path), StringListAttribute(std::move(name), std::move(texts)));
}

Attribute NumbersAttribute(std::string name, Shape shape) {
  Attribute attribute{std::move(name), {}};
  attribute.value.bytes = std::vector<std::byte>(
      static_cast<std::size_t>(ElementCount(shape).value()) * attribute.value.type.size);
  attribute.value.shape = std::move(shape);
  return attribute;
}

void PutZeros(Group& root, const std::string& path, Shape shape) {
  Dataset dataset;
  dataset.value = NumbersAttribute("", std::move(shape)).value;
  AddChild(*EnsureGroup(root, path), {path.substr(path.rfind('/') + 1), std::move(dataset)});
}

Texts TextsOf(Group& root, const std::string& path, std::string_view name) {
  return FindAttribute(AttributesOf(root, path), name)->value.strings;
}

void DropChild(Group& root, const std::string& path) {
  std::erase_if(
      ParentOf(root, path).children,
      [name = path.substr(path.rfind('/') + 1)](const Child& child) { return child.name == name; });
}

void MoveChild(Group& root, const std::string& from, std::string to) {
  Child child{std::move(to), std::move(FindPath(root, from)->node)};
  DropChild(root, from);
  AddChild(ParentOf(root, from), std::move(child));
}

Dataset& DatasetAt(Group& root, const std::string& path) {
  return *FindPath(root, path)->dataset();
}

void MoveTo(Group& root, const std::string& from, const std::string& to) {
  Child child{to.substr(to.rfind('/') + 1), std::move(FindPath(root, from)->node)};
  DropChild(root, from);
  AddChild(*EnsureGroup(root, to), std::move(child));
}

void HoldTexts(Dataset& dataset) {
  const auto count = static_cast<std::size_t>(ElementCount(dataset.value.shape).value());
  dataset.value.type = {StoredClass::kFixedString, DType::kFloat32, 4, false, false};
  dataset.value.bytes = {};
  dataset.value.strings.assign(count, "text");
}

}  // namespace weightproof::fuzz
