#include "harness/properties/observe.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "harness/oracle/damage.h"
#include "harness/oracle/weights.h"
#include "harness/properties/observe_arms.h"
#include "harness/properties/paths.h"
#include "model/checkpoint/hdf5.h"

namespace weightproof {

std::span<const std::byte> AsBytes(const std::string& text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

bool Player::Fail(std::string* slot, std::string why) {
  *slot = std::move(why);
  return false;
}

bool Player::Plan() {
  Translate();
  // The writer's session: its own program played models_before times, then the program.
  // A worker that is to load twice does so by itself, into two models: names count on with the
  // first.
  const bool twice = c_.reader.session.load_twice && !reader_.Describe().makes_reports &&
                     c_.route.load_as == LoadAs::kWeights;
  const auto play = [&](const Side& side, const ArchitectureSpec& architecture, const Build& build,
                        NameCounters counters, std::vector<Program>* before) -> Result<ModelPlan> {
    const int earlier = side.session.models_before;
    for (int i = 0; i < earlier + (twice && &side == &c_.reader ? 1 : 0); ++i) {
      const Result<ModelPlan> thrown_away = Interpret(architecture, build, counters);
      if (!thrown_away) return thrown_away;
      counters = thrown_away->counters_after;
      if (i < earlier) before->push_back({&architecture, &build});
    }
    return Interpret(architecture, build, counters);
  };
  Result<ModelPlan> writer = play(c_.writer, written_, c_.writer.build, {}, &writer_before_);
  if (!writer) return Fail(&result_.unsupported, "writer's build: " + writer.error().Text());

  reader_build_ = c_.reader.build;
  if (c_.route.load_as == LoadAs::kModel) {
    reader_build_ = c_.writer.build;
    Step rebuild;
    rebuild.op = StepOp::kRebuild;
    reader_build_.push_back(std::move(rebuild));
  }
  NameCounters counters;
  // Two libraries never share a session.
  if (!c_.reader.session.fresh && !o_.two_libraries) {
    reader_before_ = writer_before_;
    reader_before_.push_back({&written_, &c_.writer.build});
    counters = writer->counters_after;
  }
  Result<ModelPlan> reader =
      play(c_.reader, read_, reader_build_, std::move(counters), &reader_before_);
  if (!reader) return Fail(&result_.unsupported, "reader's build: " + reader.error().Text());
  o_.same_model = NormalForm(*writer) == NormalForm(*reader);
  if (written_.dialect != read_.dialect) {
    if (!MeansTheSame(c_.writer.build, *writer, read_.dialect)) return false;
    if (!MeansTheSame(reader_build_, *reader, written_.dialect)) return false;
    std::vector<Program> unused;
    Result<ModelPlan> file_plan = play(c_.reader, written_, reader_build_, {}, &unused);
    if (!file_plan) return Fail(&result_.unsupported, "dialects: " + file_plan.error().Text());
    file_plan_ = *std::move(file_plan);
  }

  o_.c = &c_;
  o_.writer = &writer_.Describe();
  o_.reader = &reader_.Describe();
  o_.writer_plan = *std::move(writer);
  o_.reader_plan = *std::move(reader);
  o_.content_damaged = !ContentPreserving(c_.damage);
  o_.promise = LookUpPromise(c_.route.format, o_.writer_plan, o_.reader_plan);
  o_.names_may_refuse = NamesMayRefuse(o_.writer_plan, o_.reader_plan, c_.route);
  o_.saved = MakeWeights(o_.writer_plan, c_.weights);
  o_.initial = MakeWeights(o_.reader_plan, {c_.weights.seed + 1, Profile::kPlain});
  if (file_plan_) {
    for (const NamedTensor& saved : o_.saved) {
      o_.saved_as_read.push_back({saved.id, AsRead(saved.id, saved.tensor)});
    }
  }
  const bool merged =
      c_.route.format == RouteFormat::kWeightsH5 || c_.route.format == RouteFormat::kKerasArchive;
  if (merged && (HasLora(o_.writer_plan) || HasLora(o_.reader_plan))) {
    o_.saved_as_read = MergeLora(o_.writer_plan, o_.reader_plan, o_.saved);
  }
  inputs_ = MakeInputs(o_.writer_plan, c_.probe);
  more_inputs_ = MakeMoreInputs(o_.writer_plan, c_.probe);
  return true;
}

// Earlier models are spelt out in `before`.
static SessionSpec WithoutEarlierModels(SessionSpec session) {
  session.models_before = 0;
  return session;
}

BuildRequest Player::WriterBuild() const {
  return {{&written_, &c_.writer.build},
          writer_before_,
          WithoutEarlierModels(c_.writer.session),
          directory_,
          &o_.writer_plan};
}

BuildRequest Player::ReaderBuild() const {
  return {{&read_, &reader_build_},
          reader_before_,
          WithoutEarlierModels(c_.reader.session),
          directory_,
          &o_.reader_plan};
}

BuildRequest Player::WriterBuildForReader() const {
  BuildRequest request = WriterBuild();
  if (!o_.two_libraries) return request;
  request.program.architecture = &read_;
  request.before.clear();
  request.plan = nullptr;
  return request;
}

SaveRequest Player::SaveTo(const std::string& path) const {
  SaveRequest request;
  request.build = WriterBuild();
  request.weights = &o_.saved;
  request.format = c_.route.format;
  request.dialect = written_.dialect;
  request.path = path;
  request.overwrite = c_.route.overwrite;
  request.sharded = c_.route.sharded;
  request.inputs = &inputs_;
  request.more_inputs = &more_inputs_;
  return request;
}

LoadRequest Player::LoadFrom(const std::string& path) const {
  LoadRequest request;
  request.build = ReaderBuild();
  request.initial = &o_.initial;
  request.format = c_.route.format;
  request.load_as = c_.route.load_as;
  request.by_name = c_.route.by_name;
  request.skip_mismatch = c_.route.skip_mismatch;
  request.partial = c_.route.partial;
  request.path = path;
  request.inputs = &inputs_;
  request.more_inputs = &more_inputs_;
  return request;
}

// Of a `.weights.h5` that was asked for, the library says that it is overridden.
ResolvedPath Player::Where(const PathSpec& path, const SessionSpec& session) const {
  ResolvedPath where = Resolve(path, session, directory_);
  constexpr std::string_view kOneFile = ".weights.h5";
  if (!c_.route.sharded || !where.actual.ends_with(kOneFile)) return where;
  where.actual.replace(where.actual.size() - kOneFile.size(), kOneFile.size(), ".weights.json");
  return where;
}

// As if the writer had saved it where the reader looks.
bool Player::TakeGivenFile() {
  o_.given = true;
  o_.content_damaged = true;
  file_ = *options_.file;
  const PathSpec& target = c_.route.load_path ? *c_.route.load_path : c_.route.path;
  PathSpec there = target;
  if (there.setup != PathSetup::kSymlink) there.setup = PathSetup::kNone;
  const ResolvedPath path = Where(there, c_.reader.session);
  if (const Status ready = Prepare(there, c_.reader.session, path, directory_); !ready) {
    return Fail(&result_.unsupported, "path: " + ready.error().Text());
  }
  o_.save_path = o_.load_path = path.spoken;
  if (WriteFile(path.actual, AsBytes(file_))) return true;
  return Fail(&result_.harness_error, "cannot write " + path.actual);
}

bool Player::Save() {
  if (options_.file != nullptr) return TakeGivenFile();
  const Route& route = c_.route;
  const ResolvedPath path = Where(route.path, c_.writer.session);
  if (const Status ready = Prepare(route.path, c_.writer.session, path, directory_); !ready) {
    return Fail(&result_.unsupported, "path: " + ready.error().Text());
  }
  o_.save_path = path.spoken;
  o_.save_must_fail = CannotBeWritten(route.path) || NamesCollide(o_.writer_plan, route.format) ||
                      (!route.overwrite && (route.path.setup == PathSetup::kExistingFile ||
                                            route.path.setup == PathSetup::kExistingCheckpoint));
  if (route.path.setup == PathSetup::kExistingCheckpoint) {
    const std::vector<NamedTensor> older =
        MakeWeights(o_.writer_plan, {c_.weights.seed + 2, Profile::kPlain});
    SaveRequest request = SaveTo(path.spoken);
    request.weights = &older;
    request.overwrite = true;
    writer_.Save(request);
  }
  o_.save = writer_.Save(SaveTo(path.spoken));
  if (o_.save.outcome == Outcome::kUnsupported) {
    return Fail(&result_.unsupported, "save: " + o_.save.error_message);
  }
  if (o_.save.outcome != Outcome::kOk) return true;
  if (!ReadFile(path.actual, &file_)) {
    o_.saved_elsewhere = true;
    return true;
  }
  return Transport(path);
}

// Damages the file and takes it to where the reader looks for it.
bool Player::Transport(const ResolvedPath& saved) {
  const PathSpec& target = c_.route.load_path ? *c_.route.load_path : c_.route.path;
  const ResolvedPath path = Where(target, c_.reader.session);
  o_.load_path = c_.route.sharded ? path.actual : path.spoken;
  bool moved = false;
  if (IsHostile(c_)) {
    if (!MakeHostileFile()) return false;
    moved = true;
  } else if (!c_.damage.empty()) {
    if (!ReadTree()) return false;
    if (!DamageFile()) return false;
    moved = true;
  }
  if (path.actual != saved.actual) {
    PathSpec there = target;
    if (there.setup != PathSetup::kSymlink) there.setup = PathSetup::kNone;
    if (const Status ready = Prepare(there, c_.reader.session, path, directory_); !ready) {
      return Fail(&result_.unsupported, "path: " + ready.error().Text());
    }
    moved = true;
  }
  if (moved && !WriteFile(path.actual, AsBytes(file_))) {
    // A path that no file can have; a save there was refused or never asked for.
    if (CannotBeWritten(target))
      return Fail(&result_.unsupported, "no file can be at " + target.text);
    return Fail(&result_.harness_error, "cannot write " + path.actual);
  }
  return true;
}

bool Player::ReadTree() {
  if (o_.tree) return true;
  Result<Group> tree = ReadHdf5(AsBytes(file_), o_.load_path);
  // A real library may write what the strict reader does not read.
  if (!tree && tree.error().kind == ErrorKind::kForbiddenFeature && c_.damage.empty() &&
      !o_.given) {
    tree = ReadHdf5WithLibrary(AsBytes(file_), o_.load_path);
  }
  if (!tree && o_.given) o_.file_refused = tree.error().Text();
  if (!tree) {
    o_.saved_unreadable = true;
    return false;
  }
  o_.tree = *std::move(tree);
  return true;
}

// Ids and shapes: where they agree, a load that sets each variable is right for another model too.
static bool SameVariables(const std::vector<NamedTensor>& a, const std::vector<NamedTensor>& b) {
  return a.size() == b.size() && std::ranges::all_of(a, [&b](const NamedTensor& x) {
           const Tensor* other = FindTensor(b, x.id);
           return other != nullptr && other->shape() == x.tensor.shape();
         });
}

// The same layers in another order: `.weights.h5` keeps the order inside a class only, so the file
// shows no difference. An Activation may be one that does nothing.
static bool SameClasses(const ObjectPlan& a, const ObjectPlan& b) {
  const auto classes = [](const ObjectPlan& model) {
    std::multiset<std::string> names;
    for (const ObjectPlan* layer : ComputingLayers(model)) {
      if (layer->class_name != "Activation") names.insert(layer->class_name);
    }
    return names;
  };
  return classes(a) == classes(b);
}

static std::vector<std::string> NamesOf(const ObjectPlan& object) {
  std::vector<std::string> names;
  for (const ObjectPlan& layer : object.layers) {
    names.push_back(layer.name);
    std::ranges::copy(NamesOf(layer), std::back_inserter(names));
  }
  return names;
}

// A model's config states every name in it.
static void GiveNames(ObjectPlan& object) {
  object.name_given = true;
  for (ObjectPlan& layer : object.layers) GiveNames(layer);
}

bool Player::Load() {
  const bool differs = !o_.same_model || o_.content_damaged || c_.route.by_name ||
                       c_.route.skip_mismatch || c_.route.partial || o_.names_may_refuse ||
                       o_.promise != Promise::kAccept;
  const bool decode = differs && IsOneFile() && !IsHostile(c_);
  if (decode && !ReadTree()) {
    if (!o_.given) return false;
    o_.saved_unreadable = false;  // the load is asked all the same
  }
  // Read for an account or for its layout only, what cannot be read is left to the load: its answer
  // is the same whether this case is in the sample or not.
  const bool layout = options_.clause == "round-trips" && !o_.reader->makes_reports;
  if (IsOneFile() && !IsHostile(c_) && (Sampled("accounts-for-everything", 2) || layout) &&
      !ReadTree()) {
    o_.saved_unreadable = false;
  }
  // A whole model is read as it was written, by the flags that its own config tells.
  if (decode && o_.tree) {
    ModelPlan plan = FilePlan();
    if (c_.route.load_as == LoadAs::kModel) {
      plan = o_.writer_plan;
      GiveNames(plan.model);
    }
    o_.truth = DecodeTruth(*o_.tree, plan, c_.route);
    for (auto& [id, value] : o_.truth->values) {
      if (file_plan_ && value) value = AsRead(id, *value);
    }
    if (!o_.same_model && !SameVariables(o_.saved, o_.initial) &&
        !(c_.route.format == RouteFormat::kWeightsH5 &&
          SameClasses(o_.writer_plan.model, o_.reader_plan.model))) {
      o_.truth->owed.push_back({std::string(kAnotherModel), NamesOf(o_.writer_plan.model)});
    }
  }

  o_.file_bytes = file_.size();
  if (!LoadWatched()) return false;
  if (o_.load.outcome == Outcome::kUnsupported) {
    return Fail(&result_.unsupported, "load: " + o_.load.error_message);
  }
  ++result_.round_trips;
  if (o_.load.outcome == Outcome::kOk && !IsHostileToReader()) {
    std::vector<NamedTensor> right;
    right.reserve(o_.initial.size());
    for (const NamedTensor& variable : o_.initial) {
      const Tensor* value = TrueValue(o_, variable.id);
      right.push_back({variable.id, value != nullptr ? *value : variable.tensor});
    }
    AssignRequest request{ReaderBuild(), &right, &inputs_, &more_inputs_};
    o_.control = reader_.Assign(request);
    if (o_.control.outcome != Outcome::kOk) {
      return Fail(&result_.unsupported, "control: " + o_.control.error_message);
    }
    CompareLibraries();
  }
  return true;
}

bool Player::Sampled(std::string_view clause, unsigned one_in) const {
  if (!options_.clause.empty()) return options_.clause == clause;
  if (o_.writer->makes_reports) return WeightHash(c_.weights.seed, clause, 0) % one_in == 0;
  // Members of a family have one seed.
  const Route& route = c_.route;
  const std::string about = std::string(clause) + (route.by_name ? ", by name" : "") +
                            (route.skip_mismatch ? ", skips" : "") +
                            (c_.damage.empty() ? "" : ", damaged") +
                            (route.load_path ? ", " + route.load_path->text : "");
  return WeightHash(c_.weights.seed, about, c_.reader.build.size()) % one_in == 0;
}

ObserveResult Player::Play() {
  if (options_.plan_only) {
    Plan();
  } else if (Plan() && Save() &&
             (o_.save.outcome != Outcome::kOk || o_.saved_elsewhere || Load()) && !IsHostile(c_)) {
    PlayExtraArms();
  }
  if (result_.harness_error.empty() && result_.unsupported.empty()) {
    result_.observation = std::move(o_);
  }
  return std::move(result_);
}

ObserveResult Observe(const Case& c, Testee& writer, Testee& reader, const std::string& directory,
                      const ObserveOptions& options) {
  return Player(c, writer, reader, directory, options).Play();
}

}  // namespace weightproof
