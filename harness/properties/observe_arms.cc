#include "harness/properties/observe_arms.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include "harness/oracle/legacy_names.h"
#include "model/checkpoint/checkpoint.h"
#include "model/checkpoint/hdf5.h"
#include "model/spec/layer_schema.h"

namespace weightproof {
namespace {

// A short name in the same suffix class as `path`, so that nothing but the path differs.
std::string PlainName(std::string_view path, RouteFormat format) {
  constexpr std::array<std::string_view, 4> kSuffixes{".weights.h5", ".h5", ".hdf5", ".keras"};
  for (const std::string_view suffix : kSuffixes) {
    if (path.ends_with(suffix)) return "plain" + std::string(suffix);
  }
  switch (format) {
    case RouteFormat::kWeightsH5:
      return "plain.weights.h5";
    case RouteFormat::kKerasArchive:
      return "plain.keras";
    default:
      return "plain.h5";
  }
}

bool IsPlain(const PathSpec& path) {
  PathSpec plain;
  plain.text = path.text;
  return path == plain && path.text.size() < 16 &&
         std::ranges::all_of(
             path.text,
             [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.'; });
}

bool SameNames(const ObjectPlan& a, const ObjectPlan& b) {
  return std::ranges::equal(a.layers, b.layers, [](const ObjectPlan& x, const ObjectPlan& y) {
    return x.name == y.name && SameNames(x, y);
  });
}

bool IsPlain(const SessionSpec& session) { return session == SessionSpec{}; }

Format ModelFormat(RouteFormat format) {
  switch (format) {
    case RouteFormat::kWeightsH5:
      return Format::kWeightsH5;
    case RouteFormat::kLegacyH5Model:
      return Format::kLegacyH5Model;
    default:
      return Format::kLegacyH5;
  }
}

// Which given names a plain build keeps: in a file any name is free but one that looks automatic,
// and the counters of the others depend on how many are given.
enum class Naming { kNone, kAutomaticLooks, kAll };

bool KeepsName(const Step& step, Naming naming) {
  return naming == Naming::kAll ||
         (naming == Naming::kAutomaticLooks && !AutomaticNameClass(step.name).empty());
}

// The build itself with fewer given names.
Build Renamed(Build build, Naming naming) {
  std::erase_if(build, [naming](const Step& step) {
    return step.op == StepOp::kName && !KeepsName(step, naming);
  });
  return build;
}

// Whether a layer at this place is one that an object of a person's own class has an attribute for.
bool KeptByOwnClass(const Build& build, int at) {
  return std::ranges::any_of(build, [at](const Step& nest) {
    const bool own = nest.nest == NestHow::kSubclass || nest.nest == NestHow::kLayer;
    return nest.op == StepOp::kNest && own && nest.begin < at && at < nest.end;
  });
}

// The steps that say which model it is, how it is `nested` if asked, and a list.
Build PlainestBuild(const Build& build, bool nested, Naming naming) {
  Build plain;
  for (const Step& step : build) {
    const bool name = step.op == StepOp::kName && KeepsName(step, naming) &&
                      (nested || step.target != TargetKind::kNest);
    const bool kept = nested && step.op == StepOp::kNoop && KeptByOwnClass(build, step.begin);
    if (kept || step.op == StepOp::kSet || step.op == StepOp::kExchange ||
        step.op == StepOp::kRemove || step.op == StepOp::kInsert || name ||
        (nested && step.op == StepOp::kNest)) {
      plain.push_back(step);
    }
  }
  plain.emplace_back();
  return plain;
}

// The first part of a path in the file.
std::string_view FirstPart(std::string_view path) { return path.substr(0, path.find('/')); }

// The attributes of a subclass model whose layers with weights lie in `file` where they were taken
// from; computing layers without weights take the empty groups there are, if asked. Names that no
// group has are such that libraries visit after `layers`.
std::vector<std::string> AttributesOf(const ModelPlan& plan, const Group& file,
                                      const Account& account, bool take_empty_groups) {
  std::vector<std::string_view> empty;
  for (const Child& child : file.children) {
    const Child* vars = child.group() == nullptr ? nullptr : child.group()->Find("vars");
    const bool holds_none = vars != nullptr && vars->group() != nullptr &&
                            vars->group()->children.empty() && child.group()->children.size() == 1;
    if (take_empty_groups && holds_none) empty.push_back(child.name);
  }
  std::ranges::reverse(empty);
  std::vector<std::string> attributes;
  for (const ObjectPlan& layer : plan.model.layers) {
    if (layer.class_name == "InputLayer") continue;
    const std::vector<const VariablePlan*> variables = Variables(layer);
    std::string attribute = "z" + std::to_string(attributes.size());
    if (variables.empty() && !empty.empty()) {
      attribute = empty.back();
      empty.pop_back();
    }
    for (const auto& [id, source] : account.sources) {
      if (variables.empty() || id != variables[0]->id || source.empty()) continue;
      if (FirstPart(source) != "layers") attribute = FirstPart(source);
    }
    attributes.push_back(std::move(attribute));
  }
  return attributes;
}

std::string DifferenceOfFiles(const std::string& a_path, const std::string& b_path,
                              bool bytes_too) {
  std::string a, b;
  if (!ReadFile(a_path, &a) || !ReadFile(b_path, &b)) return "one of the two files is not there";
  if (a == b) return "";
  const Result<Group> first = ReadHdf5(AsBytes(a), a_path);
  const Result<Group> second = ReadHdf5(AsBytes(b), b_path);
  if (!first || !second) return "one of the two files cannot be read";
  const std::string difference = FirstDifference(*first, *second);
  if (difference.empty() && bytes_too) return "the same content in other bytes";
  return difference;
}

}  // namespace

std::string Player::PlainPath(std::string_view path) const {
  if (c_.route.sharded) return directory_ + "/plain.weights.json";
  return directory_ + "/" + PlainName(path, c_.route.format);
}

void Player::PlayExtraArms() {
  // A loader that this file ended would be ended, or waited for, by every arm.
  constexpr std::array kEnds = {Outcome::kCrashed, Outcome::kTimedOut, Outcome::kOutOfMemory};
  if (std::ranges::find(kEnds, o_.load.outcome) != kEnds.end()) return;
  if (o_.save.outcome == Outcome::kOk && !o_.saved_elsewhere) {
    if (Asked("loud-or-right")) {
      PlayCleanLoad();
      PlayUndetectable();
    }
    if (Asked("same-code-same-answer")) PlayPlainSession();
    // What overwrites a file is asked every time.
    const PathSetup setup = c_.route.path.setup;
    const bool over = setup == PathSetup::kExistingFile || setup == PathSetup::kExistingCheckpoint;
    const unsigned one_in = over ? 1 : 4;
    if (Sampled("saving-repeats", one_in) && !o_.given) PlaySavingRepeats();
    if (Asked("errors-help")) PlayRemedy();
    if (Asked("round-trips")) PlayUncompiled();
  }
  if (Asked("path-never-matters") && !o_.given) PlayPlainPath();
}

// What the load says when nothing is wrong (the writer's own build, its own file): a report counts
// only if it is not said here too.
void Player::PlayCleanLoad() {
  if (o_.load.outcome != Outcome::kOk || o_.load.reports.empty()) return;
  const std::string path = PlainPath(o_.load_path);
  if (writer_.Save(SaveTo(path)).outcome != Outcome::kOk) return;
  LoadRequest request = LoadFrom(path);
  request.build = WriterBuildForReader();
  request.initial = &o_.saved;
  request.is_control = !c_.route.sharded;
  o_.clean_load = reader_.Load(request);
  RemoveTree(path);
}

// Only worth asking when a load was accepted and is not right.
void Player::PlayUndetectable() {
  if (o_.load.outcome != Outcome::kOk || !o_.tree || !o_.file_refused.empty()) return;
  const bool right = WrongVariables(o_, o_.load).empty() &&
                     SamePrediction(o_.load.prediction, o_.control.prediction) &&
                     (!o_.truth || o_.truth->owed.empty());
  if (right) return;
  o_.could_have_written = CouldHaveWritten(FilePlan());
  // The same architecture under other names, or built in the plainest ways, may have written what
  // this build would not.
  for (const Naming naming : {Naming::kAutomaticLooks, Naming::kNone, Naming::kAll}) {
    for (const Build& build :
         {Renamed(reader_build_, naming), PlainestBuild(reader_build_, true, naming),
          PlainestBuild(reader_build_, false, naming)}) {
      if (o_.could_have_written) return;
      const Result<ModelPlan> plan = Interpret(written_, build);
      o_.could_have_written = plan && CouldHaveWritten(*plan);
    }
  }
  o_.could_have_written = o_.could_have_written || SubclassCouldHaveWritten();
}

// What a subclass model calls its layers is a free choice that the file shows, and so is what does
// nothing among them.
bool Player::SubclassCouldHaveWritten() const {
  if (c_.route.format != RouteFormat::kWeightsH5 || !o_.load.account) return false;
  Build build = PlainestBuild(reader_build_, true, Naming::kAll);
  for (std::size_t i = 0; i < c_.architecture.layers.size(); ++i) {
    const LayerSpec& layer = c_.architecture.layers[i];
    const bool removed = std::ranges::any_of(build, [i](const Step& step) {
      return step.op == StepOp::kRemove && step.layer == static_cast<int>(i);
    });
    if (removed || !IsNoOp(layer.class_name, layer.config)) continue;
    Step remove;
    remove.op = StepOp::kRemove;
    remove.layer = static_cast<int>(i);
    build.insert(build.end() - 1, std::move(remove));
  }
  const Result<ModelPlan> list = Interpret(written_, build);
  if (!list) return false;
  build.back().how = AssembleHow::kSubclass;
  build.back().input = InputHow::kCall;
  for (const bool take_empty_groups : {true, false}) {
    build.back().attributes = AttributesOf(*list, *o_.tree, *o_.load.account, take_empty_groups);
    const Result<ModelPlan> subclass = Interpret(written_, build);
    if (subclass && CouldHaveWritten(*subclass)) return true;
  }
  return false;
}

bool Player::CouldHaveWritten(const ModelPlan& plan) const {
  std::vector<Tensor> values;
  for (const VariablePlan* variable : Variables(plan.model)) {
    const Tensor* value = FindTensor(o_.load.variables, variable->id);
    if (value == nullptr) return false;
    values.push_back(*value);
  }
  Result<Group> own = Encode(ModelFormat(c_.route.format), plan, values);
  // A load of weights sees no more of a whole model than of its weights, which any build can write.
  if (!own && c_.route.format == RouteFormat::kLegacyH5Model) {
    own = Encode(Format::kLegacyH5, plan, values);
  }
  return own && weightproof::CouldHaveWritten(*o_.tree, *own, plan);
}

// Whether a whole model is refused over its optimizer or loss: the same model, never compiled.
void Player::PlayUncompiled() {
  const auto compiles = [](const Step& step) { return step.op == StepOp::kCompile; };
  if (o_.load.outcome != Outcome::kRefused || c_.route.load_as != LoadAs::kModel ||
      std::ranges::none_of(c_.writer.build, compiles)) {
    return;
  }
  Build plain = c_.writer.build;
  std::erase_if(plain, compiles);
  const std::string path = PlainPath(o_.load_path);
  SaveRequest save = SaveTo(path);
  save.build.program.build = &plain;
  if (writer_.Save(save).outcome != Outcome::kOk) return;
  o_.uncompiled_load = reader_.Load(LoadFrom(path));
  RemoveTree(path);
}

void Player::PlayPlainPath() {
  const PathSpec& target = c_.route.load_path ? *c_.route.load_path : c_.route.path;
  if (IsPlain(c_.route.path) && IsPlain(target)) return;
  const std::string path = PlainPath(c_.route.path.text);
  o_.plain_path_save = writer_.Save(SaveTo(path));
  if (o_.plain_path_save->outcome != Outcome::kOk || o_.save.outcome != Outcome::kOk ||
      o_.saved_elsewhere) {
    return;
  }
  if (!c_.damage.empty() && !WriteFile(path, AsBytes(file_))) return;
  // The suffix of the path that is loaded from: by it libraries choose a format.
  const std::string from = c_.route.sharded ? path : PlainPath(target.text);
  std::error_code error;
  if (from != path) std::filesystem::rename(path, from, error);
  if (error) return;
  o_.plain_path_load = reader_.Load(LoadFrom(from));
  ++result_.round_trips;
  RemoveTree(from);
}

void Player::PlayPlainSession() {
  const SessionSpec& session = c_.reader.session;
  if (session.load_twice) {
    o_.load_again = reader_.Load(LoadFrom(o_.load_path));
    ++result_.round_trips;
  }
  if (IsPlain(session) && IsPlain(c_.writer.session)) return;
  // A session of its own, nothing made before, loading from an absolute path.
  const PathSpec& target = c_.route.load_path ? *c_.route.load_path : c_.route.path;
  LoadRequest request = LoadFrom(Where(target, session).actual);
  const SessionSpec plain;
  request.build.session = plain;
  request.build.before.clear();
  const Result<ModelPlan> plan = Interpret(read_, reader_build_);
  if (!plan) return;
  // By name, automatic names that earlier models have counted on are other names.
  if (c_.route.by_name && !SameNames(plan->model, o_.reader_plan.model)) return;
  request.build.plan = &*plan;
  o_.other_session_load = reader_.Load(request);
  ++result_.round_trips;
}

void Player::PlaySavingRepeats() {
  if (c_.route.sharded) return;
  const bool ours = o_.writer->makes_reports;
  const ResolvedPath first = Resolve(c_.route.path, c_.writer.session, directory_);
  const std::string plain = PlainName(o_.save_path, c_.route.format);
  const std::string again = directory_ + "/again-" + plain;
  o_.save_again = writer_.Save(SaveTo(again));
  const bool touched = !c_.damage.empty();
  if (o_.save_again->outcome == Outcome::kOk && !touched && IsOneFile()) {
    o_.saved_twice_difference = DifferenceOfFiles(first.actual, again, ours);
  }
  // Loaded by the writer's own program and saved again: the same content, names included. Another
  // library has names of its own.
  if (o_.save_again->outcome == Outcome::kOk && !o_.two_libraries &&
      c_.route.load_as == LoadAs::kWeights && IsOneFile()) {
    LoadRequest request = LoadFrom(again);
    request.build = WriterBuild();
    const std::vector<NamedTensor> others = o_.initial;
    const bool same_ids =
        std::ranges::equal(others, o_.saved, {}, &NamedTensor::id, &NamedTensor::id);
    request.initial = same_ids && o_.same_model ? &others : &o_.saved;
    request.by_name = request.skip_mismatch = request.partial = false;
    request.resave_path = directory_ + "/resaved-" + plain;
    const Answer loaded = reader_.Load(request);
    ++result_.round_trips;
    if (loaded.outcome == Outcome::kOk && loaded.resave == Outcome::kOk) {
      o_.resaved_difference = DifferenceOfFiles(again, request.resave_path, ours);
    }
    RemoveTree(request.resave_path);
  }
  RemoveTree(again);
}

// If the refusal names an option, the same load with that option must get further.
void Player::PlayRemedy() {
  if (o_.load.outcome != Outcome::kRefused || !o_.reader->errors_help_is_clause) return;
  LoadRequest request = LoadFrom(o_.load_path);
  const std::array<std::pair<std::string_view, bool*>, 6> options{{
      {"assume_order", &request.assume_order},
      {"trust_auto_names", &request.trust_auto_names},
      {"allow_narrowing", &request.allow_narrowing},
      {"skip_mismatch", &request.skip_mismatch},
      {"partial", &request.partial},
      {"by_name", &request.by_name},
  }};
  for (const auto& [name, option] : options) {
    if (!o_.load.error_remedy.contains(name)) continue;
    // "load without by_name", "load by order, or ..." take an option back.
    *option = !o_.load.error_remedy.contains("without " + std::string(name));
    if (!o_.remedy_option.empty()) o_.remedy_option += " and ";
    o_.remedy_option += name;
  }
  if (!o_.remedy_option.empty()) o_.remedied_load = reader_.Load(request);
}

}  // namespace weightproof
