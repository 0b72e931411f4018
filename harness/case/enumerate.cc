// All small cases. See "Enumerated cases" in CASE.md for what is counted.
#include <algorithm>

#include "harness/case/draw.h"

namespace weightproof {
namespace {

using std::int64_t;

LayerSpec Layer(std::string_view class_name, std::initializer_list<Config::value_type> config) {
  LayerSpec layer;
  layer.class_name = class_name;
  layer.config.insert(config.begin(), config.end());
  return layer;
}

struct Small {
  ArchitectureSpec architecture;
  int weighted = 0;  // layers with weights
};

std::vector<Small> Architectures(int layers_max) {
  const LayerSpec dense = Layer("Dense", {{"units", int64_t{2}}});
  const LayerSpec tanh =
      Layer("Dense", {{"units", int64_t{2}}, {"activation", std::string("tanh")}});
  const LayerSpec wide = Layer("Dense", {{"units", int64_t{3}}});
  const LayerSpec batch = Layer("BatchNormalization", {});
  const LayerSpec lstm = Layer("LSTM", {{"units", int64_t{2}}, {"return_sequences", true}});
  const LayerSpec gru =
      Layer("GRU", {{"units", int64_t{2}}, {"reset_after", false}, {"return_sequences", true}});
  const LayerSpec embedding =
      Layer("Embedding", {{"input_dim", int64_t{3}}, {"output_dim", int64_t{2}}});
  struct Row {
    Shape input;
    std::vector<LayerSpec> layers;
  };
  const Row rows[] = {
      {{2}, {dense}},        {{2}, {batch}},         {{2, 2}, {lstm}},     {{2}, {embedding}},
      {{2}, {tanh, dense}},  {{2}, {tanh, tanh}},    {{2}, {tanh, wide}},  {{2}, {tanh, batch}},
      {{2}, {batch, batch}}, {{2, 2}, {lstm, lstm}}, {{2, 2}, {gru, gru}}, {{2}, {embedding, lstm}},
  };
  std::vector<Small> out;
  for (const Row& row : rows) {
    if (static_cast<int>(row.layers.size()) > layers_max) continue;
    Small small;
    small.architecture.input_shape = row.input;
    small.architecture.layers = row.layers;
    small.weighted = static_cast<int>(row.layers.size());
    out.push_back(std::move(small));
  }
  return out;
}

Step PlainStep(StepOp op) {
  Step step;
  step.op = op;
  return step;
}

std::vector<Step> Assemblies(int layers) {
  std::vector<Step> out;
  for (const AssembleHow how : {AssembleHow::kList, AssembleHow::kAdd}) {
    for (const InputHow input : {InputHow::kGiven, InputHow::kBuild, InputHow::kCall}) {
      out.push_back(PlainStep(StepOp::kAssemble));
      out.back().how = how;
      out.back().input = input;
    }
  }
  out.push_back(PlainStep(StepOp::kAssemble));
  out.back().how = AssembleHow::kFunctional;
  out.push_back(PlainStep(StepOp::kAssemble));
  out.back().how = AssembleHow::kSubclass;
  out.back().input = InputHow::kCall;
  out.back().attributes = {"a", "b"};
  if (layers == 2) {
    out.push_back(out.back());  // attributes on either side of `layers`, assigned backwards
    out.back().attributes = {"z", "b"};
    out.back().attribute_order = {1, 0};
  }
  return out;
}

// The steps beside the assembly, in the order of phases.
std::vector<Step> Alphabet(const ArchitectureSpec& architecture) {
  const int count = static_cast<int>(architecture.layers.size());
  const bool embedding = architecture.layers[0].class_name == "Embedding";
  std::vector<Step> out;
  const auto add = [&](StepOp op) -> Step& {
    out.push_back(PlainStep(op));
    return out.back();
  };
  add(StepOp::kStray).class_name = architecture.layers[0].class_name;
  if (architecture.layers[0].config.contains("activation")) {
    Step& step = add(StepOp::kSet);
    step.key = "activation";
    step.value = std::string("sigmoid");
  }
  if (count == 2 && !embedding) {
    add(StepOp::kExchange).other = 1;
    add(StepOp::kRemove).layer = 1;
  }
  {
    Step& step = add(StepOp::kInsert);
    step.begin = count;
    step.spec = architecture.layers.back();
  }
  for (int at = embedding ? 1 : 0; at <= count; ++at) {
    Step& step = add(StepOp::kNoop);
    step.begin = at;
    step.class_name = "Dropout";
  }
  for (int layer = 0; layer < count; ++layer) {
    for (const char* name : {"a", "b"}) {
      Step& step = add(StepOp::kName);
      step.layer = layer;
      step.name = name;
    }
    Step& step = add(StepOp::kFreeze);
    step.layer = layer;
    step.after = layer == 1;
  }
  if (count == 2) add(StepOp::kOrder).order = {1, 0};
  for (int begin = 0; begin < count; ++begin) {
    for (int end = begin + 1; end <= count; ++end) {
      Step& step = add(StepOp::kNest);
      step.begin = begin;
      step.end = end;
    }
  }
  {
    Step& step = add(StepOp::kFreeze);
    step.target = TargetKind::kNest;
    step.after = true;
  }
  add(StepOp::kPop).count = 1;
  add(StepOp::kPop).count = 1;
  out.back().same_objects = false;
  for (const RebuildHow how : {RebuildHow::kFromConfig, RebuildHow::kClone}) {
    add(StepOp::kRebuild).rebuild = how;
  }
  return out;
}

bool Fits(const Build& build) {
  bool nest = false;
  bool freezes_nest = false;
  for (std::size_t i = 0; i < build.size(); ++i) {
    nest |= build[i].op == StepOp::kNest;
    freezes_nest |= build[i].target == TargetKind::kNest;
    for (std::size_t j = 0; j < i; ++j) {
      if (build[i].op != build[j].op) continue;
      if (build[i].op == StepOp::kName &&
          (build[i].layer == build[j].layer || build[i].name == build[j].name)) {
        return false;
      }
      // Two pops or rebuilds in a row are no third program.
      if (build[i].op == StepOp::kPop || build[i].op == StepOp::kRebuild) return false;
    }
  }
  return nest || !freezes_nest;
}

// Every program: an assembly and a set of at most steps_max - 1 other steps.
std::vector<Build> Builds(const ArchitectureSpec& architecture, int steps_max) {
  const std::vector<Step> alphabet = Alphabet(architecture);
  std::vector<Build> out;
  std::vector<Build> sets = {{}};
  std::vector<std::size_t> next = {0};  // by set: the first step it may still take
  for (std::size_t i = 0; i < sets.size(); ++i) {
    if (static_cast<int>(sets[i].size()) >= steps_max - 1) continue;
    for (std::size_t j = next[i]; j < alphabet.size(); ++j) {
      Build larger = sets[i];
      larger.push_back(alphabet[j]);
      sets.push_back(std::move(larger));
      next.push_back(j + 1);
    }
  }
  const auto assemblies = Assemblies(static_cast<int>(architecture.layers.size()));
  for (const Build& set : sets) {  // in order of size: each grew out of an earlier one
    if (!Fits(set)) continue;
    for (const Step& assembly : assemblies) {
      Build build = set;
      build.push_back(assembly);
      FixAttributes(architecture, build);
      if (IsValidBuild(architecture, build)) out.push_back(std::move(build));
    }
  }
  return out;
}

bool Has(const Case& c, std::initializer_list<StepOp> ops) {
  for (const Build* build : {&c.writer.build, &c.reader.build}) {
    for (const Step& step : *build) {
      if (std::find(ops.begin(), ops.end(), step.op) != ops.end()) return true;
    }
  }
  return false;
}

class Enumeration {
 public:
  Enumeration(std::uint64_t shard, std::uint64_t shards,
              const std::function<bool(const Case&)>& visit)
      : shard_(shard), shards_(std::max<std::uint64_t>(1, shards)), visit_(visit) {}

  std::uint64_t visited() const { return visited_; }
  bool stopped() const { return stopped_; }

  // A pair of programs by every format and mode that says something about it.
  void Pair(const ArchitectureSpec& architecture, const Build& writer, const Build& reader) {
    Case c;
    c.architecture = architecture;
    c.writer.build = writer;
    c.reader.build = reader;
    const bool other = Has(c, {StepOp::kSet, StepOp::kExchange, StepOp::kRemove, StepOp::kInsert});
    const bool named = Has(c, {StepOp::kName});
    for (const RouteFormat format : {RouteFormat::kLegacyH5, RouteFormat::kWeightsH5}) {
      c.route = Route();
      c.route.format = format;
      c.route.path.text = "m" + std::string(UsualSuffix(format));
      One(c);
      if (named && format == RouteFormat::kLegacyH5) {
        c.route.by_name = true;
        One(c);
        c.route.by_name = false;
      }
      if (!other) continue;
      c.route.skip_mismatch = true;
      One(c);
      c.route.skip_mismatch = false;
      c.route.partial = true;
      One(c);
    }
  }

 private:
  void One(const Case& c) {
    if (stopped_ || index_++ % shards_ != shard_) return;
    ++visited_;
    stopped_ = !visit_(c);
  }

  std::uint64_t shard_;
  std::uint64_t shards_;
  const std::function<bool(const Case&)>& visit_;
  std::uint64_t index_ = 0;
  std::uint64_t visited_ = 0;
  bool stopped_ = false;
};

// Programs that meet each other: assemblies without other steps, and plain lists with one.
bool Meet(const Build& a, const Build& b) {
  const auto plain = [](const Build& build) {
    const Step* assemble = FindStep(build, StepOp::kAssemble);
    return assemble->how == AssembleHow::kList && assemble->input == InputHow::kGiven;
  };
  return (a.size() == 1 && b.size() == 1) ||
         (a.size() <= 2 && b.size() <= 2 && plain(a) && plain(b));
}

}  // namespace

std::uint64_t Enumerate(int layers_max, int steps_max, std::uint64_t shard, std::uint64_t shards,
                        const std::function<bool(const Case&)>& visit) {
  Enumeration out(shard, shards, visit);
  for (const Small& small : Architectures(layers_max)) {
    for (const Dialect dialect : {Dialect::kKeras3, Dialect::kTfKeras}) {
      ArchitectureSpec architecture = small.architecture;
      architecture.dialect = dialect;
      const std::vector<Build> builds = Builds(architecture, steps_max);
      const Build plain(1);
      for (const Build& writer : builds) {
        if (out.stopped()) return out.visited();
        out.Pair(architecture, writer, plain);
        if (writer == plain) continue;
        out.Pair(architecture, plain, writer);
        out.Pair(architecture, writer, writer);
        for (const Build& reader : builds) {
          if (writer.size() > 2 || reader.size() > 2) break;  // in order of size
          if (Meet(writer, reader) && reader != plain && reader != writer)
            out.Pair(architecture, writer, reader);
        }
      }
    }
  }
  return out.visited();
}

}  // namespace weightproof
