#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <span>

#include "harness/cli/commands.h"
#include "harness/cli/inspect_file.h"
#include "model/checkpoint/hdf5.h"

namespace weightproof {
namespace {

using Json = nlohmann::json;

std::string AsJson(const Inspection& in, const std::string& file) {
  Json layers = Json::array();
  for (const InspectedLayer& layer : in.layers) {
    layers.push_back({{"name", layer.name}, {"group", layer.group}, {"tensors", layer.tensors}});
  }
  Json tensors = Json::array();
  for (const InspectedTensor& t : in.tensors) {
    tensors.push_back({{"path", t.path},
                       {"layer", t.layer},
                       {"dtype", t.dtype},
                       {"shape", t.shape},
                       {"digest", t.digest},
                       {"role", std::string(TensorRoleName(t.role))}});
  }
  const Json json = {{"schema", 1},
                     {"file", file},
                     {"format", std::string(FormatName(in.format))},
                     {"dialect", in.dialect},
                     {"keras_version", in.keras_version},
                     {"backend", in.backend},
                     {"model_config", in.has_model_config},
                     {"training_config", in.has_training_config},
                     {"layers", layers},
                     {"tensors", tensors},
                     {"oddities", in.oddities}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

void Print(const Inspection& in, const std::string& file) {
  fmt::print("{}: {}", file, FormatName(in.format));
  if (!in.dialect.empty()) fmt::print(", {}", in.dialect);
  if (!in.keras_version.empty()) fmt::print(" {}", in.keras_version);
  if (!in.backend.empty()) fmt::print(" on {}", in.backend);
  fmt::print("\n{} layers, {} tensors{}{}\n", in.layers.size(), in.tensors.size(),
             in.has_model_config ? ", model config" : "",
             in.has_training_config ? ", training config" : "");
  for (const InspectedLayer& layer : in.layers) {
    fmt::print("\nlayer {} ({})\n", layer.name.empty() ? "without a name" : layer.name,
               layer.group);
    for (const InspectedTensor& t : in.tensors) {
      if (!t.path.starts_with(layer.group + "/")) continue;
      const std::string rest = t.path.substr(layer.group.size() + 1);
      if (in.format == Format::kWeightsH5 && !rest.starts_with("vars/")) continue;
      fmt::print("  {:<36} {:<9} {:<16} {:.16}\n", rest, t.dtype, ShapeText(t.shape), t.digest);
    }
  }
  bool heading = false;
  for (const InspectedTensor& t : in.tensors) {
    if (t.role == TensorRole::kWeight && !t.layer.empty()) continue;
    if (!heading) fmt::print("\nnot weights of a layer\n");
    heading = true;
    fmt::print("  {:<36} {:<9} {:<16} {}\n", t.path, t.dtype, ShapeText(t.shape),
               TensorRoleName(t.role));
  }
  if (!in.oddities.empty()) fmt::print("\nodd\n");
  for (const std::string& oddity : in.oddities) fmt::print("  {}\n", oddity);
}

// What is no HDF5 file at all may be something else that people have.
Error ExplainedRefusal(const Error& error, const std::string& file) {
  if (error.kind != ErrorKind::kNotAnHdf5File) return error;
  const Result<std::string> bytes = ReadTextFile(file);
  if (bytes && bytes->starts_with("PK\x03\x04")) {
    return {ErrorKind::kWrongFormat, file, "a zip archive (.keras), which is not read yet",
            "unzip it and inspect its model.weights.h5"};
  }
  if (bytes && bytes->starts_with("{")) {
    return {ErrorKind::kWrongFormat, file, "JSON, no weights file",
            "`weightproof show` says what a case does"};
  }
  return error;
}

}  // namespace

int Inspect(const InspectOptions& o) {
  const Result<Group> root = TreeReaderFor(o.hdf5_library, o.map)(o.file);
  if (!root) return Refuse(ExplainedRefusal(root.error(), o.file));
  Result<Format> format = DetectFormat(*root, o.file);
  if (!format) return Refuse(format.error());
  const Inspection in = InspectTree(*root, *format, o.file);
  if (o.json) {
    fmt::print("{}", AsJson(in, o.file));
  } else {
    Print(in, o.file);
  }
  return kExitOk;
}

}  // namespace weightproof
