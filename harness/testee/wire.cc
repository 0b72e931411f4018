#include "harness/testee/wire.h"

#include <array>
#include <nlohmann/json.hpp>

#include "harness/case/json.h"
#include "harness/case/json_fields.h"
#include "harness/testee/wire_parts.h"

namespace weightproof {
namespace {

using Json = nlohmann::json;

Json ProgramToJson(const Program& program) {
  return {{"architecture", ArchitectureToJson(*program.architecture)},
          {"build", BuildToJson(*program.build)}};
}

Json BuildRequestToJson(const BuildRequest& request) {
  Json before = Json::array();
  for (const Program& program : request.before) before.push_back(ProgramToJson(program));
  Json out = {{"program", ProgramToJson(request.program)},
              {"before", std::move(before)},
              {"session", SessionToJson(request.session)},
              {"directory", request.directory}};
  if (request.reuse) out["reuse"] = true;
  return out;
}

Json Request(std::string_view op, std::uint64_t id) {
  return {{"protocol", kWorkerProtocol}, {"id", id}, {"op", op}};
}

Json Variables(const std::vector<NamedTensor>* tensors) {
  return tensors == nullptr ? Json::array() : TensorsToWire(*tensors);
}

void AddInputs(const Tensor* inputs, const std::vector<Tensor>* more, Json& out) {
  if (inputs != nullptr) out["inputs"] = TensorToWire(*inputs);
  if (more == nullptr) return;
  for (const Tensor& tensor : *more) out["more_inputs"].push_back(TensorToWire(tensor));
}

void ReadWarnings(JsonFields& fields, Answer& answer) {
  ReadEachObject(fields, "warnings", kJsonValuesMax, [&](JsonFields& inner) {
    ReportLine line;
    inner.Text("kind", line.kind, true);
    inner.Text("subject", line.subject);
    ReadLongText(inner, "text", line.text, true);
    if (answer.reports.size() < kAnswerReportsMax) answer.reports.push_back(std::move(line));
    if (answer.reports.size() == kAnswerReportsMax - 1) {
      answer.reports.push_back({"cut", "", "more reports than can be kept"});
    }
  });
}

void ReadResave(JsonFields& fields, Answer& answer) {
  ReadObject(fields, "resave", [&](JsonFields& inner) {
    Outcome outcome = Outcome::kOk;
    inner.Word("outcome", std::span<const std::string_view>(kWireOutcomes), outcome, true);
    ReadLongText(inner, "message", answer.resave_message);
    answer.resave = outcome;
  });
}

// Pairs of texts as objects with these two keys.
void ReadPairs(JsonFields& fields, std::string_view key, std::string_view first,
               std::string_view second, std::vector<std::pair<std::string, std::string>>& out) {
  ReadEachObject(fields, key, kAnswerVariablesMax, [&](JsonFields& inner) {
    std::pair<std::string, std::string> pair;
    inner.Text(first, pair.first, true);
    inner.Text(second, pair.second, true);
    out.push_back(std::move(pair));
  });
}

void ReadAccount(JsonFields& fields, Answer& answer) {
  ReadObject(fields, "account", [&](JsonFields& inner) {
    answer.account.emplace();
    ReadPairs(inner, "sources", "id", "path", answer.account->sources);
    ReadPairs(inner, "unused", "path", "role", answer.account->unused);
  });
}

using Aspects = std::map<std::string, std::string, std::less<>>;

void ReadAspects(JsonFields& fields, std::string_view key, Aspects& out) {
  const Json* value = fields.Find(key);
  if (value == nullptr) return;
  const auto* texts = value->get_ptr<const Json::object_t*>();
  if (texts == nullptr) return fields.Wrong(key, "an object is due here");
  if (texts->size() > kAnswerAspectsMax) {
    return fields.Wrong(key, "too many entries", ErrorKind::kLimitExceeded);
  }
  for (const auto& [aspect, text] : *texts) {
    const auto* said = text.get_ptr<const std::string*>();
    if (said == nullptr) return fields.Wrong(key, "a text is due for each aspect");
    out[aspect.substr(0, kAnswerTextBytesMax)] = said->substr(0, kAnswerTextBytesMax);
  }
}

// What every answer has: which request it is for, and its outcome.
void ReadHead(JsonFields& fields, std::uint64_t id, Answer& answer) {
  std::uint64_t found = 0;
  fields.Unsigned("id", found);
  if (found != id) fields.Wrong("id", "the answer is for another request");
  fields.Word("outcome", std::span<const std::string_view>(kWireOutcomes), answer.outcome, true);
  ReadLongText(fields, "kind", answer.error_kind);
  ReadLongText(fields, "place", answer.error_place);
  ReadLongText(fields, "message", answer.error_message);
  ReadLongText(fields, "remedy", answer.error_remedy);
  if (answer.outcome == Outcome::kUnsupported) {
    ReadLongText(fields, "what", answer.error_message, true);
  }
  if (answer.outcome == Outcome::kWorkerError) {
    answer.error_kind = "Traceback";
    ReadLongText(fields, "traceback", answer.error_message, true);
  }
}

}  // namespace

std::string DescribeLine(std::uint64_t id) { return DumpJson(Request("describe", id)); }

std::string SaveLine(const SaveRequest& request, std::uint64_t id) {
  Json out = Request("save", id);
  out["build"] = BuildRequestToJson(request.build);
  out["weights"] = Variables(request.weights);
  out["format"] = RouteFormatName(request.format);
  out["dialect"] = DialectName(request.dialect);
  out["path"] = request.path;
  out["overwrite"] = request.overwrite;
  if (request.sharded) out["sharded"] = true;
  AddInputs(request.inputs, request.more_inputs, out);
  return DumpJson(out);
}

std::string LoadLine(const LoadRequest& request, std::uint64_t id) {
  Json out = Request("load", id);
  out["build"] = BuildRequestToJson(request.build);
  out["initial"] = Variables(request.initial);
  out["format"] = RouteFormatName(request.format);
  out["load_as"] = request.load_as == LoadAs::kModel ? "model" : "weights";
  out["by_name"] = request.by_name;
  out["skip_mismatch"] = request.skip_mismatch;
  out["partial"] = request.partial;
  out["path"] = request.path;
  out["resave_path"] = request.resave_path;
  // Only who lists an option is asked with it.
  if (request.trust_auto_names) out["options"].push_back("trust_auto_names");
  if (request.assume_order) out["options"].push_back("assume_order");
  if (request.allow_narrowing) out["options"].push_back("allow_narrowing");
  AddInputs(request.inputs, request.more_inputs, out);
  return DumpJson(out);
}

std::string AssignLine(const AssignRequest& request, std::uint64_t id) {
  Json out = Request("assign", id);
  out["build"] = BuildRequestToJson(request.build);
  out["weights"] = Variables(request.weights);
  AddInputs(request.inputs, request.more_inputs, out);
  return DumpJson(out);
}

Result<Answer> AnswerFromLine(std::string_view line, std::uint64_t id) {
  auto value = ParseJson(line, "answer", kWireLineBytesMax);
  if (!value) return std::unexpected(std::move(value.error()));
  const JsonPlace place{nullptr, "answer"};
  JsonFields fields(*value, place);
  Answer answer;
  ReadHead(fields, id, answer);
  ReadWarnings(fields, answer);
  ReadVariables(fields, "variables", answer.variables);
  ReadVariables(fields, "variables_before", answer.variables_before);
  ReadTensorAt(fields, "prediction", answer.prediction);
  ReadTensorAt(fields, "prediction_before", answer.prediction_before);
  std::string prediction_error;
  ReadLongText(fields, "prediction_error", prediction_error);
  if (!prediction_error.empty()) {
    answer.reports.push_back({"prediction_error", "", std::move(prediction_error)});
  }
  fields.Bool("repeatable", answer.repeatable);
  ReadResave(fields, answer);
  ReadAccount(fields, answer);
  ReadAspects(fields, "state", answer.state);
  ReadObject(fields, "process", [&](JsonFields& inner) {
    ReadAspects(inner, "before", answer.process_before);
    ReadAspects(inner, "after", answer.process_after);
  });
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
    return Fail(ErrorKind::kOptionNotSupported, "worker",
                head.error_message.empty() ? "it does not describe itself" : head.error_message,
                "use a worker that speaks protocol " + std::to_string(kWorkerProtocol));
  }
  fields.Int("protocol", kWorkerProtocol, kWorkerProtocol, protocol, true);
  fields.Text("name", out.name, true);
  fields.Text("version", out.version, true);
  fields.Text("backend", out.backend, true);
  fields.Bool("reuses_models", out.reuses_models);
  if (!fields.Has("space")) fields.Wrong("", "the key \"space\" is missing");
  ReadObject(fields, "space", [&](JsonFields& inner) {
    inner.Texts("layers", kCaseLayersMax, out.space.layers, true);
    inner.Texts("formats", kCaseLayersMax, out.space.formats, true);
    inner.Texts("dialects", kCaseLayersMax, out.space.dialects, true);
    inner.Texts("modes", kCaseLayersMax, out.space.modes, true);
    inner.Texts("steps", kCaseLayersMax, out.space.steps, true);
    inner.Texts("hostile", kCaseLayersMax, out.space.hostile);
  });
  fields.Texts("reads", kCaseLayersMax, out.reads);
  fields.Texts("dtypes", kCaseLayersMax, out.dtypes);
  fields.Texts("promises", kCaseLayersMax, out.promises);
  fields.Texts("options", kCaseLayersMax, out.load_options);
  fields.Bool("accounts", out.makes_reports);
  fields.Bool("remedies", out.errors_help_is_clause);
  fields.Done();
  if (!fields.ok()) return std::unexpected(std::move(fields).error());
  return out;
}

}  // namespace weightproof
