#include "harness/testee/wire_worker.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <span>

#include "harness/case/json.h"
#include "harness/case/space.h"
#include "harness/testee/wire_parts.h"

namespace weightproof {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 4> kFormatWords = {"legacy_h5", "legacy_h5_model",
                                                          "weights_h5", "keras_archive"};
constexpr std::array<std::string_view, 2> kDialectWords = {"keras3", "tf_keras"};
constexpr std::array<std::string_view, 2> kLoadAsWords = {"weights", "model"};
constexpr std::array<std::string_view, 3> kOptionWords = {"trust_auto_names", "assume_order",
                                                          "allow_narrowing"};

struct OpFields {
  std::string_view op;
  std::vector<std::string_view> fields;  // beside protocol, id and op
};

const std::vector<OpFields>& Ops() {
  static const std::vector<OpFields> kOps = {
      {"describe", {}},
      {"quit", {}},
      {"assign", {"build", "weights", "inputs", "more_inputs"}},
      {"save",
       {"build", "weights", "inputs", "more_inputs", "format", "dialect", "path", "overwrite"}},
      {"load",
       {"build", "initial", "inputs", "more_inputs", "format", "load_as", "by_name",
        "skip_mismatch", "partial", "path", "resave_path", "options"}}};
  return kOps;
}

// The parts that CASE.md describes: what is wrong there is another version's word.
struct PartReader {
  std::optional<Error> error;

  template <class T>
  void Take(Result<T> read, T& out) {
    if (read) {
      out = *std::move(read);
    } else if (!error) {
      error = std::move(read.error());
    }
  }
};

void ReadProgram(JsonFields& fields, WireProgram& out, PartReader& parts) {
  const Json* architecture = fields.Find("architecture", true);
  const Json* build = fields.Find("build", true);
  if (architecture == nullptr || build == nullptr) return;
  parts.Take(ArchitectureFromJson(*architecture, "architecture"), out.architecture);
  parts.Take(BuildFromJson(*build, "build"), out.build);
}

void ReadBuildOf(JsonFields& fields, WireRequest& out, PartReader& parts) {
  if (!fields.Has("build")) return fields.Wrong("", "the key \"build\" is missing");
  ReadObject(fields, "build", [&](JsonFields& build) {
    if (!build.Has("program")) return build.Wrong("", "the key \"program\" is missing");
    ReadObject(build, "program",
               [&](JsonFields& program) { ReadProgram(program, out.program, parts); });
    ReadEachObject(build, "before", 2 * kModelsBeforeMax + 2, [&](JsonFields& program) {
      ReadProgram(program, out.before.emplace_back(), parts);
    });
    if (const Json* session = build.Find("session")) {
      parts.Take(SessionFromJson(*session, "session"), out.session);
    }
    build.Text("directory", out.directory, true);
  });
}

template <class Enum, std::size_t kCount>
void ReadWord(JsonFields& fields, std::string_view key,
              const std::array<std::string_view, kCount>& words, Enum& out, bool required) {
  fields.Word(key, std::span<const std::string_view>(words), out, required);
}

void ReadFields(JsonFields& fields, WireRequest& out, PartReader& parts) {
  int protocol = 0;
  fields.Int("protocol", 0, 1 << 30, protocol, true);
  fields.Unsigned("id", out.id);
  fields.Text("op", out.op, true);
  if (out.op == "describe" || out.op == "quit") return;
  ReadBuildOf(fields, out, parts);
  const std::string_view weights = out.op == "load" ? "initial" : "weights";
  if (!fields.Has(weights)) {
    fields.Wrong("", "the key \"" + std::string(weights) + "\" is missing");
  }
  ReadVariables(fields, weights, out.weights);
  ReadTensorAt(fields, "inputs", out.inputs);
  ReadEachObject(fields, "more_inputs", 64,
                 [&](JsonFields& inner) { ReadTensor(inner, out.more_inputs.emplace_back()); });
  if (out.op == "assign") return;
  ReadWord(fields, "format", kFormatWords, out.format, true);
  fields.Text("path", out.path, true);
  if (out.op == "save") {
    ReadWord(fields, "dialect", kDialectWords, out.dialect, true);
    fields.Bool("overwrite", out.overwrite);
    return;
  }
  ReadWord(fields, "load_as", kLoadAsWords, out.load_as, false);
  fields.Bool("by_name", out.by_name);
  fields.Bool("skip_mismatch", out.skip_mismatch);
  fields.Bool("partial", out.partial);
  fields.Text("resave_path", out.resave_path);
  fields.Texts("options", 16, out.options);
}

// The first thing that this program does not know of an object that is a request in form.
std::string FirstUnknown(const Json& request, const WireRequest& out) {
  if (request.value("protocol", Json()) != Json(kWorkerProtocol)) {
    return "protocol " + DumpJson(request.value("protocol", Json()));
  }
  const auto op = std::ranges::find(Ops(), out.op, &OpFields::op);
  if (op == Ops().end()) return "request " + out.op;
  for (const auto& [key, value] : request.items()) {
    const bool known = key == "protocol" || key == "id" || key == "op" ||
                       std::ranges::find(op->fields, key) != op->fields.end();
    if (!known) return "field " + key;
  }
  const auto option = request.find("options");
  if (option != request.end() && option->is_array()) {
    for (const Json& word : *option) {
      if (word.is_string() &&
          std::ranges::find(kOptionWords, word.get<std::string>()) == kOptionWords.end()) {
        return "option " + word.get<std::string>();
      }
    }
  }
  return "";
}

}  // namespace

std::expected<WireRequest, WireFault> RequestFromLine(std::string_view line) {
  WireFault fault;
  const auto value = ParseJson(line, "request", kWireLineBytesMax);
  if (!value || !value->is_object()) {
    fault.text = value ? "a request is a JSON object" : value.error().Text();
    return std::unexpected(std::move(fault));
  }
  const Json& request = *value;
  WireRequest out;
  if (const auto id = request.find("id"); id != request.end() && id->is_number_unsigned()) {
    fault.id = out.id = id->get<std::uint64_t>();
    fault.id_known = true;
  }
  if (const auto op = request.find("op"); op != request.end() && op->is_string()) {
    out.op = op->get<std::string>();
  }
  if (std::string unknown = FirstUnknown(request, out); !unknown.empty()) {
    fault.outcome = Outcome::kUnsupported;
    fault.text = std::move(unknown);
    return std::unexpected(std::move(fault));
  }
  const JsonPlace place{nullptr, "request"};
  JsonFields fields(request, place);
  PartReader parts;
  ReadFields(fields, out, parts);
  if (!fields.ok()) {
    fault.text = std::move(fields).error().Text();
    return std::unexpected(std::move(fault));
  }
  if (parts.error) {
    fault.outcome = Outcome::kUnsupported;
    fault.text = parts.error->Text();
    return std::unexpected(std::move(fault));
  }
  return out;
}

std::string AnswerLine(const Answer& answer, std::uint64_t id) {
  Json out = {{"id", id}};
  switch (answer.outcome) {
    case Outcome::kOk:
      out["outcome"] = "ok";
      break;
    case Outcome::kRefused:
      out["outcome"] = "refused";
      out["kind"] = answer.error_kind;
      out["message"] = answer.error_message;
      if (!answer.error_place.empty()) out["place"] = answer.error_place;
      if (!answer.error_remedy.empty()) out["remedy"] = answer.error_remedy;
      break;
    case Outcome::kUnsupported:
      return FaultLine({id, true, Outcome::kUnsupported, answer.error_message});
    default:
      return FaultLine({id, true, Outcome::kWorkerError,
                        std::string(OutcomeName(answer.outcome)) + ": " + answer.error_message});
  }
  Json warnings = Json::array();
  for (const ReportLine& line : answer.reports) {
    warnings.push_back({{"kind", line.kind}, {"text", line.text}});
    if (!line.subject.empty()) warnings.back()["subject"] = line.subject;
  }
  out["warnings"] = std::move(warnings);
  out["variables"] = TensorsToWire(answer.variables);
  if (!answer.variables_before.empty()) {
    out["variables_before"] = TensorsToWire(answer.variables_before);
  }
  if (answer.prediction.size() > 0) {
    out["prediction"] = TensorToWire(answer.prediction);
    out["repeatable"] = answer.repeatable;
  }
  if (answer.prediction_before.size() > 0) {
    out["prediction_before"] = TensorToWire(answer.prediction_before);
  }
  if (answer.account) {
    Json sources = Json::array(), unused = Json::array();
    for (const auto& [variable, path] : answer.account->sources) {
      sources.push_back({{"id", variable}, {"path", path}});
    }
    for (const auto& [path, role] : answer.account->unused) {
      unused.push_back({{"path", path}, {"role", role}});
    }
    out["account"] = {{"sources", std::move(sources)}, {"unused", std::move(unused)}};
  }
  if (!answer.process_before.empty()) {
    out["process"] = {{"before", answer.process_before}, {"after", answer.process_after}};
  }
  if (answer.resave) {
    const bool ok = *answer.resave == Outcome::kOk;
    out["resave"] = {{"outcome", ok ? "ok" : "refused"}, {"message", answer.resave_message}};
  }
  return DumpJson(out);
}

std::string DescriptionLine(const Description& d, std::uint64_t id) {
  const Space space = SpellOut(d.space);
  Json out = {{"id", id},
              {"outcome", "ok"},
              {"protocol", kWorkerProtocol},
              {"name", d.name},
              {"version", d.version},
              {"backend", d.backend},
              {"space",
               {{"layers", space.layers},
                {"formats", space.formats},
                {"dialects", space.dialects},
                {"modes", space.modes},
                {"steps", space.steps},
                {"hostile", space.hostile}}},
              {"reads", d.reads},
              {"dtypes", d.dtypes},
              {"promises", d.promises},
              {"options", d.load_options},
              {"accounts", d.makes_reports},
              {"remedies", d.errors_help_is_clause}};
  return DumpJson(out);
}

std::string FaultLine(const WireFault& fault) {
  Json out = {{"id", fault.id_known ? Json(fault.id) : Json()}};
  const bool unsupported = fault.outcome == Outcome::kUnsupported;
  out["outcome"] = unsupported ? "unsupported" : "worker_error";
  out[unsupported ? "what" : "traceback"] = fault.text;
  return DumpJson(out);
}

}  // namespace weightproof
