#include "harness/testee/builtin.h"

#include <algorithm>
#include <utility>

#include "harness/case/json.h"
#include "harness/testee/session_guard.h"
#include "model/spec/layer_schema.h"

namespace weightproof {
namespace {

Answer Refusal(const Error& error) {
  Answer answer;
  answer.outcome = Outcome::kRefused;
  answer.error_kind = ErrorKindName(error.kind);
  answer.error_place = error.place;
  answer.error_message = error.message;
  answer.error_remedy = error.remedy;
  return answer;
}

Answer Unsupported(std::string what) {
  Answer answer;
  answer.outcome = Outcome::kUnsupported;
  answer.error_message = std::move(what);
  return answer;
}

std::optional<Format> FormatOf(RouteFormat format) {
  switch (format) {
    case RouteFormat::kLegacyH5:
      return Format::kLegacyH5;
    case RouteFormat::kLegacyH5Model:
      return Format::kLegacyH5Model;
    case RouteFormat::kWeightsH5:
      return Format::kWeightsH5;
    case RouteFormat::kKerasArchive:
      return std::nullopt;
  }
  return std::nullopt;
}

LoadOptions OptionsOf(const LoadRequest& request) {
  LoadOptions options;
  options.by_name = request.by_name;
  options.skip_mismatch = request.skip_mismatch;
  options.partial = request.partial;
  options.trust_auto_names = request.trust_auto_names;
  options.assume_order = request.assume_order;
  options.allow_narrowing = request.allow_narrowing;
  return options;
}

void TakeReport(const LoadReport& report, Answer& answer) {
  Account account;
  for (const LoadedVariable& variable : report.variables) {
    account.sources.emplace_back(variable.id, variable.source);
  }
  for (const UnusedTensor& tensor : report.unused) {
    account.unused.emplace_back(tensor.path, TensorRoleName(tensor.role));
  }
  for (const Note& note : report.notes) {
    answer.reports.push_back({std::string(NoteKindName(note.kind)), note.subject, note.text});
  }
  answer.account = std::move(account);
}

}  // namespace

BuiltinTestee::BuiltinTestee(std::string name, FreshSession fresh) : fresh_(fresh) {
  description_.name = std::move(name);
  description_.version = "0.1.0";
  description_.backend = "eigen";
  description_.dtypes = {"float32"};
  description_.promises = {"pairs-by-position", "pairs-by-name", "refusal-changes-nothing",
                           "accounts-for-everything"};
  description_.load_options = {"trust_auto_names", "assume_order", "allow_narrowing"};
  description_.makes_reports = true;
  description_.errors_help_is_clause = true;
  description_.space.formats = {"legacy_h5", "legacy_h5_model", "weights_h5"};
}

Result<ModelPlan> PlayPrograms(const BuildRequest& request) {
  if (request.plan != nullptr) return *request.plan;
  NameCounters counters;
  for (const Program& program : request.before) {
    const Result<ModelPlan> plan = Interpret(*program.architecture, *program.build, counters);
    if (!plan) return plan;
    counters = plan->counters_after;
  }
  return Interpret(*request.program.architecture, *request.program.build, counters);
}

Status SetVariables(Network& network, const std::vector<NamedTensor>& values) {
  for (const NamedTensor& value : values) {
    const int index = network.IndexOf(value.id);
    if (index < 0 ||
        network.variables()[static_cast<std::size_t>(index)].shape() != value.tensor.shape()) {
      return Fail(ErrorKind::kInvalidBuild, value.id,
                  "the model has no variable of that id and shape",
                  "hand out values by the ids of this model's plan");
    }
    network.variables()[static_cast<std::size_t>(index)] = value.tensor;
  }
  return {};
}

std::vector<NamedTensor> GetVariables(const Network& network) {
  std::vector<NamedTensor> values;
  const std::vector<const VariablePlan*>& plans = network.variable_plans();
  values.reserve(plans.size());
  for (std::size_t i = 0; i < plans.size(); ++i) {
    values.push_back({plans[i]->id, network.variables()[i]});
  }
  return values;
}

// A step of real loaders that model/ has nothing for; "" when there is none.
static std::string_view UnsupportedStep(const Build& build) {
  for (const Step& step : build) {
    if (step.op == StepOp::kCompile || step.op == StepOp::kOwnState || step.op == StepOp::kLora ||
        step.op == StepOp::kQuantize || step.op == StepOp::kVocabulary ||
        (step.op == StepOp::kPolicy && step.class_name != "float32")) {
      return StepOpName(step.op);
    }
    if (step.op == StepOp::kNest && step.nest != NestHow::kSequential)
      return "nest as another kind";
    if (step.keep != KeepHow::kAttributes) return "keep in a container";
  }
  return "";
}

Result<Network> BuiltinTestee::Make(const BuildRequest& request) {
  const std::string_view step = UnsupportedStep(*request.program.build);
  if (!step.empty()) {
    return Fail(ErrorKind::kOptionNotSupported, "build", "step " + std::string(step),
                "leave the step out");
  }
  Result<ModelPlan> plan = PlayPrograms(request);
  if (!plan) return std::unexpected(std::move(plan).error());
  return Network::Create(*std::move(plan));
}

Status BuiltinTestee::SaveNetwork(const Network& network, const std::string& path, Format format,
                                  const SaveOptions& options) {
  return SaveWeights(network, path, format, options);
}

Result<LoadReport> BuiltinTestee::LoadNetwork(Network& network, const std::string& path,
                                              const LoadOptions& options) {
  return LoadWeights(network, path, options);
}

Result<LoadedModel> BuiltinTestee::LoadWholeModel(const std::string& path,
                                                  const LoadOptions& options) {
  return LoadModel(path, options);
}

Result<Tensor> BuiltinTestee::Predict(const Network& network, const Tensor& inputs, bool) {
  return network.Predict(inputs);
}

void BuiltinTestee::Report(Answer&, const LoadRequest&) {}

Answer BuiltinTestee::SaveHere(const SaveRequest& request) {
  const std::optional<Format> format = FormatOf(request.format);
  if (!format) return Unsupported("format keras_archive");
  if (request.sharded) return Unsupported("sharded weights");
  Result<Network> network = Make(request.build);
  if (!network) return Unsupported(network.error().Text());
  if (const Status set = SetVariables(*network, *request.weights); !set)
    return Refusal(set.error());
  const Result<Tensor> prediction = Predict(*network, *request.inputs, false);
  if (!prediction) return Unsupported(prediction.error().Text());
  SaveOptions options;
  options.overwrite = request.overwrite;
  const Status saved = SaveNetwork(*network, request.path, *format, options);
  Answer answer = saved ? Answer{} : Refusal(saved.error());
  answer.variables = GetVariables(*network);
  answer.prediction = *prediction;
  return answer;
}

Answer BuiltinTestee::AssignHere(const AssignRequest& request) {
  Result<Network> network = Make(request.build);
  if (!network) return Unsupported(network.error().Text());
  if (const Status set = SetVariables(*network, *request.weights); !set)
    return Refusal(set.error());
  Result<Tensor> prediction = Predict(*network, *request.inputs, false);
  if (!prediction) return Unsupported(prediction.error().Text());
  Answer answer;
  answer.variables = GetVariables(*network);
  answer.prediction = *std::move(prediction);
  return answer;
}

Answer BuiltinTestee::LoadModelHere(const LoadRequest& request, const LoadOptions& options) {
  Result<LoadedModel> loaded = LoadWholeModel(request.path, options);
  if (!loaded) return Refusal(loaded.error());
  Result<Tensor> prediction = Predict(loaded->network, *request.inputs, true);
  if (!prediction) return Unsupported(prediction.error().Text());
  Answer answer;
  TakeReport(loaded->report, answer);
  answer.variables = GetVariables(loaded->network);
  answer.prediction = *std::move(prediction);
  Report(answer, request);
  return answer;
}

Answer BuiltinTestee::LoadHere(const LoadRequest& request) {
  const LoadOptions options = OptionsOf(request);
  if (request.load_as == LoadAs::kModel) return LoadModelHere(request, options);
  Result<Network> network = Make(request.build);
  if (!network) return Unsupported(network.error().Text());
  if (const Status set = SetVariables(*network, *request.initial); !set)
    return Refusal(set.error());
  std::vector<NamedTensor> before = GetVariables(*network);
  Result<Tensor> prediction_before = Predict(*network, *request.inputs, false);
  if (!prediction_before) return Unsupported(prediction_before.error().Text());

  const Result<LoadReport> report = LoadNetwork(*network, request.path, options);
  Answer answer = report ? Answer{} : Refusal(report.error());
  if (report) TakeReport(*report, answer);
  Result<Tensor> prediction = Predict(*network, *request.inputs, true);
  if (!prediction) return Unsupported(prediction.error().Text());
  answer.prediction = *std::move(prediction);
  answer.prediction_before = *std::move(prediction_before);
  answer.variables = GetVariables(*network);
  answer.variables_before = std::move(before);
  if (report && !request.resave_path.empty()) {
    const std::optional<Format> format = FormatOf(request.format);
    const Status saved = SaveNetwork(*network, request.resave_path, *format, {});
    answer.resave = saved ? Outcome::kOk : Outcome::kRefused;
    if (!saved) answer.resave_message = saved.error().Text();
  }
  Report(answer, request);
  return answer;
}

Answer BuiltinTestee::InSession(const SessionSpec& session,
                                const std::function<Answer()>& work) const {
  return session.fresh && fresh_ == FreshSession::kChildProcess ? InChildProcess(work) : work();
}

Answer BuiltinTestee::Save(const SaveRequest& request) {
  const auto work = [&] {
    const SessionGuard session(request.build.session, request.build.directory, request.path);
    return SaveHere(request);
  };
  return InSession(request.build.session, work);
}

Answer BuiltinTestee::Load(const LoadRequest& request) {
  const auto work = [&] {
    const SessionGuard session(request.build.session, request.build.directory, request.path);
    return LoadHere(request);
  };
  return InSession(request.build.session, work);
}

Answer BuiltinTestee::Assign(const AssignRequest& request) {
  const SessionGuard session(request.build.session, request.build.directory, "");
  return AssignHere(request);
}

}  // namespace weightproof
