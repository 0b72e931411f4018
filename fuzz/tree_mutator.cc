#include "fuzz/tree_mutator.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <random>
#include <string>
#include <utility>

#include "model/checkpoint/hdf5.h"

namespace weightproof::fuzz {
namespace {

constexpr std::uint32_t kFloats[] = {0x7fc00001, 0x7f800000, 0xff800000, 0x80000000,
                                     0x00000001, 0x7f7fffff, 0x3f800001, 0x42280000};

class Mutator {
 public:
  Mutator(Group& root, unsigned seed) : root_(root), random_(seed) {}

  void Change() {
    places_.clear();
    datasets_.clear();
    groups_.clear();
    texts_.clear();
    Collect(root_);
    switch (Below(12)) {
      case 0:
        return Drop();
      case 1:
        return Rename();
      case 2:
        return Exchange();
      case 3:
        return Copy();
      case 4:
        return Retype();
      case 5:
        return Reshape();
      case 6:
        return SetValue();
      case 7:
        return Store();
      case 8:
        return DropAttribute();
      default:
        return ChangeTexts();
    }
  }

 private:
  struct Place {
    Group* group;
    std::size_t index;

    Child& child() const { return group->children[index]; }
  };

  std::size_t Below(std::size_t n) { return n == 0 ? 0 : random_() % n; }
  template <class T>
  T& Any(std::vector<T>& all) {
    return all[Below(all.size())];
  }

  void Collect(Group& group) {
    groups_.push_back(&group);
    for (const Attribute& attribute : group.attributes) {
      for (const std::string& text : attribute.value.strings) texts_.push_back(text);
    }
    for (std::size_t i = 0; i < group.children.size(); ++i) {
      Child& child = group.children[i];
      places_.push_back({&group, i});
      texts_.push_back(child.name);
      if (child.dataset() != nullptr) {
        datasets_.push_back(child.dataset());
      } else {
        Collect(*child.group());
      }
    }
  }

  // A text or name of the file, sometimes with another number at its end.
  std::string Text() {
    std::string text = texts_.empty() ? "vars" : Any(texts_).substr(0, 200);
    if (Below(3) == 0) text += "_" + std::to_string(Below(4));
    if (Below(8) == 0) text = std::to_string(Below(4));
    if (Below(32) == 0) text.clear();
    return text;
  }

  std::string Name() {
    std::string name = Text();
    name = name.substr(name.rfind('/') + 1);
    return name.empty() || name == "." ? "0" : name;
  }

  void Drop() {
    if (places_.empty()) return;
    const Place place = Any(places_);
    place.group->children.erase(place.group->children.begin() +
                                static_cast<std::ptrdiff_t>(place.index));
  }

  void Rename() {
    if (places_.empty()) return;
    const Place place = Any(places_);
    Child child = std::move(place.child());
    child.name = Name();
    place.group->children.erase(place.group->children.begin() +
                                static_cast<std::ptrdiff_t>(place.index));
    AddChild(*place.group, std::move(child));
  }

  void Exchange() {
    if (datasets_.size() < 2) return;
    std::swap(Any(datasets_)->value, Any(datasets_)->value);
  }

  void Copy() {
    if (places_.empty()) return;
    Child copy = Any(places_).child();
    if (Below(2) == 0) copy.name = Name();
    AddChild(*Any(groups_), std::move(copy));
  }

  void Retype() {
    if (datasets_.empty()) return;
    Dataset& dataset = *Any(datasets_);
    StoredArray& value = dataset.value;
    if (value.type.cls != StoredClass::kNumber || value.null_space) return;
    const std::size_t elements = value.bytes.size() / std::max<std::size_t>(value.type.size, 1);
    value.type.dtype = static_cast<DType>(Below(static_cast<std::size_t>(DType::kBool) + 1));
    value.type.size = DTypeSize(value.type.dtype);
    value.type.big_endian = Below(2) == 0;
    value.bytes.Own().resize(elements * value.type.size);
    if (value.type.dtype == DType::kBool) {
      for (std::byte& bit : value.bytes.Own()) bit &= std::byte{1};
    }
    if (value.type.dtype == DType::kBFloat16) {
      value.type.cls = StoredClass::kOpaque;
      value.type.big_endian = false;
      SetAttribute(dataset.attributes, StringAttribute("dtype", "bfloat16"));
    }
  }

  void Reshape() {
    if (datasets_.empty()) return;
    Dataset& dataset = *Any(datasets_);
    Shape& shape = dataset.value.shape;
    dataset.storage = {};
    switch (Below(3)) {
      case 0:
        std::ranges::reverse(shape);
        break;
      case 1:
        if (!dataset.value.null_space) shape.insert(shape.begin(), 1);
        break;
      default:
        if (shape.size() < 2) return;
        shape[0] *= shape[1];
        shape.erase(shape.begin() + 1);
        break;
    }
  }

  void SetValue() {
    if (datasets_.empty()) return;
    StoredArray& value = Any(datasets_)->value;
    if (value.type.cls != StoredClass::kNumber || value.type.size != 4 || value.bytes.empty()) {
      return;
    }
    const std::uint32_t bits = kFloats[Below(std::size(kFloats))];
    std::memcpy(value.bytes.Own().data() + 4 * Below(value.bytes.size() / 4), &bits, 4);
  }

  void Store() {
    if (datasets_.empty()) return;
    Dataset& dataset = *Any(datasets_);
    const bool chunks = !dataset.value.shape.empty() &&
                        std::ranges::all_of(dataset.value.shape, [](auto d) { return d > 0; });
    dataset.storage = {};
    dataset.value.type.big_endian = dataset.value.type.cls == StoredClass::kNumber && Below(2) == 0;
    if (!chunks) return;
    dataset.storage = {dataset.value.shape, static_cast<int>(Below(11)) - 1, Below(2) == 0,
                       Below(2) == 0};
    std::int64_t& first = dataset.storage.chunk[0];
    first = 1 + static_cast<std::int64_t>(Below(static_cast<std::size_t>(first)));
  }

  void DropAttribute() {
    std::vector<Attribute>& attributes = Any(groups_)->attributes;
    if (attributes.empty()) return;
    attributes.erase(attributes.begin() + static_cast<std::ptrdiff_t>(Below(attributes.size())));
  }

  // Name lists are what the legacy format goes by.
  void ChangeTexts() {
    std::vector<StoredArray*> lists;
    for (Group* group : groups_) {
      for (Attribute& attribute : group->attributes) {
        if (!attribute.value.strings.empty()) lists.push_back(&attribute.value);
      }
    }
    if (lists.empty()) return;
    StoredArray& list = *Any(lists);
    std::vector<std::string>& texts = list.strings;
    const std::size_t at = Below(texts.size());
    switch (list.shape.size() == 1 ? Below(4) : 0) {
      case 0:
        texts[at] = Text();
        break;
      case 1:
        std::swap(texts[at], Any(texts));
        break;
      case 2:
        texts.erase(texts.begin() + static_cast<std::ptrdiff_t>(at));
        break;
      default:
        texts.insert(texts.begin() + static_cast<std::ptrdiff_t>(at), Text());
        break;
    }
    if (list.shape.size() == 1) list.shape[0] = static_cast<std::int64_t>(texts.size());
    if (list.type.cls == StoredClass::kFixedString) {
      for (const std::string& text : texts) list.type.size = std::max(list.type.size, text.size());
    }
  }

  Group& root_;
  std::minstd_rand random_;
  std::vector<Place> places_;
  std::vector<Dataset*> datasets_;
  std::vector<Group*> groups_;
  std::vector<std::string> texts_;
};

}  // namespace

std::optional<std::vector<std::byte>> MutateTree(std::span<const std::byte> file, unsigned seed,
                                                 std::size_t bytes_max) {
  Result<Group> root = ReadHdf5(file, "");
  if (!root) return std::nullopt;
  Mutator mutator(*root, seed);
  for (unsigned i = 0; i <= seed / 8 % 3; ++i) mutator.Change();
  Result<std::vector<std::byte>> bytes = WriteHdf5(*root);
  if (!bytes || bytes->size() > bytes_max) return std::nullopt;
  return *std::move(bytes);
}

}  // namespace weightproof::fuzz
