#include <algorithm>
#include <cstring>
#include <set>
#include <span>
#include <utility>

#include "harness/minimize/reduction.h"
#include "harness/minimize/tree_edits.h"
#include "model/checkpoint/hdf5.h"

namespace weightproof {
namespace {

// Of one dataset, runs of values are set to zero, down to so many parts of it.
constexpr std::size_t kZeroedPartsMax = 256;
constexpr std::size_t kNamesTried = 3;

class TreeShrinker {
 public:
  TreeShrinker(Reduction& reduction, Group root) : reduction_(reduction), root_(std::move(root)) {}

  bool Start() {
    const auto bytes = Written(root_);
    return bytes && (*bytes == reduction_.best() || reduction_.Try(*bytes));
  }

  void Run() {
    for (bool again = true; again && !reduction_.over();) {
      again = DropChildren();
      again = Hoist() || again;
      again = DropAttributes() || again;
      again = DropListed() || again;
      again = ShrinkTexts() || again;
      again = ResizeTogether() || again;
      again = ResizeOne() || again;
      again = PlainStorage() || again;
      again = ZeroValues() || again;
      again = ShortNames() || again;
    }
  }

 private:
  static std::optional<std::string> Written(const Group& root) {
    const Result<std::vector<std::byte>> bytes = WriteHdf5(root);
    if (!bytes) return std::nullopt;
    return std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  }

  bool Take(Group candidate) {
    if (reduction_.over()) return false;
    const auto bytes = Written(candidate);
    if (!bytes || !reduction_.Try(*bytes)) return false;
    root_ = std::move(candidate);
    return true;
  }

  // Groups and datasets: with all that lists them, numbered anew, and for themselves alone.
  bool DropRun(const std::string& path, std::size_t begin, std::size_t end) {
    Group plain = root_;
    Group listed = root_;
    bool was_listed = false;
    const Group& group = *GroupAt(root_, path);
    for (std::size_t i = begin; i < end; ++i) {
      const std::string& name = group.children[i].name;
      RemoveChild(plain, path, name, false);
      was_listed = RemoveChild(listed, path, name, true) || was_listed;
    }
    Group numbered = listed;
    if (was_listed && Take(std::move(listed))) return true;
    if (NumberAnew(numbered, path) && Take(std::move(numbered))) return true;
    return Take(std::move(plain));
  }

  bool DropChildren() {
    bool any = false;
    for (const std::string& path : GroupPaths(root_)) {
      const Group* group = GroupAt(root_, path);
      if (group == nullptr) continue;
      any =
          DropRuns(group->children.size(),
                   [&](std::size_t begin, std::size_t end) { return DropRun(path, begin, end); }) ||
          any;
    }
    return any;
  }

  // What is in a group takes the group's place.
  bool Hoist() {
    bool any = false;
    for (const std::string& path : GroupPaths(root_)) {
      const Group* group = GroupAt(root_, path);
      if (group == nullptr) continue;
      for (const Child& child : std::vector<Child>(group->children)) {
        Group candidate = root_;
        if (path.empty()) {
          if (child.group() == nullptr) continue;
          candidate = *child.group();
        } else {
          FindPath(candidate, path)->node = child.node;
        }
        if (!Take(std::move(candidate))) continue;
        any = true;
        break;
      }
    }
    return any;
  }

  std::vector<std::string> AllPaths() const {
    std::vector<std::string> paths = GroupPaths(root_);
    for (std::string& path : DatasetPaths(root_)) paths.push_back(std::move(path));
    return paths;
  }

  bool DropAttributes() {
    bool any = false;
    for (const std::string& path : AllPaths()) {
      any = DropRuns(AttributesAt(root_, path)->size(),
                     [&](std::size_t begin, std::size_t end) {
                       Group candidate = root_;
                       std::vector<Attribute>& attributes = *AttributesAt(candidate, path);
                       attributes.erase(attributes.begin() + static_cast<std::ptrdiff_t>(begin),
                                        attributes.begin() + static_cast<std::ptrdiff_t>(end));
                       return Take(std::move(candidate));
                     }) ||
            any;
    }
    return any;
  }

  // Entries of lists alone.
  bool DropListed() {
    bool any = false;
    for (const std::string& path : AllPaths()) {
      for (std::size_t i = 0; i < AttributesAt(root_, path)->size(); ++i) {
        const StoredArray& value = (*AttributesAt(root_, path))[i].value;
        if (value.shape.size() != 1 || value.strings.empty()) continue;
        any =
            DropRuns(value.strings.size(),
                     [&](std::size_t begin, std::size_t end) {
                       Group candidate = root_;
                       StoredArray& list = (*AttributesAt(candidate, path))[i].value;
                       list.strings.erase(list.strings.begin() + static_cast<std::ptrdiff_t>(begin),
                                          list.strings.begin() + static_cast<std::ptrdiff_t>(end));
                       list.shape[0] = static_cast<std::int64_t>(list.strings.size());
                       return Take(std::move(candidate));
                     }) ||
            any;
      }
    }
    return any;
  }

  // A single text by its structure where it is JSON, else to nothing.
  bool ShrinkTexts() {
    bool any = false;
    for (const std::string& path : AllPaths()) {
      for (std::size_t i = 0; i < AttributesAt(root_, path)->size(); ++i) {
        const StoredArray& value = (*AttributesAt(root_, path))[i].value;
        if (!value.shape.empty() || value.strings.size() != 1 || value.strings[0].empty()) continue;
        const auto with = [&](const std::string& text) {
          Group candidate = root_;
          StoredArray& changed = (*AttributesAt(candidate, path))[i].value;
          changed.strings[0] = text;
          if (changed.type.cls == StoredClass::kFixedString) {
            changed.type.size = std::max<std::size_t>(1, text.size());
          }
          return Take(std::move(candidate));
        };
        if (with("")) {
          any = true;
        } else if (value.strings[0].starts_with('{')) {
          Reduction inside(value.strings[0], with, reduction_.seconds_left());
          ShrinkJson(inside);
          any = inside.taken() > 0 || any;
        }
      }
    }
    return any;
  }

  bool ResizeTogether() {
    bool any = false;
    std::set<std::int64_t, std::greater<>> dimensions;
    for (const std::string& path : DatasetPaths(root_)) {
      const Shape& shape = FindPath(root_, path)->dataset()->value.shape;
      dimensions.insert(shape.begin(), shape.end());
    }
    for (const std::int64_t from : dimensions)
      any = ShrinkNumber(from,
                         [&](std::int64_t to) {
                           Group candidate = root_;
                           ResizeEverywhere(candidate, from, to);
                           return Take(std::move(candidate));
                         }) ||
            any;
    return any;
  }

  bool ResizeOne() {
    bool any = false;
    for (const std::string& path : DatasetPaths(root_)) {
      for (std::size_t axis = 0; axis < DatasetAt(root_, path).value.shape.size(); ++axis) {
        const std::int64_t from = DatasetAt(root_, path).value.shape[axis];
        any = ShrinkNumber(from,
                           [&](std::int64_t to) {
                             Group candidate = root_;
                             Dataset& dataset = DatasetAt(candidate, path);
                             Shape shape = dataset.value.shape;
                             shape[axis] = to;
                             dataset.storage = {};
                             CutToShape(dataset.value, shape);
                             return Take(std::move(candidate));
                           }) ||
              any;
      }
    }
    return any;
  }

  static bool ShrinkNumber(std::int64_t from, const std::function<bool(std::int64_t to)>& take) {
    std::set<std::int64_t> smaller = {1, 2, from / 2, from - 1};
    for (const std::int64_t to : smaller) {
      if (to > 0 && to < from && take(to)) return true;
    }
    return false;
  }

  static Dataset& DatasetAt(Group& root, const std::string& path) {
    return *FindPath(root, path)->dataset();
  }

  bool PlainStorage() {
    bool any = false;
    for (const std::string& path : DatasetPaths(root_)) {
      const Dataset& now = DatasetAt(root_, path);
      if (now.storage.chunk.empty() && !now.value.type.big_endian) continue;
      Group candidate = root_;
      DatasetAt(candidate, path).storage = {};
      DatasetAt(candidate, path).value.type.big_endian = false;
      any = Take(std::move(candidate)) || any;
    }
    return any;
  }

  bool ZeroValues() {
    bool any = false;
    for (const std::string& path : DatasetPaths(root_)) {
      const StoredArray& value = DatasetAt(root_, path).value;
      const std::size_t size = value.type.size;
      if (value.bytes.empty() || size == 0) continue;
      const std::size_t count = value.bytes.size() / size;
      DropRuns(
          count,
          [&](std::size_t begin, std::size_t end) {
            Group candidate = root_;
            const auto bytes = std::span(DatasetAt(candidate, path).value.bytes.Own())
                                   .subspan(begin * size, (end - begin) * size);
            if (std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; })) {
              return false;
            }
            std::ranges::fill(bytes, std::byte{0});
            any = Take(std::move(candidate)) || any;
            return false;  // the values stay where they are
          },
          std::max<std::size_t>(1, count / kZeroedPartsMax));
    }
    return any;
  }

  bool ShortNames() {
    bool any = false;
    for (const std::string& path : GroupPaths(root_)) {
      std::vector<std::string> names;
      const Group* group = GroupAt(root_, path);
      if (group == nullptr) continue;
      for (const Child& child : group->children) {
        if (child.name.size() > 1) names.push_back(child.name);
      }
      for (const std::string& name : names) {
        std::size_t tried = 0;
        for (char to = 'a'; to <= 'z' && tried < kNamesTried; ++to) {
          Group candidate = root_;
          if (!RenameChild(candidate, path, name, std::string(1, to))) continue;
          ++tried;
          if (!Take(std::move(candidate))) continue;
          any = true;
          break;
        }
      }
    }
    return any;
  }

  Reduction& reduction_;
  Group root_;
};

}  // namespace

bool ShrinkTree(Reduction& reduction) {
  const std::string found = reduction.best();
  Result<Group> root = ReadHdf5(std::as_bytes(std::span(found)), "");
  if (!root) return false;
  TreeShrinker shrinker(reduction, *std::move(root));
  if (!shrinker.Start()) return false;
  shrinker.Run();
  return true;
}

}  // namespace weightproof
