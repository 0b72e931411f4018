// Internal to model/spec: a session of one of the two libraries as far as names, shapes, flags
// and weight names are concerned. Objects live in an arena and are meant by their index.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/spec/plan.h"
#include "model/spec/program.h"

namespace weightproof {

struct GraphInput {
  std::string name;
  std::string tensor;  // Keras 3: name of the InputLayer's tensor
  Shape shape;
};

// What Session::NewGraph makes a model of.
struct Graph {
  std::vector<int> layers;      // objects by architecture layer
  std::vector<CallSpec> calls;  // as the architecture lists them, operands as the build has them
  std::vector<int> call_order;
  std::vector<Shape> inputs;
  std::vector<int> outputs;
};

struct Object {
  ObjectKind kind = ObjectKind::kLayer;
  const LayerSchema* schema = nullptr;  // kLayer
  std::string name;
  bool name_given = false;
  bool trainable = true;
  Config config;
  std::vector<LayerSpec> held;  // kWrapper: what it holds, complete
  std::string part;             // of a wrapper
  int layer = -1;               // architecture layer that it is, or -1
  int nest = -1;                // nest step that it is, or -1
  Shape input_shape;
  Shape output_shape;
  bool built = false;
  bool scoped = false;        // Keras 3: `parent` is settled
  std::string parent;         // Keras 3: name scope in which it was first entered
  std::string scope;          // in front of its variables' names
  std::vector<int> children;  // model.layers; of a functional without its InputLayer; parts
  std::vector<int> calls;     // indices into children in the order of calls
  std::vector<std::string> attributes;
  std::string own_class;  // kSubclass, kHolder
  KeepHow keep = KeepHow::kAttributes;
  std::vector<int> keep_order;  // of a container: its entries as indices into `children`
  bool has_input = false;       // an InputLayer stands first
  bool own_input = false;       // ... because the program asked for one
  int lora_rank = 0;            // of a layer with a low-rank adaptation
  bool lora_alone = false;      // only that is trained: the kernel's own flag is off
  bool quantized = false;
  std::string input_name;
  std::string input_tensor;  // Keras 3: name of the InputLayer's tensor
  bool input_trainable = true;
  // kFunctional that is a graph; `children` stand in the architecture's order.
  std::vector<GraphInput> inputs;
  std::vector<CallSpec> graph;
  std::vector<int> outputs;
  std::vector<int> order;  // model.layers: children by index, input k as -1-k
};

// A model, or a layer that holds others as one does.
inline bool IsOwnKind(ObjectKind kind) {
  return kind == ObjectKind::kSubclass || kind == ObjectKind::kHolder;
}
inline bool IsModelKind(ObjectKind kind) {
  return kind != ObjectKind::kLayer && kind != ObjectKind::kWrapper;
}

inline std::string Scoped(const std::string& scope, const std::string& name) {
  return scope.empty() ? name : scope + "/" + name;
}

class Session {
 public:
  Session(Dialect dialect, NameCounters counters);

  NameCounters& counters() { return counters_; }
  Object& object(int id) { return arena_[static_cast<std::size_t>(id)]; }

  // Layers of this dtype policy cast what comes from an Input, which is float32: in Keras 3 another
  // tensor.
  void SetPolicy(std::string_view policy) { casts_ = !policy.empty() && policy != "float32"; }

  void ClearNames() { counters_.clear(); }
  void MakeStray(std::string_view class_name);

  Result<int> NewLayer(const Slot& slot);
  // Sequential([...]) with, if `input` is not null, an Input of that shape first.
  Result<int> NewSequential(const std::string& name, bool trainable,
                            const std::vector<int>& children, const Shape* input);
  // Sequential(), add(Input), add(...) one by one.
  Result<int> NewSequentialByAdd(const std::string& name, bool trainable,
                                 const std::vector<int>& children, const Shape* input);
  Result<int> NewFunctional(const std::string& name, bool trainable,
                            const std::vector<int>& children, const Shape& input);
  Result<int> NewGraph(const std::string& name, bool trainable, Graph graph);
  // An object of a person's own class around `called`, in the order of calls.
  Result<int> NewOwn(ObjectKind kind, std::string_view class_name, const std::string& name,
                     bool trainable, const std::vector<int>& called, const Step& keeping);

  // model.build((None, *shape)) or model(zeros).
  Status BuildModel(int id, const Shape& shape);
  // Output shape of a call of `id`, built or not.
  Result<Shape> ShapeThrough(int id, const Shape& shape);

  void SetTrainable(int id, bool value);
  Status PopAndAdd(int model, int count, bool same);
  // Layer.enable_lora and Model.quantize("int8") of Keras 3.
  Status EnableLora(int layer, int rank);
  Status Quantize(int model);
  Result<int> Rebuild(int model, RebuildHow how);

 private:
  std::string AutoName(std::string_view prefix);
  std::string AutoInputName();
  int Allocate(Object object);
  Result<int> NewWrapper(const Slot& slot);
  int NewPart(const LayerSpec& spec, const std::string& part, std::string name);
  Status BuildWrapper(int id, const Shape& input);
  int EmptySequential(const std::string& name, bool given);
  bool keras3() const { return dialect_ == Dialect::kKeras3; }

  void GiveInput(int sequential);
  Status Append(int sequential, int child);  // checks uniqueness only
  Status Add(int sequential, int child);     // and rebuilds, as Sequential.add does
  Status RebuildIfPossible(int sequential);
  Status BuildSequential(int id, const Shape& shape);
  Status BuildOwn(int id, const Shape& shape);
  void EnterScope(int id, const std::string& scope);
  Result<Shape> Call(int id, const Shape& input, const std::string& scope);
  void CastInputFor(int id);
  Result<Shape> CallChain(const std::vector<int>& children, const std::vector<int>& calls,
                          const Shape& input, const std::string& scope);
  Status CallGraph(Object& model, const std::vector<int>& call_order);
  Status BuildLayer(int id, const Shape& input);
  Status CheckUniqueNames(int container);
  Status CheckEmbeddingFirst(int id);
  const Shape* LeadingInput(int id);  // tf_keras: of a model whose Input shows through
  bool BuildsItself(int id);  // tf_keras: first leaf is an Embedding, which brings its own Input

  Result<int> CopyFromConfig(int id, bool keep_name);
  Status CopyParts(int old, int copy);
  Status BuildFromConfig(int old, int copy);
  Result<int> SequentialFromConfig(int id, const std::string& name);
  Result<int> FunctionalFromConfig(int id, std::string name, RebuildHow how);
  bool HoldsOwnClass(int id);

  Dialect dialect_;
  bool casts_ = false;
  bool symbolic_ = true;  // calls make KerasTensors, which Keras 3 numbers
  NameCounters counters_;
  std::vector<Object> arena_;
};

// The finished model as a plan: variables, ids in the order of calls.
ObjectPlan PlanOf(Session& session, Dialect dialect, int model);

}  // namespace weightproof
