#include "harness/cli/inspect_file.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace weightproof {
namespace {

std::string Text(const Attribute* attribute) {
  if (attribute == nullptr || attribute->value.strings.size() != 1) return "";
  return attribute->value.strings.front();
}

// A name list, whole or in numbered pieces (keras-formats 1.1).
std::vector<std::string> NameList(const Group& group, const std::string& name, bool* chunked) {
  if (const Attribute* whole = group.FindAttribute(name)) return whole->value.strings;
  std::vector<std::string> names;
  for (int i = 0;; ++i) {
    const Attribute* part = group.FindAttribute(name + std::to_string(i));
    if (part == nullptr) return names;
    *chunked = true;
    names.insert(names.end(), part->value.strings.begin(), part->value.strings.end());
  }
}

TensorRole RoleOf(const std::string& path) {
  if (path.starts_with("optimizer")) return TensorRole::kOptimizer;
  if (path.starts_with("metrics") || path.starts_with("compile_metrics")) {
    return TensorRole::kMetric;
  }
  if (path.find("seed_generator") != std::string::npos) return TensorRole::kSeed;
  return TensorRole::kWeight;
}

std::string TypeText(const StoredType& type) {
  switch (type.cls) {
    case StoredClass::kNumber:
      return std::string(DTypeName(type.dtype));
    case StoredClass::kOpaque:
      return fmt::format("opaque ({} bytes)", type.size);
    default:
      return "text";
  }
}

template <class T>
std::size_t CountNotFinite(const ByteArray& bytes) {
  std::size_t count = 0;
  for (std::size_t i = 0; i + sizeof(T) <= bytes.size(); i += sizeof(T)) {
    T value;
    std::copy_n(bytes.data() + i, sizeof(T), reinterpret_cast<std::byte*>(&value));
    count += !std::isfinite(value);
  }
  return count;
}

class Inspector {
 public:
  explicit Inspector(Inspection& out) : out_(out) {}

  void Walk(const Group& group, const std::string& prefix) {
    for (const Child& child : group.children) {
      const std::string path = prefix.empty() ? child.name : prefix + "/" + child.name;
      if (const Group* inner = child.group()) {
        Walk(*inner, path);
      } else {
        Take(*child.dataset(), path);
      }
    }
  }

  void LegacyLayers(const Group& weights, const std::string& prefix) {
    bool chunked = false;
    std::set<std::string> listed;
    std::set<std::string> names;
    for (const std::string& name : NameList(weights, "layer_names", &chunked)) {
      if (!names.insert(name).second) Odd("layer_names lists '{}' twice", name);
      const Child* child = weights.Find(name);
      if (child == nullptr || child->group() == nullptr) {
        Odd("layer_names lists '{}', and there is no such group", name);
        continue;
      }
      InspectedLayer layer{name, prefix + name, 0};
      for (const std::string& weight : NameList(*child->group(), "weight_names", &chunked)) {
        ++layer.tensors;
        listed.insert(layer.group + "/" + weight);
        const Child* dataset = FindPath(*child->group(), weight);
        if (dataset == nullptr || dataset->dataset() == nullptr) {
          Odd("weight_names of '{}' lists '{}', and there is no such dataset", name, weight);
        }
      }
      out_.layers.push_back(std::move(layer));
    }
    if (chunked) Odd("a name list is stored in numbered pieces{}", "");
    for (InspectedTensor& tensor : out_.tensors) {
      for (const InspectedLayer& layer : out_.layers) {
        if (tensor.path.starts_with(layer.group + "/")) tensor.layer = layer.name;
      }
      if (tensor.role != TensorRole::kWeight || listed.contains(tensor.path)) continue;
      if (tensor.path.starts_with(prefix + "top_level_model_weights/")) continue;
      Odd("{} is in no name list: Keras would not read it", tensor.path);
    }
  }

  void NewLayers(const Group& group, const std::string& prefix) {
    for (const Child& child : group.children) {
      const Group* inner = child.group();
      if (inner == nullptr) continue;
      const std::string path = prefix.empty() ? child.name : prefix + "/" + child.name;
      if (child.name == "vars" && prefix.find("layers/") != std::string::npos &&
          !prefix.starts_with("optimizer")) {
        std::string name = Text(inner->FindAttribute("name"));
        const std::size_t tensors = inner->children.size();
        if (tensors > 0 || inner->FindAttribute("name") != nullptr) {
          out_.layers.push_back({name, prefix, tensors});
        }
        for (InspectedTensor& tensor : out_.tensors) {
          if (tensor.path.starts_with(path + "/")) tensor.layer = name.empty() ? prefix : name;
        }
      }
      NewLayers(*inner, path);
    }
  }

 private:
  template <class... Args>
  void Odd(fmt::format_string<Args...> format, Args&&... args) {
    out_.oddities.push_back(fmt::format(format, std::forward<Args>(args)...));
  }

  void Take(const Dataset& dataset, const std::string& path) {
    const StoredArray& value = dataset.value;
    InspectedTensor tensor{path, "", TypeText(value.type), value.shape, "", RoleOf(path)};
    if (value.type.cls == StoredClass::kNumber && !value.null_space) {
      tensor.digest = DigestHex(TensorDigest(value.type.dtype, value.shape, value.bytes));
      std::size_t strange = 0;
      if (value.type.dtype == DType::kFloat32) strange = CountNotFinite<float>(value.bytes);
      if (value.type.dtype == DType::kFloat64) strange = CountNotFinite<double>(value.bytes);
      if (strange > 0) Odd("{}: {} values are NaN or infinite", path, strange);
      if (value.type.big_endian) Odd("{} is stored big-endian", path);
    } else {
      Odd("{} holds {}, no numbers", path, tensor.dtype);
    }
    if (value.null_space) Odd("{} has no dataspace", path);
    if (!dataset.storage.chunk.empty()) {
      Odd("{} is stored in chunks{}", path, dataset.storage.deflate >= 0 ? ", compressed" : "");
    }
    out_.tensors.push_back(std::move(tensor));
  }

  Inspection& out_;
};

}  // namespace

Inspection InspectTree(const Group& root, Format format, const std::string& path) {
  Inspection out;
  out.format = format;
  Inspector inspector(out);
  inspector.Walk(root, "");
  if (format == Format::kWeightsH5) {
    inspector.NewLayers(root, "");
    out.dialect = root.Find("_layer_checkpoint_dependencies") != nullptr ? "tf_keras" : "";
  } else {
    const Child* whole = root.Find("model_weights");
    const bool inside = whole != nullptr && whole->group() != nullptr &&
                        root.FindAttribute("layer_names") == nullptr &&
                        root.FindAttribute("layer_names0") == nullptr;
    const Group& weights = inside ? *whole->group() : root;
    inspector.LegacyLayers(weights, inside ? "model_weights/" : "");
    out.keras_version = Text(weights.FindAttribute("keras_version"));
    out.backend = Text(weights.FindAttribute("backend"));
    out.has_model_config = root.FindAttribute("model_config") != nullptr;
    out.has_training_config = root.FindAttribute("training_config") != nullptr;
    if (out.keras_version.empty()) {
      out.oddities.push_back("no keras_version: tf-keras would read it as a file of Keras 1");
    } else {
      out.dialect = out.keras_version.starts_with("3") ? "keras3" : "tf_keras";
    }
  }
  const Dialect dialect = out.dialect == "tf_keras" ? Dialect::kTfKeras : Dialect::kKeras3;
  const std::optional<Format> suffix = FormatOfSuffix(path, dialect);
  const bool both_legacy = suffix && *suffix != Format::kWeightsH5 && format != Format::kWeightsH5;
  if (suffix != format && !both_legacy) {
    out.oddities.push_back(fmt::format("the path's suffix does not say {}", FormatName(format)));
  }
  return out;
}

}  // namespace weightproof
