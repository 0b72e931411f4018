// Taking tensors for variables, and accounting for everything.
#include <algorithm>
#include <cstring>

#include "model/checkpoint/match.h"

namespace weightproof {
namespace {

std::string TypeName(const StoredType& type) {
  switch (type.cls) {
    case StoredClass::kNumber:
      return std::string(DTypeName(type.dtype));
    case StoredClass::kOpaque:
      return std::to_string(type.size) + "-byte opaque values";
    default:
      return "text";
  }
}

// The attribute `dtype` that Keras 3 puts on a dataset, or "".
std::string_view DtypeAttribute(const Dataset& dataset) {
  if (dataset.attributes.empty()) return "";
  const Attribute* attribute = FindAttribute(dataset.attributes, "dtype");
  if (attribute == nullptr || attribute->value.strings.size() != 1) return "";
  return attribute->value.strings[0];
}

// The numbers' dtype; nullopt for what holds no numbers. bfloat16 is stored as opaque pairs of
// bytes with an attribute that says so (keras-formats 3.1).
std::optional<DType> NumbersOf(const Dataset& dataset) {
  const StoredType& type = dataset.value.type;
  const std::string_view said = DtypeAttribute(dataset);
  if (type.cls == StoredClass::kOpaque && type.size == 2 && said == "bfloat16") {
    return DType::kBFloat16;
  }
  if (type.cls != StoredClass::kNumber) return std::nullopt;
  if (!said.empty() && said != DTypeName(type.dtype)) return std::nullopt;
  return type.dtype;
}

}  // namespace

Ledger::Ledger(const WalkedModel& model, const LoadOptions& options, std::string place)
    : model_(&model), options_(options), place_(std::move(place)) {
  const std::size_t n = model.variables.size();
  result_.values.resize(n);
  result_.report.variables.resize(n);
  used_.reserve(n);
}

std::string Ledger::PlaceOf(std::string_view path) const {
  std::string text = place_;
  if (!text.empty() && !path.empty()) text += ": ";
  return text.append(path);
}

bool Ledger::ShapeFits(int index, const Dataset& dataset) const {
  const StoredArray& array = dataset.value;
  return !array.null_space &&
         array.shape == model_->variables[static_cast<std::size_t>(index)]->shape;
}

Status Ledger::Take(int index, const Dataset& dataset, const std::string& path) {
  const auto i = static_cast<std::size_t>(index);
  const VariablePlan& plan = *model_->variables[i];
  const StoredArray& array = dataset.value;
  const auto fail = [&](ErrorKind kind, std::string message, std::string remedy) {
    return Fail(kind, PlaceOf(path), "for variable " + plan.id + ": " + std::move(message),
                std::move(remedy));
  };
  const std::optional<DType> dtype = NumbersOf(dataset);
  if (!dtype) {
    return fail(ErrorKind::kDtypeMismatch,
                "the dataset holds " + TypeName(array.type) +
                    (DtypeAttribute(dataset).empty() ? std::string()
                                                     : " and its attribute dtype says " +
                                                           std::string(DtypeAttribute(dataset))) +
                    ", and numbers are due",
                "save again with a float32 variable; what the numbers were is not in the file");
  }
  if (*dtype != DType::kFloat32 && !WidensExactly(*dtype, DType::kFloat32) &&
      !options_.allow_narrowing) {
    return fail(ErrorKind::kNarrowing,
                std::string(DTypeName(*dtype)) +
                    " in the file, float32 in the model: values "
                    "could change",
                "load with allow_narrowing, or save as float32");
  }
  Tensor tensor(*dtype, array.shape);
  if (tensor.bytes().size() != array.bytes.size()) {
    return fail(ErrorKind::kDamagedFile, "the dataset holds another number of bytes than it says",
                "save the file again");
  }
  if (!array.bytes.empty()) {
    std::memcpy(tensor.bytes().data(), array.bytes.data(), array.bytes.size());
  }
  if (*dtype != DType::kFloat32) {
    const bool exact = WidensExactly(*dtype, DType::kFloat32);
    std::optional<Tensor> converted = Convert(tensor, DType::kFloat32);
    if (!converted) {
      return fail(ErrorKind::kDtypeMismatch,
                  "no conversion from " + std::string(DTypeName(*dtype)) + " to float32",
                  "save as float32");
    }
    tensor = std::move(*converted);
    AddNote(
        exact ? NoteKind::kWidened : NoteKind::kNarrowed, plan.id,
        std::string(DTypeName(*dtype)) + " in " + path +
            (exact ? " became float32 without loss" : " became float32 and may have lost bits"));
  }
  if (!used_.insert(&dataset).second) {
    return fail(ErrorKind::kDuplicateName, "the dataset is listed for two variables",
                "list every dataset once");
  }
  LoadedVariable& loaded = result_.report.variables[i];
  loaded.source = path;
  loaded.digest = TensorDigest(tensor);
  result_.values[i] = std::move(tensor);
  return {};
}

std::unexpected<Error> Ledger::ShapeError(int index, const Dataset& dataset,
                                          const std::string& path, bool skip_helps) const {
  const VariablePlan& plan = *model_->variables[static_cast<std::size_t>(index)];
  const std::string found = dataset.value.null_space ? "no elements (a null dataspace)"
                                                     : "shape " + ShapeText(dataset.value.shape);
  return Fail(ErrorKind::kShapeMismatch, PlaceOf(path),
              "for variable " + plan.id + ": " + found + " in the file, shape " +
                  ShapeText(plan.shape) + " in the model",
              skip_helps ? "build the model with the file's shapes, or load with skip_mismatch"
                         : "build the model with the file's shapes");
}

void Ledger::AddNote(NoteKind kind, std::string subject, std::string text) {
  result_.report.notes.push_back({kind, std::move(subject), std::move(text)});
}

Status Ledger::AccountForTensors(const Group& root, TensorRole (*role_of)(std::string_view path)) {
  std::string path;
  return AccountGroup(root, path, role_of);
}

Status Ledger::AccountGroup(const Group& group, std::string& path,
                            TensorRole (*role_of)(std::string_view path)) {
  const std::size_t length = path.size();
  for (const Child& child : group.children) {
    if (length > 0) path += '/';
    path += child.name;
    if (const Dataset* dataset = child.dataset()) {
      if (!used_.contains(dataset)) {
        const TensorRole role = role_of(path);
        const bool difference = role == TensorRole::kWeight || role == TensorRole::kUnknown;
        result_.report.unused.push_back({path, role});
        if (difference) {
          if (!options_.partial && !skipped_.contains(dataset)) {
            return Fail(ErrorKind::kUnusedTensor, PlaceOf(path),
                        "a tensor that no variable of the model takes",
                        "build the model that was saved, or load with partial");
          }
          AddNote(NoteKind::kUnused, path, "no variable of the model takes this tensor");
        }
      }
    } else if (Status status = AccountGroup(*child.group(), path, role_of); !status) {
      return status;
    }
    path.resize(length);
  }
  return {};
}

Assignment Ledger::Finish() {
  for (std::size_t i = 0; i < model_->variables.size(); ++i) {
    result_.report.variables[i].id = model_->variables[i]->id;
  }
  return std::move(result_);
}

}  // namespace weightproof
