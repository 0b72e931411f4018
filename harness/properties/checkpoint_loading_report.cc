#include "harness/properties/checkpoint_loading_report.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <map>

namespace weightproof {
namespace {

const LoadingFault kNoFault{};

struct StoredTensor {
  const Dataset* dataset = nullptr;
  bool told = false;  // by the report
};
using StoredTensors = std::map<std::string, StoredTensor, std::less<>>;  // by path

void Collect(const Group& group, const std::string& path, StoredTensors& tensors) {
  for (const Child& child : group.children) {
    const std::string at = path.empty() ? child.name : path + "/" + child.name;
    if (child.dataset() != nullptr) {
      tensors[at].dataset = child.dataset();
    } else {
      Collect(*child.group(), at, tensors);
    }
  }
}

std::string_view LastPart(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::string_view Parent(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

// State that is no weight stands in groups of its own (keras-formats 2, 3.4). Of a file of weights
// alone in the legacy format every tensor is a weight.
bool MayHaveRole(std::string_view path, TensorRole role, Format format) {
  switch (role) {
    case TensorRole::kWeight:
    case TensorRole::kUnknown:
      return true;
    case TensorRole::kOptimizer:
      return format == Format::kWeightsH5
                 ? path.starts_with("optimizer/")
                 : format == Format::kLegacyH5Model && path.starts_with("optimizer_weights/");
    case TensorRole::kMetric:
      return format == Format::kWeightsH5 && path.starts_with("metrics/");
    case TensorRole::kSeed:
      return format == Format::kWeightsH5 && path.contains("seed_generator/");
  }
  return false;
}

float HalfAsFloat(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 31;
  const float mantissa = static_cast<float>(bits & 1023);
  float magnitude =
      std::ldexp(exponent == 0 ? mantissa : 1024 + mantissa, std::max(exponent, 1) - 25);
  if (exponent == 31) magnitude = (bits & 1023) == 0 ? INFINITY : NAN;
  return std::copysign(magnitude, (bits & 0x8000) != 0 ? -1.0F : 1.0F);
}

template <class T>
float NumberAsFloat(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return static_cast<float>(value);
}

float AsFloat(DType dtype, const std::byte* at) {
  std::uint16_t half = 0;
  switch (dtype) {
    case DType::kFloat16:
      std::memcpy(&half, at, sizeof half);
      return HalfAsFloat(half);
    case DType::kBFloat16:
      std::memcpy(&half, at, sizeof half);
      return std::bit_cast<float>(std::uint32_t{half} << 16);
    case DType::kFloat32:
      return NumberAsFloat<float>(at);
    case DType::kFloat64:
      return NumberAsFloat<double>(at);
    case DType::kInt8:
      return NumberAsFloat<std::int8_t>(at);
    case DType::kInt16:
      return NumberAsFloat<std::int16_t>(at);
    case DType::kInt32:
      return NumberAsFloat<std::int32_t>(at);
    case DType::kInt64:
      return NumberAsFloat<std::int64_t>(at);
    case DType::kUInt8:
    case DType::kBool:
      return NumberAsFloat<std::uint8_t>(at);
    case DType::kUInt16:
      return NumberAsFloat<std::uint16_t>(at);
    case DType::kUInt32:
      return NumberAsFloat<std::uint32_t>(at);
    case DType::kUInt64:
      return NumberAsFloat<std::uint64_t>(at);
  }
  return NAN;
}

// Whether a float32 holds every value of the type.
bool FitsFloat32(DType dtype) { return DTypeSize(dtype) < 4 || dtype == DType::kFloat32; }

// The type of the stored numbers; nullopt where the dataset holds or claims something else.
std::optional<DType> NumbersIn(const Dataset& dataset) {
  const StoredType& type = dataset.value.type;
  const Attribute* attribute = FindAttribute(dataset.attributes, "dtype");
  const std::string said = attribute != nullptr && attribute->value.strings.size() == 1
                               ? attribute->value.strings[0]
                               : "";
  if (type.cls == StoredClass::kOpaque && type.size == 2 && said == "bfloat16") {
    return DType::kBFloat16;
  }
  if (type.cls != StoredClass::kNumber) return std::nullopt;
  if (!said.empty() && said != DTypeName(type.dtype)) return std::nullopt;
  return type.dtype;
}

// Of a NaN that was converted only that it is one is promised.
bool SameNumbers(const StoredArray& stored, DType dtype, const Tensor& value) {
  const std::size_t size = DTypeSize(dtype);
  if (stored.bytes.size() != static_cast<std::size_t>(value.size()) * size) return false;
  if (dtype == DType::kFloat32) return std::ranges::equal(stored.bytes, value.bytes());
  const std::span<const float> floats = value.values<float>();
  for (std::size_t i = 0; i < floats.size(); ++i) {
    const float due = AsFloat(dtype, stored.bytes.data() + i * size);
    if (std::isnan(due)
            ? !std::isnan(floats[i])
            : std::bit_cast<std::uint32_t>(due) != std::bit_cast<std::uint32_t>(floats[i])) {
      return false;
    }
  }
  return true;
}

class Audit {
 public:
  explicit Audit(const AcceptedLoad& load) : load_(load) { Collect(load.tree, "", tensors_); }

  LoadingFault Run() {
    LoadingFault fault = CheckNotes();
    if (fault.cause.empty()) fault = CheckIds();
    for (std::size_t i = 0; i < load_.report.variables.size() && fault.cause.empty(); ++i) {
      fault = CheckVariable(i);
    }
    if (fault.cause.empty()) fault = CheckPlaces();
    if (fault.cause.empty()) fault = CheckUnused();
    return fault;
  }

 private:
  // What an option lets pass is noted with the option only.
  LoadingFault CheckNotes() const {
    const LoadOptions& options = load_.options;
    for (const Note& note : load_.report.notes) {
      const bool allowed = (note.kind != NoteKind::kNarrowed || options.allow_narrowing) &&
                           (note.kind != NoteKind::kSkipped || options.skip_mismatch) &&
                           (note.kind != NoteKind::kUnset || options.partial) &&
                           (note.kind != NoteKind::kUnused || MayLeave()) &&
                           (note.kind != NoteKind::kAssumedOrder || options.assume_order) &&
                           (note.kind != NoteKind::kTrustedNames || options.trust_auto_names);
      if (!allowed) {
        return {"passed-without-its-option",
                std::string(NoteKindName(note.kind)) + " " + note.subject + ": " + note.text};
      }
      if (note.subject.empty() || note.text.empty()) {
        return {"empty-note", "a note of the kind " + std::string(NoteKindName(note.kind))};
      }
    }
    return kNoFault;
  }

  LoadingFault CheckIds() const {
    const auto& plans = load_.network.variable_plans();
    const auto& told = load_.report.variables;
    const auto same = [](const VariablePlan* plan, const LoadedVariable& variable) {
      return plan->id == variable.id;
    };
    if (std::ranges::equal(plans, told, same)) return kNoFault;
    return {"variables-unaccounted", std::to_string(told.size()) + " variables are reported, of " +
                                         std::to_string(plans.size()) +
                                         ", or others, or in another order"};
  }

  LoadingFault CheckVariable(std::size_t i) {
    const LoadedVariable& told = load_.report.variables[i];
    const VariablePlan& plan = *load_.network.variable_plans()[i];
    const Tensor& value = load_.network.variables()[i];
    if (value.dtype() != DType::kFloat32 || value.shape() != plan.shape) {
      return {"variable-malformed", told.id + " holds " + std::string(DTypeName(value.dtype())) +
                                        " of " + ShapeText(value.shape()) + ", not float32 of " +
                                        ShapeText(plan.shape)};
    }
    if (told.digest != TensorDigest(value)) {
      return {"digest-differs", "the digest of " + told.id + " is not that of its value"};
    }
    return told.source.empty() ? CheckUnset(i, told) : CheckSource(told, value);
  }

  LoadingFault CheckUnset(std::size_t i, const LoadedVariable& told) const {
    if (load_.network.variables()[i] != load_.before[i]) {
      return {"unset-variable-changed", told.id + " has no source and another value than before"};
    }
    if (Noted(NoteKind::kUnset, told.id) || Noted(NoteKind::kSkipped, told.id)) return kNoFault;
    return {"unset-unsaid", told.id + " was not set, and no note says so"};
  }

  LoadingFault CheckSource(const LoadedVariable& told, const Tensor& value) {
    const auto it = tensors_.find(told.source);
    if (it == tensors_.end()) {
      return {"no-such-source", told.id + " is said to come from " + told.source +
                                    ", which is no tensor of the file"};
    }
    if (std::exchange(it->second.told, true)) {
      return {"tensor-told-twice", told.source + " is the source of two variables"};
    }
    const Dataset& source = *it->second.dataset;
    if (source.value.null_space || source.value.shape != value.shape()) {
      return {"shape-differs", told.id + " of " + ShapeText(value.shape()) + " comes from " +
                                   told.source + " of " + ShapeText(source.value.shape)};
    }
    const std::optional<DType> dtype = NumbersIn(source);
    if (!dtype) return {"no-numbers", told.id + " comes from " + told.source + ", no numbers"};
    if (!SameNumbers(source.value, *dtype, value)) {
      return {"variable-differs", told.id + " holds something else than its source " + told.source};
    }
    if (*dtype == DType::kFloat32) return kNoFault;
    const NoteKind due = FitsFloat32(*dtype) ? NoteKind::kWidened : NoteKind::kNarrowed;
    if (Noted(due, told.id)) return kNoFault;
    return {"conversion-unsaid", told.source + " holds " + std::string(DTypeName(*dtype)) +
                                     ", which no note on " + told.id + " says"};
  }

  // Paths say what a tensor is: its role in the legacy format, its number in the layer in the other
  // one. What goes into one layer comes from one group; by name, from the layer of that name.
  LoadingFault CheckPlaces() const {
    std::size_t next = 0;
    for (const ObjectPlan& object : load_.network.plan().model.layers) {
      const std::string top = Prefix() + object.name + "/";
      if (LoadingFault fault = CheckPlacesIn(object, top, next); !fault.cause.empty()) {
        return fault;
      }
    }
    return kNoFault;
  }

  // `top`: where by name everything inside the top-level object comes from, "dense/".
  LoadingFault CheckPlacesIn(const ObjectPlan& object, const std::string& top,
                             std::size_t& next) const {
    const bool numbered = load_.report.format == Format::kWeightsH5;
    std::string_view group;
    for (std::size_t i = 0; i < object.variables.size(); ++i, ++next) {
      const std::string& source = load_.report.variables[next].source;
      if (source.empty()) continue;
      const std::string& role = object.variables[i].role;
      const std::string_view last = LastPart(source);
      const bool right = numbered ? last == std::to_string(i) && LastPart(Parent(source)) == "vars"
                                  : last == role || last == role + ":0";
      if (!right) return {"role-differs", object.variables[i].id + " comes from " + source};
      if (!group.empty() && group != Parent(source)) {
        return {"layers-mixed", object.name + " takes from " + std::string(group) + " and from " +
                                    std::string(Parent(source))};
      }
      group = Parent(source);
      if (load_.options.by_name && !source.starts_with(top)) {
        return {"name-differs", std::string(source).append(" is not in ").append(top)};
      }
    }
    for (const ObjectPlan& layer : object.layers) {
      if (LoadingFault fault = CheckPlacesIn(layer, top, next); !fault.cause.empty()) return fault;
    }
    return kNoFault;
  }

  LoadingFault CheckUnused() {
    for (const UnusedTensor& unused : load_.report.unused) {
      const auto it = tensors_.find(unused.path);
      if (it == tensors_.end()) return {"no-such-unused", unused.path + " is not in the file"};
      if (std::exchange(it->second.told, true)) {
        return {"tensor-told-twice", unused.path + " is reported as unused, and otherwise too"};
      }
      if (!MayHaveRole(unused.path, unused.role, load_.report.format)) {
        return {"wrong-role",
                unused.path + " is reported as " + std::string(TensorRoleName(unused.role))};
      }
      if (unused.role != TensorRole::kWeight && unused.role != TensorRole::kUnknown) continue;
      if (!MayLeave() || !Noted(NoteKind::kUnused, unused.path)) {
        return {"unused-unsaid", "no variable takes " + unused.path + ", and no note says so"};
      }
    }
    for (const auto& [path, tensor] : tensors_) {
      if (!tensor.told) return {"tensor-unaccounted", "nothing in the report is about " + path};
    }
    return kNoFault;
  }

  bool MayLeave() const { return load_.options.partial || load_.options.skip_mismatch; }

  std::string Prefix() const {
    return load_.report.format == Format::kLegacyH5Model ? "model_weights/" : "";
  }

  bool Noted(NoteKind kind, std::string_view subject) const {
    return std::ranges::any_of(load_.report.notes, [&](const Note& note) {
      return note.kind == kind && note.subject == subject;
    });
  }

  const AcceptedLoad& load_;
  StoredTensors tensors_;
};

}  // namespace

std::vector<Tensor> MarkedValues(const Network& network, std::uint32_t mark) {
  std::vector<Tensor> values;
  for (const VariablePlan* plan : network.variable_plans()) {
    Tensor& value = values.emplace_back(DType::kFloat32, plan->shape);
    for (std::uint32_t& bits : value.values<std::uint32_t>()) bits = 0x7fc00000U + ++mark;
  }
  return values;
}

LoadingFault FaultOfAccepted(const AcceptedLoad& load) { return Audit(load).Run(); }

}  // namespace weightproof
