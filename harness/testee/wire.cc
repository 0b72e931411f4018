#include "harness/testee/wire.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/case/json.h"
#include "harness/case/json_fields.h"
#include "harness/testee/base64.h"

namespace weightproof {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kLineBytesMax = std::size_t{64} << 20;
constexpr std::array<std::string_view, 4> kOutcomes = {"ok", "refused", "unsupported",
                                                       "worker_error"};

Json TensorToJson(const Tensor& tensor) {
  return {{"dtype", DTypeName(tensor.dtype())},
          {"shape", tensor.shape()},
          {"data", Base64Encode(tensor.bytes())}};
}

Json TensorsToJson(const std::vector<NamedTensor>* tensors) {
  Json list = Json::array();
  if (tensors == nullptr) return list;
  for (const NamedTensor& named : *tensors) {
    Json entry = TensorToJson(named.tensor);
    entry["id"] = named.id;
    list.push_back(std::move(entry));
  }
  return list;
}

Json ProgramToJson(const Program& program) {
  return {{"architecture", ArchitectureToJson(*program.architecture)},
          {"build", BuildToJson(*program.build)}};
}

Json BuildRequestToJson(const BuildRequest& request) {
  Json before = Json::array();
  for (const Program& program : request.before) before.push_back(ProgramToJson(program));
  return {{"program", ProgramToJson(request.program)},
          {"before", std::move(before)},
          {"session", SessionToJson(request.session)},
          {"directory", request.directory}};
}

Json Request(std::string_view op, std::uint64_t id) {
  return {{"protocol", kWorkerProtocol}, {"id", id}, {"op", op}};
}

void AddInputs(const Tensor* inputs, const std::vector<Tensor>* more, Json& out) {
  if (inputs != nullptr) out["inputs"] = TensorToJson(*inputs);
  if (more == nullptr) return;
  for (const Tensor& tensor : *more) out["more_inputs"].push_back(TensorToJson(tensor));
}

// Text of any length, cut: a traceback must not make its answer unreadable.
void LongText(JsonFields& fields, std::string_view key, std::string& out, bool required = false) {
  const Json* value = fields.Find(key, required);
  if (value == nullptr) return;
  const auto* text = value->get_ptr<const std::string*>();
  if (text == nullptr) return fields.Wrong(key, "a text is due here");
  out = text->substr(0, kAnswerTextBytesMax);
  if (text->size() > out.size()) out += " [cut]";
}

void ReadTensor(JsonFields& fields, Tensor& out) {
  std::string dtype_name;
  Shape shape;
  fields.Text("dtype", dtype_name, true);
  fields.Ints("shape", kAnswerRankMax, shape, 0, kDimensionMax, true);
  const Json* data = fields.Find("data", true);
  if (!fields.ok()) return;
  const auto* text = data->get_ptr<const std::string*>();
  const auto dtype = DTypeFromName(dtype_name);
  const auto count = ElementCount(shape);
  if (text == nullptr) return fields.Wrong("data", "a text is due here");
  if (!dtype) return fields.Wrong("dtype", "no dtype of this program");
  // The size is checked before any memory is asked for.
  if (!count || static_cast<std::size_t>(*count) > kLineBytesMax) {
    return fields.Wrong("shape", "too many elements", ErrorKind::kLimitExceeded);
  }
  const std::size_t bytes_due = static_cast<std::size_t>(*count) * DTypeSize(*dtype);
  if (text->size() != (bytes_due + 2) / 3 * 4) {
    return fields.Wrong("data", "the bytes do not fit dtype and shape");
  }
  const auto bytes = Base64Decode(*text);
  if (!bytes || bytes->size() != bytes_due) {
    return fields.Wrong("data", "no base64 of the bytes that dtype and shape ask for");
  }
  out = Tensor(*dtype, std::move(shape));
  if (bytes_due != 0) std::memcpy(out.bytes().data(), bytes->data(), bytes_due);
}

void ReadPrediction(JsonFields& fields, std::string_view key, Tensor& out) {
  const Json* value = fields.Find(key);
  if (value == nullptr) return;
  const JsonPlace place{&fields.place(), key};
  JsonFields inner(*value, place);
  ReadTensor(inner, out);
  inner.Done();
  if (!inner.ok()) fields.Take(std::move(inner).error());
}

// Calls `read` with the fields of each element of the list `key`.
template <class Read>
void EachObject(JsonFields& fields, std::string_view key, std::size_t count_max, Read read) {
  const Json* value = fields.Find(key);
  if (value == nullptr) return;
  const auto* list = value->get_ptr<const Json::array_t*>();
  if (list == nullptr) return fields.Wrong(key, "a list is due here");
  if (list->size() > count_max) {
    return fields.Wrong(key, "too many entries", ErrorKind::kLimitExceeded);
  }
  const JsonPlace place{&fields.place(), key};
  for (std::size_t i = 0; i < list->size() && fields.ok(); ++i) {
    const JsonPlace here{&place, {}, i, true};
    JsonFields inner((*list)[i], here);
    read(inner);
    inner.Done();
    if (!inner.ok()) fields.Take(std::move(inner).error());
  }
}

void ReadVariables(JsonFields& fields, std::string_view key, std::vector<NamedTensor>& out) {
  std::set<std::string> ids;
  EachObject(fields, key, kAnswerVariablesMax, [&](JsonFields& inner) {
    NamedTensor named;
    inner.Text("id", named.id, true);
    ReadTensor(inner, named.tensor);
    if (!ids.insert(named.id).second) inner.Wrong("id", "the id \"" + named.id + "\" twice");
    out.push_back(std::move(named));
  });
}

void ReadWarnings(JsonFields& fields, Answer& answer) {
  EachObject(fields, "warnings", kJsonValuesMax, [&](JsonFields& inner) {
    ReportLine line;
    inner.Text("kind", line.kind, true);
    LongText(inner, "text", line.text, true);
    if (answer.reports.size() < kAnswerReportsMax) answer.reports.push_back(std::move(line));
    if (answer.reports.size() == kAnswerReportsMax - 1) {
      answer.reports.push_back({"cut", "", "more reports than can be kept"});
    }
  });
}

void ReadResave(JsonFields& fields, Answer& answer) {
  const Json* value = fields.Find("resave");
  if (value == nullptr) return;
  const JsonPlace place{&fields.place(), "resave"};
  JsonFields inner(*value, place);
  Outcome outcome = Outcome::kOk;
  inner.Word("outcome", kOutcomes, outcome, true);
  LongText(inner, "message", answer.resave_message);
  inner.Done();
  answer.resave = outcome;
  if (!inner.ok()) fields.Take(std::move(inner).error());
}

// What every answer has: which request it is for, and its outcome.
void ReadHead(JsonFields& fields, std::uint64_t id, Answer& answer) {
  std::uint64_t found = 0;
  fields.Unsigned("id", found);
  if (found != id) fields.Wrong("id", "the answer is for another request");
  fields.Word("outcome", kOutcomes, answer.outcome, true);
  LongText(fields, "kind", answer.error_kind);
  LongText(fields, "message", answer.error_message);
  if (answer.outcome == Outcome::kUnsupported) LongText(fields, "what", answer.error_message, true);
  if (answer.outcome == Outcome::kWorkerError) {
    answer.error_kind = "Traceback";
    LongText(fields, "traceback", answer.error_message, true);
  }
}

}  // namespace

std::string DescribeLine(std::uint64_t id) { return DumpJson(Request("describe", id)); }

std::string SaveLine(const SaveRequest& request, std::uint64_t id) {
  Json out = Request("save", id);
  out["build"] = BuildRequestToJson(request.build);
  out["weights"] = TensorsToJson(request.weights);
  out["format"] = RouteFormatName(request.format);
  out["dialect"] = DialectName(request.dialect);
  out["path"] = request.path;
  out["overwrite"] = request.overwrite;
  AddInputs(request.inputs, request.more_inputs, out);
  return DumpJson(out);
}

std::string LoadLine(const LoadRequest& request, std::uint64_t id) {
  Json out = Request("load", id);
  out["build"] = BuildRequestToJson(request.build);
  out["initial"] = TensorsToJson(request.initial);
  out["format"] = RouteFormatName(request.format);
  out["load_as"] = request.load_as == LoadAs::kModel ? "model" : "weights";
  out["by_name"] = request.by_name;
  out["skip_mismatch"] = request.skip_mismatch;
  out["partial"] = request.partial;
  out["path"] = request.path;
  out["resave_path"] = request.resave_path;
  AddInputs(request.inputs, request.more_inputs, out);
  return DumpJson(out);
}

std::string AssignLine(const AssignRequest& request, std::uint64_t id) {
  Json out = Request("assign", id);
  out["build"] = BuildRequestToJson(request.build);
  out["weights"] = TensorsToJson(request.weights);
  AddInputs(request.inputs, request.more_inputs, out);
  return DumpJson(out);
}

Result<Answer> AnswerFromLine(std::string_view line, std::uint64_t id) {
  auto value = ParseJson(line, "answer", kLineBytesMax);
  if (!value) return std::unexpected(std::move(value.error()));
  const JsonPlace place{nullptr, "answer"};
  JsonFields fields(*value, place);
  Answer answer;
  ReadHead(fields, id, answer);
  ReadWarnings(fields, answer);
  ReadVariables(fields, "variables", answer.variables);
  ReadVariables(fields, "variables_before", answer.variables_before);
  ReadPrediction(fields, "prediction", answer.prediction);
  ReadPrediction(fields, "prediction_before", answer.prediction_before);
  std::string prediction_error;
  LongText(fields, "prediction_error", prediction_error);
  if (!prediction_error.empty()) {
    answer.reports.push_back({"prediction_error", "", std::move(prediction_error)});
  }
  fields.Bool("repeatable", answer.repeatable);
  ReadResave(fields, answer);
  fields.Done();
  if (!fields.ok()) return std::unexpected(std::move(fields).error());
  return answer;
}

Result<Description> DescriptionFromLine(std::string_view line, std::uint64_t id) {
  auto value = ParseJson(line, "answer", kCaseJsonBytesMax);
  if (!value) return std::unexpected(std::move(value.error()));
  const JsonPlace place{nullptr, "answer"};
  JsonFields fields(*value, place);
  Answer head;
  Description out;
  int protocol = 0;
  ReadHead(fields, id, head);
  if (fields.ok() && head.outcome != Outcome::kOk) {
    return Fail(ErrorKind::kOptionNotSupported, "worker", head.error_message,
                "use a worker that speaks protocol " + std::to_string(kWorkerProtocol));
  }
  fields.Int("protocol", kWorkerProtocol, kWorkerProtocol, protocol, true);
  fields.Text("name", out.name, true);
  fields.Text("version", out.version, true);
  fields.Text("backend", out.backend, true);
  const Json* space = fields.Find("space", true);
  if (space != nullptr) {
    const JsonPlace inside{&place, "space"};
    JsonFields inner(*space, inside);
    inner.Texts("layers", kCaseLayersMax, out.space.layers, true);
    inner.Texts("formats", kCaseLayersMax, out.space.formats, true);
    inner.Texts("dialects", kCaseLayersMax, out.space.dialects, true);
    inner.Texts("modes", kCaseLayersMax, out.space.modes, true);
    inner.Texts("steps", kCaseLayersMax, out.space.steps, true);
    inner.Done();
    if (!inner.ok()) fields.Take(std::move(inner).error());
  }
  fields.Done();
  if (!fields.ok()) return std::unexpected(std::move(fields).error());
  return out;
}

}  // namespace weightproof
