#include "harness/campaign/python_head.h"

#include <fmt/core.h>

#include <algorithm>

#include "harness/campaign/python_build.h"
#include "harness/campaign/python_state.h"

namespace weightproof {
namespace {

using Lines = std::vector<std::string>;

std::string Special(Profile profile) {
  switch (profile) {
    case Profile::kNan:
      return "np.nan";
    case Profile::kInf:
      return "np.inf";
    case Profile::kNegativeZero:
      return "-0.0";
    case Profile::kDenormal:
      return "1e-40";
    case Profile::kHuge:
      return "3e38";
    case Profile::kPlain:
      break;
  }
  return "";
}

// "for", "if", "class" and what is indented cannot follow another statement on its line.
bool Simple(const std::string& line) {
  for (const char* start : {" ", "for ", "if ", "class ", "def ", "with ", "try:", "except "}) {
    if (line.starts_with(start)) return false;
  }
  return true;
}

bool HoldsLayers(const Case& c) {
  bool holds = std::ranges::any_of(c.architecture.layers,
                                   [](const LayerSpec& layer) { return !layer.layers.empty(); });
  for (const Side* side : {&c.writer, &c.reader}) {
    for (const Step& step : side->build) holds = holds || (step.spec && !step.spec->layers.empty());
  }
  return holds;
}

// Wrappers are taken apart too: the order of their own list of weights moves with freezes.
std::string Leaves(const Case& c) {
  if (!HoldsLayers(c)) {
    return "leaves = lambda m: sum(map(leaves, kids(m)), []) if hasattr(m, \"layers\") else [m]";
  }
  return "leaves = lambda m: sum(map(leaves, kids(m)), []) if hasattr(m, \"layers\") else "
         "[m.forward_layer, m.backward_layer] if hasattr(m, \"backward_layer\") else "
         "list(m.cell.cells) if hasattr(getattr(m, \"cell\", 0), \"cells\") else "
         "[getattr(m, \"layer\", m)]";
}

// The side that asks for no policy, beside one that does, has the usual one.
Lines BuildLines(const Case& c, const Build& build) {
  Lines lines = PythonBuild(c.architecture, build);
  const bool other = !PolicyOf(c.writer.build).empty() || !PolicyOf(c.reader.build).empty();
  if (other && PolicyOf(build).empty()) {
    lines.insert(lines.begin(), PythonPolicy(c.architecture.dialect, "float32"));
  }
  return lines;
}

}  // namespace

// Lines, each run of simple statements on one line when lines are scarce.
void AddPythonBlock(Lines& out, const Lines& block, const char* indent, bool packed) {
  bool open = false;
  for (const std::string& line : block) {
    if (packed && open && Simple(line)) {
      out.back() += "; " + line;
    } else {
      out.push_back(indent + line);
    }
    open = Simple(line);
  }
}

bool HasStep(const Case& c, StepOp op) {
  return std::ranges::any_of(c.writer.build, [op](const Step& s) { return s.op == op; }) ||
         std::ranges::any_of(c.reader.build, [op](const Step& s) { return s.op == op; });
}

bool HoldsNormalization(const Case& c) {
  return std::ranges::any_of(c.architecture.layers, [](const LayerSpec& layer) {
    return layer.class_name == "Normalization";
  });
}

// tf-keras lists a vocabulary that was taken in among the weights, as an object of another kind.
bool HoldsVocabulary(const Case& c) {
  const auto takes = [](const Build& build) {
    return std::ranges::find(build, StepOp::kVocabulary, &Step::op) != build.end();
  };
  return takes(c.writer.build) || takes(c.reader.build);
}

Lines PythonHead(const Case& c, bool packed) {
  const bool keras3 = c.architecture.dialect == Dialect::kKeras3;
  const Lines writer = BuildLines(c, c.writer.build);
  const Lines reader = BuildLines(c, c.reader.build);
  Lines out = {
      "import functools, os, shutil, sys, tempfile, warnings",
      keras3 ? "os.environ.setdefault(\"KERAS_BACKEND\", \"numpy\")"
             : "os.environ.setdefault(\"TF_CPP_MIN_LOG_LEVEL\", \"3\")",
      // Keras 3 makes shapes known by computing on arrays that nothing was put into; what
      // numpy says of their values is no word of a load.
      keras3 ? "import keras, numpy as np; L = keras.layers; np.seterr(all=\"ignore\")"
             : "import numpy as np, tf_keras as keras; L = keras.layers",
      "kids = lambda m: [x for x in m.layers if not isinstance(x, L.InputLayer)]", Leaves(c),
      HoldsVocabulary(c) ? "weights = lambda ls: [v for l in ls for v in l.weights if hasattr(v, "
                           "\"shape\")]"
                         : "weights = lambda ls: [v for l in ls for v in l.weights]",
      HoldsNormalization(c)
          ? "derive = lambda ls: [l.finalize_state() for l in ls if isinstance(l, "
            "L.Normalization)]"
          : ""};
  std::erase(out, "");
  for (std::string& line : PythonOwnClasses(c)) out.push_back(std::move(line));
  out.push_back("def writer():");
  AddPythonBlock(out, writer, "    ", packed);
  out.push_back(writer == reader ? "reader = writer" : "def reader():");
  if (writer != reader) AddPythonBlock(out, reader, "    ", packed);
  const bool adapted = HasStep(c, StepOp::kLora) || HasStep(c, StepOp::kQuantize);
  const std::string special = adapted ? "" : Special(c.weights.profile);
  out.push_back("def fill(ls, seed):");
  out.push_back("    g = np.random.default_rng(seed)");
  out.push_back("    for v in weights(ls):");
  std::string values = "g.uniform(0.1 if \"variance\" in v.name else -1, 1, v.shape)";
  if (adapted) {
    values =
        "g.integers(-99, 99, v.shape) if v.dtype == \"int8\" else "
        "g.uniform(0.1 if \"_scale\" in v.name or \"variance\" in v.name else -1, 1, v.shape)";
  }
  if (HoldsNormalization(c)) {
    out.back() += " v.assign(g.integers(1, 9, v.shape) if \"count\" in v.name else " + values + ")";
  } else if (special.empty()) {
    out.back() += " v.assign(" + values + ")";
  } else {
    out.back() += " a = " + values + "; a.flat[:seed == 1] = " + special + "; v.assign(a)";
  }
  if (HoldsNormalization(c)) out.push_back("    derive(ls)");
  return out;
}

}  // namespace weightproof
