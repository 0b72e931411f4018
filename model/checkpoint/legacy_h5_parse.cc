#include <algorithm>
#include <map>
#include <optional>

#include "model/checkpoint/legacy_h5.h"
#include "model/checkpoint/match.h"

namespace weightproof {
namespace {

using Names = std::vector<std::string_view>;

constexpr const char* kSaveAgain = "save the file again, or repair the attribute";

std::unexpected<Error> Malformed(const std::string& place, const std::string& attribute,
                                 std::string message) {
  return Fail(ErrorKind::kMalformedMetadata, place + "@" + attribute, std::move(message),
              kSaveAgain);
}

// Appends the texts of one name attribute.
Status AppendNames(const Attribute& attribute, const std::string& place, Names& names) {
  const StoredArray& value = attribute.value;
  if (value.null_space || value.shape.size() != 1) {
    return Malformed(place, attribute.name, "a one-dimensional list of names is due here");
  }
  if (value.type.cls == StoredClass::kNumber || value.type.cls == StoredClass::kOpaque) {
    // h5py stores an empty list as float64 of shape (0,).
    if (value.shape[0] == 0) return {};
    return Malformed(place, attribute.name, "numbers where names are due");
  }
  if (static_cast<std::int64_t>(value.strings.size()) != value.shape[0]) {
    return Malformed(place, attribute.name, "fewer names than its shape says");
  }
  for (const std::string& text : value.strings) {
    if (!ValidUtf8(text)) return Malformed(place, attribute.name, "a name that is not UTF-8");
    names.push_back(text);
  }
  return {};
}

// N of "layer_namesN", or nullopt.
std::optional<std::size_t> ChunkNumber(std::string_view attribute, std::string_view base) {
  if (!attribute.starts_with(base)) return std::nullopt;
  const std::string_view digits = attribute.substr(base.size());
  if (digits.empty() || digits.size() > 7 || (digits.size() > 1 && digits[0] == '0')) {
    return std::nullopt;
  }
  std::size_t number = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<std::size_t>(c - '0');
  }
  return number;
}

// The list `base`, plain or in chunks base0, base1, ...; nullopt when there is none.
Result<std::optional<Names>> ReadNames(const Group& group, std::string_view base,
                                       const std::string& place) {
  const Attribute* plain = nullptr;
  std::map<std::size_t, const Attribute*> chunks;
  for (const Attribute& attribute : group.attributes) {
    if (attribute.name == base) {
      plain = &attribute;
    } else if (const auto number = ChunkNumber(attribute.name, base)) {
      chunks.emplace(*number, &attribute);
    }
  }
  if (plain == nullptr && chunks.empty()) return std::nullopt;
  Names names;
  if (plain != nullptr) {
    if (Status status = AppendNames(*plain, place, names); !status) {
      return std::unexpected(status.error());
    }
    if (chunks.empty()) return names;
  }
  Names chunked;
  std::size_t expected = 0;
  for (const auto& [number, attribute] : chunks) {
    if (number != expected++) {
      return Malformed(place, attribute->name,
                       "chunk " + std::to_string(expected - 1) + " is missing before it");
    }
    if (Status status = AppendNames(*attribute, place, chunked); !status) {
      return std::unexpected(status.error());
    }
  }
  if (plain != nullptr && names != chunked) {
    return Malformed(place, std::string(base),
                     "stands beside chunks of the same list that say something else");
  }
  return chunked;
}

std::optional<std::string_view> Twice(const Names& names) {
  Names sorted = names;
  std::ranges::sort(sorted);
  const auto it = std::ranges::adjacent_find(sorted);
  if (it == sorted.end()) return std::nullopt;
  return *it;
}

Result<std::vector<LegacyWeight>> ReadWeights(const Group& group, const std::string& place) {
  std::vector<LegacyWeight> weights;
  Result<std::optional<Names>> names = ReadNames(group, "weight_names", place);
  if (!names) return std::unexpected(names.error());
  if (!*names) return Malformed(place, "weight_names", "is missing");
  if (const auto twice = Twice(**names)) {
    return Fail(ErrorKind::kDuplicateName, place + "@weight_names",
                "\"" + std::string(*twice) + "\" is listed twice", kSaveAgain);
  }
  weights.reserve((*names)->size());
  for (const std::string_view name : **names) {
    const Child* child = FindPath(group, name);
    if (child == nullptr || child->dataset() == nullptr) {
      return Fail(ErrorKind::kMissingTensor, place + "/" + std::string(name),
                  child == nullptr ? "weight_names lists it, and it is not there"
                                   : "weight_names lists it, and it is a group",
                  "save the file again; a listed tensor cannot be done without");
    }
    weights.push_back({name, child->dataset()});
  }
  return weights;
}

// A scalar (or single) text attribute; "" when absent.
Result<std::string_view> ReadText(const Group& group, std::string_view name,
                                  const std::string& place) {
  const Attribute* attribute = group.FindAttribute(name);
  if (attribute == nullptr) return "";
  if (attribute->value.strings.size() != 1 || !ValidUtf8(attribute->value.strings[0])) {
    return Malformed(place, std::string(name), "one text is due here");
  }
  return attribute->value.strings[0];
}

void CollectDatasets(const Group& group, std::vector<const Dataset*>& datasets) {
  for (const Child& child : group.children) {
    if (child.dataset() != nullptr) {
      datasets.push_back(child.dataset());
    } else {
      CollectDatasets(*child.group(), datasets);
    }
  }
}

// A layer that is said to have no weights must hold none but those of a layer "a/b" inside "a".
Status CheckWeightless(const LegacyFile& file, const std::string& place) {
  std::vector<const Dataset*> listed;
  for (const LegacyLayer& layer : file.layers) {
    for (const LegacyWeight& weight : layer.weights) listed.push_back(weight.dataset);
  }
  std::ranges::sort(listed);
  for (const LegacyLayer& layer : file.layers) {
    if (!layer.weights.empty() || layer.group->children.empty()) continue;
    std::vector<const Dataset*> inside;
    CollectDatasets(*layer.group, inside);
    for (const Dataset* dataset : inside) {
      if (!std::ranges::binary_search(listed, dataset)) {
        return Malformed(place + file.PathOf(layer), "weight_names",
                         "lists nothing, and the group holds tensors");
      }
    }
  }
  return {};
}

}  // namespace

std::string LegacyFile::PathOf(const LegacyLayer& layer, const LegacyWeight& weight) const {
  std::string path;
  path.reserve(prefix.size() + layer.name.size() + weight.name.size() + 1);
  return path.append(prefix).append(layer.name).append("/").append(weight.name);
}

bool HasLayerNames(const Group& group) {
  return std::ranges::any_of(group.attributes, [](const Attribute& attribute) {
    return attribute.name == "layer_names" || ChunkNumber(attribute.name, "layer_names");
  });
}

Result<LegacyFile> ParseLegacyH5(const Group& root, const std::string& place) {
  const std::string front = place.empty() ? "" : place + ": ";
  LegacyFile file;
  file.root = &root;
  file.weights = &root;
  const Child* nested = root.Find("model_weights");
  if (!HasLayerNames(root) && nested != nullptr && nested->group() != nullptr) {
    file.weights = nested->group();
    file.prefix = "model_weights/";
  }
  const Group& group = *file.weights;
  const std::string group_place = front + file.prefix;
  Result<std::string_view> version = ReadText(group, "keras_version", group_place);
  if (!version) return std::unexpected(version.error());
  if (version->starts_with("1.") || *version == "1") {
    return Fail(ErrorKind::kWrongFormat, group_place + "@keras_version",
                "written by Keras " + std::string(*version) + ", whose kernels lie otherwise",
                "load it in tf-keras and save it again");
  }
  file.keras_version = *version;
  Result<std::optional<Names>> names = ReadNames(group, "layer_names", group_place);
  if (!names) return std::unexpected(names.error());
  if (!*names) return Malformed(group_place, "layer_names", "is missing");
  if (const auto twice = Twice(**names)) {
    return Fail(ErrorKind::kDuplicateName, group_place + "@layer_names",
                "\"" + std::string(*twice) + "\" is listed twice", kSaveAgain);
  }
  file.layers.reserve((*names)->size());
  for (const std::string_view name : **names) {
    if (name.empty()) return Malformed(group_place, "layer_names", "has an empty name");
    const Child* child = FindPath(group, name);
    const std::string layer_place = group_place + std::string(name);
    if (child == nullptr || child->group() == nullptr) {
      return Fail(ErrorKind::kMissingTensor, layer_place,
                  "layer_names lists it, and there is no such group",
                  "save the file again; a listed layer cannot be done without");
    }
    Result<std::vector<LegacyWeight>> weights = ReadWeights(*child->group(), layer_place);
    if (!weights) return std::unexpected(weights.error());
    file.layers.push_back({name, child->group(), std::move(*weights)});
  }
  if (const Child* own = group.Find("top_level_model_weights");
      own != nullptr && own->group() != nullptr) {
    Result<std::vector<LegacyWeight>> weights =
        ReadWeights(*own->group(), group_place + "top_level_model_weights");
    if (!weights) return std::unexpected(weights.error());
    file.own = std::move(*weights);
  }
  if (Status status = CheckWeightless(file, front); !status) {
    return std::unexpected(status.error());
  }
  return file;
}

}  // namespace weightproof
