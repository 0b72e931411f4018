// Builds that are deliberately another model; mostly with all shapes equal, so that nothing but the
// loader's care can notice.
#include <array>
#include <utility>

#include "harness/case/draw.h"

namespace weightproof {
namespace {

using Option = std::pair<std::string_view, ConfigValue>;

bool IsTrue(const Config& config, std::string_view key, bool otherwise) {
  const auto it = config.find(key);
  if (it == config.end()) return otherwise;
  const bool* flag = std::get_if<bool>(&it->second);
  return flag != nullptr ? *flag : otherwise;
}

double Number(const Config& config, std::string_view key, double otherwise) {
  const auto it = config.find(key);
  if (it == config.end()) return otherwise;
  if (const double* value = std::get_if<double>(&it->second)) return *value;
  return otherwise;
}

std::vector<Option> SetOptions(Chooser& choose, const LayerSpec& layer, Dialect dialect) {
  const std::string& name = layer.class_name;
  const Config& config = layer.config;
  std::vector<Option> out;
  const auto flip = [&](std::string_view key, bool otherwise) {
    out.emplace_back(key, !IsTrue(config, key, otherwise));
  };
  const auto shift = [&](std::string_view key, double otherwise) {
    out.emplace_back(key, Number(config, key, otherwise) * 2);
  };
  const bool recurrent = name == "LSTM" || name == "GRU" || name == "SimpleRNN";
  const bool convolution = name == "Conv1D" || name == "Conv2D";
  if (name == "Dense" || name == "Activation" || recurrent || convolution) {
    out.emplace_back("activation", DrawActivation(choose, dialect));
    out.emplace_back("activation", DrawActivation(choose, dialect));
  }
  if (recurrent) {
    flip("go_backwards", false);
    if (choose.Percent(30)) flip("return_sequences", false);
  }
  if (name == "LSTM" || name == "GRU") {
    out.emplace_back("recurrent_activation", std::string("hard_sigmoid"));
  }
  if (name == "GRU") flip("reset_after", true);
  if (convolution) out.emplace_back("padding", std::string(choose.Percent(50) ? "same" : "valid"));
  if ((name == "Dense" || recurrent || convolution) && choose.Percent(25)) flip("use_bias", true);
  if (name == "BatchNormalization" || name == "LayerNormalization") {
    out.emplace_back("epsilon", Number(config, "epsilon", 0.001) * 100);
    flip(choose.Percent(50) ? "center" : "scale", true);
  }
  if (name == "Bidirectional") {
    out.emplace_back("merge_mode", choose.Pick<std::string>({"sum", "mul", "ave", "concat"}));
  }
  if (name == "RNN" || name == "ConvLSTM1D") flip("go_backwards", false);
  if (name == "Normalization") flip("invert", false);
  if (name == "GroupNormalization") out.emplace_back("groups", std::int64_t{1});
  const bool filter = name.starts_with("Depthwise") || name.starts_with("Separable") ||
                      name.ends_with("Transpose") || name == "EinsumDense";
  if (filter) out.emplace_back("activation", DrawActivation(choose, dialect));
  if (name == "IntegerLookup") {
    const auto given = config.find("vocabulary");
    if (given != config.end()) {
      auto tokens = std::get<std::vector<std::int64_t>>(given->second);
      std::ranges::reverse(tokens);
      out.emplace_back("vocabulary", std::move(tokens));
    }
    out.emplace_back("num_oov_indices", std::int64_t{2});
  }
  if (name == "LeakyReLU") shift("negative_slope", 0.3);
  if (name == "ReLU") out.emplace_back("negative_slope", Number(config, "negative_slope", 0) + 0.5);
  if (name == "ELU") shift("alpha", 1.0);
  if (name == "Dense" && choose.Percent(10)) out.emplace_back("units", std::int64_t{7});
  return out;
}

bool DrawSet(Chooser& choose, const Case& c, Step& step) {
  const int layer = choose.Range(0, static_cast<int>(c.architecture.layers.size()) - 1);
  const LayerSpec& spec = c.architecture.layers[static_cast<std::size_t>(layer)];
  auto options = SetOptions(choose, spec, c.architecture.dialect);
  if (options.empty()) return false;
  Option& option = options[choose.Below(options.size())];
  const auto it = spec.config.find(option.first);
  if (it != spec.config.end() && it->second == option.second) return false;
  step.op = StepOp::kSet;
  step.layer = layer;
  step.key = option.first;
  step.value = std::move(option.second);
  return true;
}

bool DrawExchange(Chooser& choose, const Case& c, const std::vector<Shape>& shapes, Step& step) {
  const std::size_t count = c.architecture.layers.size();
  if (count < 2) return false;
  const std::size_t a = choose.Below(count);
  const std::size_t b = choose.Below(count);
  if (a == b || c.architecture.layers[a] == c.architecture.layers[b]) return false;
  if (shapes[a] != shapes[b] && !choose.Percent(20)) return false;
  step.op = StepOp::kExchange;
  step.layer = static_cast<int>(std::min(a, b));
  step.other = static_cast<int>(std::max(a, b));
  return true;
}

bool DrawRemove(Chooser& choose, const Case& c, const std::vector<Shape>& shapes, Step& step) {
  if (c.architecture.layers.size() < 2) return false;
  const std::size_t layer = choose.Below(c.architecture.layers.size());
  if (shapes[layer] != shapes[layer + 1] && !choose.Percent(20)) return false;
  step.op = StepOp::kRemove;
  step.layer = static_cast<int>(layer);
  return true;
}

bool DrawInsert(Chooser& choose, const Space& space, const Case& c,
                const std::vector<Shape>& shapes, Step& step) {
  const std::size_t at = choose.Below(shapes.size());
  if (at == 0 && TakesWholeNumbers(c.architecture)) return false;
  const LayerStyle style{c.architecture.dialect, true, static_cast<int>(shapes[at].back())};
  step.spec = DrawLayer(choose, space, style, shapes[at], choose.Percent(60));
  if (!step.spec) return false;
  const auto after = OutputShape(*step.spec, shapes[at], c.architecture.dialect);
  if (!after || (*after != shapes[at] && !choose.Percent(5))) return false;
  step.op = StepOp::kInsert;
  step.begin = static_cast<int>(at);
  if (choose.Percent(10)) step.name = "extra";
  return true;
}

// Both sides get one more layer with weights, one of them also one of the same class that has none:
// whoever counts layers by class must not count that one.
bool DrawWeightlessTwin(Chooser& choose, const Space& space, const std::vector<Shape>& shapes,
                        Case& c) {
  if (!Allows(space.steps, "insert") || !Allows(space.layers, "LayerNormalization")) return false;
  const std::size_t at = choose.Below(shapes.size());
  if (at == 0 && TakesWholeNumbers(c.architecture)) return false;
  if (shapes[at].empty() || shapes[at].back() < 2) return false;
  Step step;
  step.op = StepOp::kInsert;
  step.begin = static_cast<int>(at);
  step.spec = LayerSpec{};
  step.spec->class_name = "LayerNormalization";
  Step twin = step;
  twin.spec->config = {{"center", false}, {"scale", false}};
  Case trial = c;
  for (Side* side : {&trial.writer, &trial.reader}) {
    side->build.insert(side->build.begin(), step);
  }
  Side& alone = choose.Percent(50) ? trial.writer : trial.reader;
  alone.build.insert(alone.build.begin() + choose.Range(0, 1), std::move(twin));
  for (Side* side : {&trial.writer, &trial.reader}) {
    FixAttributes(c.architecture, side->build);
    if (!IsValidBuild(c.architecture, side->build)) return false;
  }
  c = std::move(trial);
  return true;
}

}  // namespace

bool DrawDifference(Chooser& choose, const Space& space, Case& c) {
  if (c.architecture.layers.empty()) return false;
  const std::vector<Shape> shapes = LayerShapes(c.architecture);
  const bool graph = !c.architecture.calls.empty();
  if (shapes.empty() && !graph) return false;
  if (!graph && choose.Percent(8) && DrawWeightlessTwin(choose, space, shapes, c)) return true;
  Build& build = choose.Percent(75) ? c.reader.build : c.writer.build;
  if (AllowsStep(space, "policy") && choose.Percent(5)) {
    return DrawOtherPolicy(choose, space, c, build);
  }
  if (FindStep(build, StepOp::kVocabulary) != nullptr && choose.Percent(50)) {
    return DrawOtherVocabulary(choose, build) && IsValidBuild(c.architecture, build);
  }
  for (int tries = 0; tries < 12; ++tries) {
    const auto weight = [&](std::string_view op, int w) { return Allows(space.steps, op) ? w : 0; };
    Step step;
    bool done = false;
    if (graph) {
      done = choose.Percent(50) ? Allows(space.steps, "set") && DrawSet(choose, c, step)
                                : DrawGraphDifference(choose, space, c, step);
    } else
      switch (choose.Weighted({weight("set", 40), weight("exchange", 25), weight("insert", 20),
                               weight("remove", 15)})) {
        case 0:
          done = Allows(space.steps, "set") && DrawSet(choose, c, step);
          break;
        case 1:
          done = DrawExchange(choose, c, shapes, step);
          break;
        case 2:
          done = DrawInsert(choose, space, c, shapes, step);
          break;
        default:
          done = DrawRemove(choose, c, shapes, step);
          break;
      }
    if (!done) continue;
    Build trial = build;
    trial.insert(trial.begin(), step);
    FixAttributes(c.architecture, trial);
    if (!IsValidBuild(c.architecture, trial)) continue;
    build = std::move(trial);
    return true;
  }
  return false;
}

}  // namespace weightproof
