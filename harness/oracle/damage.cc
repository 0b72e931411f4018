#include "harness/oracle/damage.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "harness/oracle/stored_range.h"
#include "model/tensor.h"

namespace weightproof {
namespace {

std::unexpected<Error> DoesNotApply(const Damage& edit, const std::string& why) {
  return Fail(ErrorKind::kBadConfig, "damage at " + edit.path, why,
              "choose a path that the file has");
}

std::pair<std::string, std::string> SplitLast(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {"", path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

Group* GroupAt(Group& root, const std::string& path) {
  if (path.empty()) return &root;
  Child* child = FindPath(root, path);
  return child != nullptr ? child->group() : nullptr;
}

bool Remove(Group& parent, const std::string& name) {
  return std::erase_if(parent.children, [&](const Child& child) { return child.name == name; }) > 0;
}

std::vector<Attribute>* AttributesAt(Group& root, const std::string& path) {
  if (path.empty()) return &root.attributes;
  Child* child = FindPath(root, path);
  if (child == nullptr) return nullptr;
  if (Group* group = child->group()) return &group->attributes;
  return &child->dataset()->attributes;
}

Status Drop(Group& root, const Damage& edit) {
  if (!edit.attribute.empty()) {
    std::vector<Attribute>* attributes = AttributesAt(root, edit.path);
    if (attributes == nullptr || std::erase_if(*attributes, [&](const Attribute& attribute) {
                                   return attribute.name == edit.attribute;
                                 }) == 0) {
      return DoesNotApply(edit, "no attribute '" + edit.attribute + "' there");
    }
    return {};
  }
  const auto [parent_path, name] = SplitLast(edit.path);
  Group* parent = GroupAt(root, parent_path);
  if (parent == nullptr || !Remove(*parent, name)) return DoesNotApply(edit, "nothing there");
  return {};
}

Status Rename(Group& root, const Damage& edit) {
  const auto [parent_path, name] = SplitLast(edit.path);
  Group* parent = GroupAt(root, parent_path);
  Child* child = parent != nullptr ? parent->Find(name) : nullptr;
  if (child == nullptr) return DoesNotApply(edit, "nothing there");
  if (edit.to.empty() || edit.to.contains('/') || parent->Find(edit.to) != nullptr) {
    return DoesNotApply(edit, "'" + edit.to + "' is taken or no name");
  }
  Child moved = std::move(*child);
  parent->children.erase(parent->children.begin() + (child - parent->children.data()));
  moved.name = edit.to;
  AddChild(*parent, std::move(moved));
  return {};
}

Status Swap(Group& root, const Damage& edit) {
  Child* a = FindPath(root, edit.path);
  Child* b = FindPath(root, edit.to);
  if (a == nullptr || b == nullptr || a == b) return DoesNotApply(edit, "no two things to swap");
  if (edit.to.starts_with(edit.path + "/") || edit.path.starts_with(edit.to + "/")) {
    return DoesNotApply(edit, "one holds the other");
  }
  std::swap(a->node, b->node);
  return {};
}

Status Duplicate(Group& root, const Damage& edit) {
  const Child* source = FindPath(root, edit.path);
  if (source == nullptr) return DoesNotApply(edit, "nothing there");
  if (edit.to.starts_with(edit.path + "/")) return DoesNotApply(edit, "a copy inside itself");
  Child copy = *source;
  copy.name = SplitLast(edit.to).second;
  Group* parent = EnsureGroup(root, edit.to);
  if (copy.name.empty() || parent == nullptr || parent->Find(copy.name) != nullptr) {
    return DoesNotApply(edit, "'" + edit.to + "' is taken or no path");
  }
  AddChild(*parent, std::move(copy));
  return {};
}

Status EditDataset(Group& root, const Damage& edit) {
  Child* child = FindPath(root, edit.path);
  Dataset* dataset = child != nullptr ? child->dataset() : nullptr;
  if (dataset == nullptr) return DoesNotApply(edit, "no dataset there");
  StoredArray& value = dataset->value;
  if (edit.op == DamageOp::kReshape) {
    if (ElementCount(edit.shape) != ElementCount(value.shape)) {
      return DoesNotApply(edit, "another number of elements");
    }
    value.shape = edit.shape;
    return {};
  }
  if (edit.op == DamageOp::kChunk) {
    if (value.shape.empty() || ElementCount(value.shape) == 0) {
      return DoesNotApply(edit, "a scalar or empty dataset cannot be chunked");
    }
    dataset->storage.chunk = value.shape;
    dataset->storage.chunk[0] = std::max<std::int64_t>(1, value.shape[0] / 2);
    dataset->storage.deflate = edit.deflate;
    dataset->storage.shuffle = edit.shuffle;
    dataset->storage.fletcher32 = edit.fletcher32;
    return {};
  }
  if (value.type.cls != StoredClass::kNumber) return DoesNotApply(edit, "no numbers there");
  Tensor tensor(value.type.dtype, value.shape);
  std::ranges::copy(value.bytes, tensor.bytes().begin());
  if (edit.op == DamageOp::kSetValue) {
    if (value.type.dtype != DType::kFloat32 || edit.index < 0 || edit.index >= tensor.size()) {
      return DoesNotApply(edit, "no float32 element of that index");
    }
    tensor.values<float>()[static_cast<std::size_t>(edit.index)] = static_cast<float>(edit.value);
  } else {
    const std::optional<DType> to = DTypeFromName(edit.dtype);
    std::optional<Tensor> converted = to ? Convert(tensor, *to) : std::nullopt;
    if (!converted) return DoesNotApply(edit, "no conversion to '" + edit.dtype + "'");
    tensor = *std::move(converted);
    value.type = {StoredClass::kNumber, *to, DTypeSize(*to), edit.big_endian, false};
  }
  value.bytes.Own().assign(tensor.bytes().begin(), tensor.bytes().end());
  return {};
}

Status SetStrings(Group& root, const Damage& edit) {
  std::vector<Attribute>* attributes = AttributesAt(root, edit.path);
  if (attributes == nullptr) return DoesNotApply(edit, "nothing there");
  SetAttribute(*attributes, StringListAttribute(edit.attribute, edit.strings));
  return {};
}

}  // namespace

Status ApplyDamage(Group& root, const std::vector<Damage>& damage) {
  for (const Damage& edit : damage) {
    Status done;
    switch (edit.op) {
      case DamageOp::kDrop:
        done = Drop(root, edit);
        break;
      case DamageOp::kRename:
        done = Rename(root, edit);
        break;
      case DamageOp::kSwap:
        done = Swap(root, edit);
        break;
      case DamageOp::kDuplicate:
        done = Duplicate(root, edit);
        break;
      case DamageOp::kSetAttribute:
        done = SetStrings(root, edit);
        break;
      case DamageOp::kReshape:
      case DamageOp::kRetype:
      case DamageOp::kChunk:
      case DamageOp::kSetValue:
        done = EditDataset(root, edit);
        break;
      default:
        break;  // of bytes, or hostile
    }
    if (!done) return done;
  }
  return {};
}

Status DamageBytes(std::string& file, const std::vector<Damage>& damage) {
  // No padding of a file looks like this.
  constexpr char kForeign = '\x5a';
  std::vector<std::size_t> places;  // found before anything is damaged
  for (const Damage& edit : damage) {
    StoredRange range{0, file.size()};
    if (OfBytes(edit.op) && !edit.path.empty()) {
      const std::optional<StoredRange> stored =
          FindStored({reinterpret_cast<const std::byte*>(file.data()), file.size()}, edit.path);
      if (!stored) return DoesNotApply(edit, "no stored values there");
      range = *stored;
    }
    places.push_back(range.begin +
                     static_cast<std::size_t>(edit.index) % std::max<std::size_t>(1, range.size));
  }
  for (std::size_t i = 0; i < damage.size(); ++i) {
    const Damage& edit = damage[i];
    if (!OfBytes(edit.op) || file.empty()) continue;
    const std::size_t at = places[i] % file.size();  // an earlier edit may have cut the file
    const auto count = static_cast<std::size_t>(edit.bytes);
    switch (edit.op) {
      case DamageOp::kFlip:
        file[at] = static_cast<char>(file[at] ^ edit.mask);
        break;
      case DamageOp::kCut:
        file.resize(at);
        break;
      case DamageOp::kZero:
        std::fill_n(file.begin() + static_cast<std::ptrdiff_t>(at),
                    std::min(count, file.size() - at), '\0');
        break;
      default:
        file.append(count, kForeign);
    }
  }
  return {};
}

bool ContentPreserving(const std::vector<Damage>& damage) {
  return std::ranges::all_of(damage, [](const Damage& edit) {
    return edit.op == DamageOp::kChunk ||
           (edit.op == DamageOp::kRetype && edit.dtype == "float32" && edit.big_endian);
  });
}

}  // namespace weightproof
