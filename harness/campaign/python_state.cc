#include "harness/campaign/python_state.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "harness/campaign/python_text.h"

namespace weightproof {
namespace {

using Lines = std::vector<std::string>;

std::set<std::string> KeeperClasses(const Case& c) {
  std::set<std::string> classes;
  for (const Side* side : {&c.writer, &c.reader}) {
    for (std::size_t i = 0; i < c.architecture.layers.size(); ++i) {
      if (KeepsOwnState(side->build, static_cast<int>(i))) {
        classes.insert(c.architecture.layers[i].class_name);
      }
    }
  }
  return classes;
}

}  // namespace

std::string PythonPolicy(Dialect dialect, std::string_view policy) {
  return fmt::format(
      "keras.{}({})",
      dialect == Dialect::kKeras3 ? "config.set_dtype_policy" : "mixed_precision.set_global_policy",
      PythonText(policy));
}

std::string_view PolicyOf(const Build& build) {
  const auto step = std::ranges::find(build, StepOp::kPolicy, &Step::op);
  return step != build.end() ? std::string_view(step->class_name) : std::string_view();
}

Lines PythonCompile(const Step& step) {
  const bool named = step.key.empty() || step.key[0] < 'A' || step.key[0] > 'Z';
  const std::string loss = named ? PythonText(step.key) : "keras.losses." + step.key + "()";
  Lines lines = {fmt::format("m.compile(keras.optimizers.{}(), {})", step.class_name, loss)};
  if (step.trained) {
    lines.emplace_back("m.optimizer.build(m.trainable_variables)");
    lines.emplace_back(
        "for i, v in enumerate(m.optimizer.variables): v.assign(np.full(v.shape, i + 2))");
  }
  return lines;
}

std::string PythonRebuild(RebuildHow how) {
  switch (how) {
    case RebuildHow::kFromConfig:
      return "m = type(m).from_config(m.get_config())";
    case RebuildHow::kJson:
      return "m = keras.models.model_from_json(m.to_json())";
    case RebuildHow::kClone:
      break;
  }
  return "m = keras.models.clone_model(m)";
}

std::string PythonVocabulary(const std::string& object, const Step& step) {
  const std::string tokens = PythonValue(step.value);
  if (step.key == "set") return fmt::format("{}.set_vocabulary({})", object, tokens);
  // What is met most often comes first.
  const auto* list = std::get_if<std::vector<std::int64_t>>(&step.value);
  return fmt::format("{}.adapt(np.repeat({}, range({}, 0, -1)))", object, tokens,
                     list != nullptr ? list->size() : 0);
}

bool KeepsOwnState(const Build& build, int layer) {
  return std::ranges::any_of(build, [layer](const Step& step) {
    return step.op == StepOp::kOwnState && step.layer == layer;
  });
}

std::string OwnClass(std::string_view class_name) { return "Own" + std::string(class_name); }

Lines PythonOwnClasses(const Case& c) {
  const std::set<std::string> classes = KeeperClasses(c);
  if (classes.empty()) return {};
  Lines lines = {"asked = []"};
  for (const std::string& name : classes) {
    lines.emplace_back("@keras.saving.register_keras_serializable()");
    lines.push_back(fmt::format("class {}(L.{}):", OwnClass(name), name));
    for (const char* what : {"save", "load"}) {
      lines.push_back(
          fmt::format("    def {0}_own_variables(self, store): asked.append(\"{0}\"); "
                      "super().{0}_own_variables(store)",
                      what));
    }
  }
  return lines;
}

bool ShownBySave(std::string_view cause) {
  return cause == "own-saving-ignored" || cause == "compiled-by-json" || cause == "other-layout";
}

Lines PythonKept(std::string_view cause, const std::string& path) {
  if (cause == "own-saving-ignored") {
    return {"print(\"asked to\", asked); sys.exit(\"save\" not in asked)"};
  }
  if (cause == "own-loading-ignored") {
    return {"print(\"asked to\", asked); sys.exit(\"load\" not in asked)"};
  }
  if (cause == "compiled-by-json") {
    return {"a = getattr(w, \"optimizer\", None); print(a); sys.exit(a is not None)"};
  }
  if (cause == "other-layout") {
    return {fmt::format("import h5py; a = dict(h5py.File({}).attrs); print(a)", path),
            "sys.exit(\"layer_names\" not in a)"};
  }
  if (cause == "state-trainable") {
    return {"flags = lambda m, ls: [any(v is t for t in m.trainable_weights) for v in weights(ls)]",
            "print(flags(w, wl), flags(r, rl)); sys.exit(flags(w, wl) != flags(r, rl))"};
  }
  if (cause == "state-compiled") {
    return {"a, b = [getattr(m, \"optimizer\", None) for m in (w, r)]",
            "print(a, b); sys.exit((a is None) != (b is None))"};
  }
  if (cause == "state-vocabulary") {
    return {
        "words = lambda m: [[int(t) for t in l.get_vocabulary()] for l in leaves(m) "
        "if hasattr(l, \"get_vocabulary\")]",
        "print(words(w), words(r)); sys.exit(words(w) != words(r))"};
  }
  if (cause == "state-optimizer") {
    return {"for m in w, r: m.optimizer.build(m.trainable_variables)",
            "a, b = [[np.asarray(v) for v in m.optimizer.variables] for m in (w, r)]",
            "print(a, b, sep=\"\\n\")",
            "sys.exit(len(a) != len(b) or any(not np.array_equal(x, y) for x, y in zip(a, b)))"};
  }
  return {};
}

}  // namespace weightproof
