// Internal to model/spec: a build program after its phases 1 to 5 were read, before anything is
// made (harness/case/CASE.md).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/spec/build.h"
#include "model/spec/layer_schema.h"

namespace weightproof {

// One layer that the program makes.
struct Slot {
  const LayerSchema* schema = nullptr;
  const LayerSpec* spec = nullptr;  // of a nested Sequential given by the architecture
  Config config;                    // complete
  std::string name;                 // empty: automatic
  bool name_given = false;
  bool trainable = true;
  int layer = -1;  // architecture layer, or -1
  int place = 0;   // 2k+1: at place k of the architecture; 2k: before it
};

struct Nest {
  const Step* step = nullptr;
  int ordinal = 0;  // among the kNest steps
  std::string name;
  bool trainable = true;
};

struct ParsedProgram {
  std::vector<Slot> slots;         // in the order of their places in the model
  std::vector<int> instantiation;  // indices into slots
  std::vector<Nest> nests;         // in the order in which they are made
  const Step* assemble = nullptr;
  std::string model_name;
  bool model_trainable = true;
  std::string policy;               // of kPolicy; empty: float32
  std::vector<const Step*> before;  // kClearNames, kStray
  std::vector<const Step*> graph;   // kCalls, kOperands, kOutputs
  std::vector<const Step*> after;   // kFreeze, kUnfreeze, kPop, kRebuild, kLora, kQuantize
};

Result<ParsedProgram> ReadProgram(const ArchitectureSpec& architecture, const Build& build);

// Of kLora on a layer of that class, and of kQuantize: InvalidBuild where Keras 3 has no such
// thing.
Status CheckAdaptation(const Step& step, std::string_view class_name, Dialect dialect);

// kVocabulary: from then on it is the layer's, as if the constructor had been given it.
Status TakeVocabulary(const Step& step, Dialect dialect, Slot& slot);

// Keras 3 forbids '/', tf-keras what TensorFlow's scopes forbid (keras-formats 1.6): InvalidBuild.
Status CheckName(const std::string& name, Dialect dialect);

std::unexpected<Error> BadBuild(std::string place, std::string message, std::string remedy);

}  // namespace weightproof
