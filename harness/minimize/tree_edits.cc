#include "harness/minimize/tree_edits.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

namespace weightproof {
namespace {

using Json = nlohmann::json;

std::string Joined(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + "/" + name;
}

void CollectPaths(const Group& group, const std::string& path, bool datasets,
                  std::vector<std::string>& out) {
  if (!datasets) out.push_back(path);
  for (const Child& child : group.children) {
    const std::string below = Joined(path, child.name);
    if (child.group() != nullptr) {
      CollectPaths(*child.group(), below, datasets, out);
    } else if (datasets) {
      out.push_back(below);
    }
  }
}

// Calls `visit` with the attributes of every group from the root to `path`, and with what of
// `below` (a path from the root, under `path`) is left as seen from there.
void VisitAround(
    Group& root, const std::string& path, const std::string& below,
    const std::function<void(std::vector<Attribute>&, const std::string& seen)>& visit) {
  visit(root.attributes, below);
  for (std::size_t at = 0; !path.empty() && at != std::string::npos;) {
    at = path.find('/', at + 1);
    const std::string here = path.substr(0, at);
    Group* group = GroupAt(root, here);
    if (group == nullptr) return;
    visit(group->attributes, below.substr(here.size() + 1));
  }
}

bool IsNameList(const Attribute& attribute) {
  return attribute.value.shape.size() == 1 && !attribute.value.strings.empty();
}

bool IsOrIsBelow(std::string_view entry, std::string_view path) {
  return entry == path || (entry.starts_with(path) && entry.substr(path.size()).starts_with('/'));
}

// The root's `model_config` changed by `change`, which says whether it did.
bool ChangeConfig(Group& root, const std::function<bool(Json&)>& change) {
  for (Attribute& attribute : root.attributes) {
    if (attribute.name != "model_config" || attribute.value.strings.size() != 1) continue;
    Json config = Json::parse(attribute.value.strings[0], nullptr, false);
    if (!config.is_object() || !change(config)) return false;
    attribute.value.strings[0] = config.dump(-1, ' ', false, Json::error_handler_t::replace);
    if (attribute.value.type.cls == StoredClass::kFixedString) {
      attribute.value.type.size = std::max<std::size_t>(1, attribute.value.strings[0].size());
    }
    return true;
  }
  return false;
}

bool RemoveLayer(Json& value, const std::string& name) {
  bool any = false;
  if (!value.is_structured()) return false;
  if (value.is_object() && value.contains("layers") && value["layers"].is_array()) {
    Json& layers = value["layers"];
    for (std::size_t i = layers.size(); i-- > 0;) {
      const Json config = layers[i].is_object() ? layers[i].value("config", Json()) : Json();
      if (!config.is_object() || config.value("name", Json()) != name) continue;
      layers.erase(i);
      any = true;
    }
  }
  for (Json& child : value) any = RemoveLayer(child, name) || any;
  return any;
}

bool ReplaceNumbers(Json& value, std::int64_t from, std::int64_t to) {
  if (value.is_number_integer()) {
    if (value.get<std::int64_t>() != from) return false;
    value = to;
    return true;
  }
  bool any = false;
  if (value.is_structured()) {
    for (Json& child : value) any = ReplaceNumbers(child, from, to) || any;
  }
  return any;
}

std::size_t BytesOfElement(const StoredArray& value) {
  const bool texts =
      value.type.cls == StoredClass::kFixedString || value.type.cls == StoredClass::kVlenString;
  return texts ? 0 : value.type.size;
}

// "dense_2" is "dense" and 2; "dense" is "dense" and 0; "3" is "" and 3.
std::pair<std::string, int> StemAndNumber(const std::string& name) {
  std::size_t digits = name.size();
  while (digits > 0 && std::isdigit(static_cast<unsigned char>(name[digits - 1])) != 0) --digits;
  const bool numbered = digits < name.size() && name.size() - digits < 7;
  if (!numbered || (digits > 0 && (digits == 1 || name[digits - 1] != '_'))) return {name, 0};
  return {name.substr(0, digits == 0 ? 0 : digits - 1), std::stoi(name.substr(digits))};
}

}  // namespace

std::vector<std::string> GroupPaths(const Group& root) {
  std::vector<std::string> paths;
  CollectPaths(root, "", false, paths);
  std::ranges::sort(paths, {}, [](const std::string& path) {
    return std::pair(path.empty() ? 0 : 1 + std::ranges::count(path, '/'), path);
  });
  return paths;
}

std::vector<std::string> DatasetPaths(const Group& root) {
  std::vector<std::string> paths;
  CollectPaths(root, "", true, paths);
  return paths;
}

Group* GroupAt(Group& root, const std::string& path) {
  if (path.empty()) return &root;
  Child* child = FindPath(root, path);
  return child != nullptr ? child->group() : nullptr;
}

std::vector<Attribute>* AttributesAt(Group& root, const std::string& path) {
  if (Group* group = GroupAt(root, path)) return &group->attributes;
  Child* child = FindPath(root, path);
  return child != nullptr ? &child->dataset()->attributes : nullptr;
}

bool RemoveChild(Group& root, const std::string& path, const std::string& name, bool everywhere) {
  Group* group = GroupAt(root, path);
  if (group == nullptr) return false;
  std::erase_if(group->children, [&](const Child& child) { return child.name == name; });
  if (!everywhere) return false;
  bool any = false;
  VisitAround(root, path, Joined(path, name),
              [&](std::vector<Attribute>& attributes, const std::string& seen) {
                for (Attribute& attribute : attributes) {
                  if (!IsNameList(attribute)) continue;
                  std::vector<std::string>& names = attribute.value.strings;
                  any = std::erase_if(names,
                                      [&](const std::string& entry) {
                                        return IsOrIsBelow(entry, seen);
                                      }) > 0 ||
                        any;
                  attribute.value.shape[0] = static_cast<std::int64_t>(names.size());
                }
              });
  return ChangeConfig(root, [&](Json& config) { return RemoveLayer(config, name); }) || any;
}

bool NumberAnew(Group& root, const std::string& path) {
  Group* group = GroupAt(root, path);
  if (group == nullptr) return false;
  std::map<std::string, std::map<int, std::size_t>> by_stem;
  for (std::size_t i = 0; i < group->children.size(); ++i) {
    const auto [stem, number] = StemAndNumber(group->children[i].name);
    if (!by_stem[stem].emplace(number, i).second) return false;  // dense beside dense_0
  }
  std::vector<Child> renamed = std::move(group->children);
  group->children.clear();
  bool any = false;
  for (const auto& [stem, numbers] : by_stem) {
    int next = 0;
    for (const auto& [number, index] : numbers) {
      const std::string digits = std::to_string(next);
      const std::string name = stem.empty() ? digits : next == 0 ? stem : stem + "_" + digits;
      any = any || renamed[index].name != name;
      renamed[index].name = name;
      ++next;
    }
  }
  for (Child& child : renamed) AddChild(*group, std::move(child));
  return any;
}

bool RenameChild(Group& root, const std::string& path, const std::string& name,
                 const std::string& to) {
  Group* group = GroupAt(root, path);
  if (group == nullptr || group->Find(to) != nullptr || group->Find(name) == nullptr) return false;
  Child child = *group->Find(name);
  std::erase_if(group->children, [&](const Child& one) { return one.name == name; });
  child.name = to;
  AddChild(*group, std::move(child));
  VisitAround(root, path, Joined(path, name),
              [&](std::vector<Attribute>& attributes, const std::string& seen) {
                const std::string renamed = seen.substr(0, seen.size() - name.size()) + to;
                for (Attribute& attribute : attributes) {
                  if (!IsNameList(attribute)) continue;
                  for (std::string& entry : attribute.value.strings) {
                    if (IsOrIsBelow(entry, seen)) entry = renamed + entry.substr(seen.size());
                  }
                }
              });
  return true;
}

void CutToShape(StoredArray& value, const Shape& shape) {
  const Shape old = value.shape;
  const std::size_t size = BytesOfElement(value);
  std::vector<std::byte> bytes;
  std::vector<std::string> strings;
  const std::int64_t count = ElementCount(shape).value_or(0);
  Shape at(shape.size(), 0);
  for (std::int64_t i = 0; i < count; ++i) {
    std::size_t from = 0;
    for (std::size_t axis = 0; axis < old.size(); ++axis) {
      from = from * static_cast<std::size_t>(old[axis]) + static_cast<std::size_t>(at[axis]);
    }
    if (size > 0) {
      bytes.insert(bytes.end(), value.bytes.begin() + from * size,
                   value.bytes.begin() + (from + 1) * size);
    } else {
      strings.push_back(value.strings[from]);
    }
    for (std::size_t axis = shape.size(); axis-- > 0;) {
      if (++at[axis] < shape[axis]) break;
      at[axis] = 0;
    }
  }
  value.shape = shape;
  value.bytes = ByteArray(std::move(bytes));
  value.strings = std::move(strings);
}

void ResizeEverywhere(Group& root, std::int64_t from, std::int64_t to) {
  for (const std::string& path : DatasetPaths(root)) {
    Dataset& dataset = *FindPath(root, path)->dataset();
    Shape shape = dataset.value.shape;
    if (std::ranges::find(shape, from) == shape.end()) continue;
    std::ranges::replace(shape, from, to);
    dataset.storage = {};
    CutToShape(dataset.value, shape);
  }
  ChangeConfig(root, [&](Json& config) { return ReplaceNumbers(config, from, to); });
}

}  // namespace weightproof
