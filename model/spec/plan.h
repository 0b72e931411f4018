// What a build program arrives at, as a plain value: every object with the name, place, shape and
// variables that real Keras would give it. Networks, checkpoints and the harness all read this.
#pragma once

#include <string>
#include <vector>

#include "model/spec/build.h"

namespace weightproof {

struct VariablePlan {
  std::string id;  // "2/kernel", "3/forward/kernel": place in the normal form / part / role
  std::string
      role;  // "kernel", "recurrent_kernel", "bias", "gamma", "moving_variance", "alpha", ...
  std::string legacy_name;  // entry of `weight_names` in legacy H5: "dense/kernel:0"
  Shape shape;
  bool trainable = true;  // by its kind: false for moving statistics, whatever the layer's flag
  bool positive = false;  // a role whose values must be > 0 (variances)
  DType dtype = DType::kFloat32;

  bool operator==(const VariablePlan&) const = default;
};

// kSubclass: a model of a person's own class; kHolder: a layer of such a class, which holds others.
enum class ObjectKind : std::uint8_t {
  kLayer,
  kSequential,
  kFunctional,
  kSubclass,
  kWrapper,
  kHolder
};

// A layer or a model. Containers hold their children in `layers` in model.layers order. A wrapper
// (Bidirectional, RNN of cells ...) is one computing layer whose variables belong to its parts,
// which stand in `layers` in the order in which the library collects their weights.
struct ObjectPlan {
  ObjectKind kind = ObjectKind::kLayer;
  Dialect dialect = Dialect::kKeras3;  // flags and the legacy order differ a little
  std::string class_name;  // "Dense"; of a person's own "Net", "Block"; "InputLayer" in functionals
  std::string name;
  bool name_given = false;  // by a person, not by a counter
  bool trainable = true;
  Config config;       // complete, defaults filled in; empty for containers
  Shape input_shape;   // without batch
  Shape output_shape;  // without batch
  // Leaf: variables in creation order, trainable ones first (keras-formats: numbers under `vars`).
  std::vector<VariablePlan> variables;
  // Leaf: the sub-object that owns the variables in `.weights.h5` ("cell" for RNNs), else "".
  std::string weights_h5_owner;
  std::vector<ObjectPlan> layers;
  // kSubclass, kHolder: how `layers` are kept; attribute name of each, or of the one container; and
  // with a container its entries in its own order, as indices into `layers`.
  KeepHow keep = KeepHow::kAttributes;
  std::vector<int> keep_order;
  // kWrapper: where `.weights.h5` keeps each part, from the wrapper's group: "forward_layer",
  // "cells/lstm_cell_1".
  std::vector<std::string> attributes;
  std::string part;  // of a wrapper's part: its name in variable ids: "forward", "cells", "1"
  std::vector<int> call_order;  // containers: indices into `layers` in the order of calls
  // kFunctional that is a graph: its calls as the architecture lists them, `layer` an index into
  // `layers`, operands as this build gives them; and its outputs. Of a chain empty.
  std::vector<CallSpec> graph;
  std::vector<int> outputs;
  bool own_input = false;  // kSequential: has an Input of its own
  std::string input_name;  // kSequential: name of its InputLayer, which is not among `layers`

  bool operator==(const ObjectPlan&) const = default;
};

struct ModelPlan {
  Dialect dialect = Dialect::kKeras3;
  ObjectPlan model;
  std::string policy;           // dtype policy of all layers: "mixed_float16"; empty: float32
  NameCounters counters_after;  // state of the session's counters when the program has run

  bool operator==(const ModelPlan&) const = default;
};

// Plays `build` on `architecture` in a session whose counters stand at `counters`, naming and
// ordering as the real library of the architecture's dialect does. InvalidBuild, BadConfig or
// ShapeInference when that is impossible.
Result<ModelPlan> Interpret(const ArchitectureSpec& architecture, const Build& build,
                            const NameCounters& counters = {});

// The plan of `Sequential([Input, ...])`: the program with the one step kAssemble list.
Result<ModelPlan> PlanSequential(const ArchitectureSpec& architecture);

// A Sequential, functional or subclass model, or a layer that holds others as a model does: what
// is inside are layers of the whole model.
bool IsModel(const ObjectPlan& object);

// Of a person's own class: a subclass model or a holder.
bool IsOwnClass(const ObjectPlan& object);
// Whether the object, or anything inside, is a holder, a nested subclass model, or keeps its layers
// in a container.
bool HasOwnContainers(const ModelPlan& plan);

// The InputLayers of a functional model, in the order of its inputs.
std::vector<const ObjectPlan*> InputLayers(const ObjectPlan& model);

// Every variable in walk order: `layers` depth first, creation order inside a leaf.
std::vector<const VariablePlan*> Variables(const ObjectPlan& object);

// What a leaf writes under `vars` of `.weights.h5`, in that order (keras 3.15 core/dense.py,
// save_own_variables): the factors of a low-rank adaptation are merged into its first variable, and
// of a quantized layer the whole numbers stand first.
std::vector<const VariablePlan*> StoredVariables(const ObjectPlan& leaf);

// One of the two factors of a low-rank adaptation.
bool IsLoraFactor(const VariablePlan& variable);
bool HasLora(const ModelPlan& plan);
bool IsQuantized(const ModelPlan& plan);

// Layers that compute something, wrappers among them, in the order of calls: what the model is.
std::vector<const ObjectPlan*> ComputingLayers(const ObjectPlan& model);

// The legacy H5 order inside one top-level object: trainable weights of all sublayers, then
// non-trainable ones, as `trainable` flags stand (keras-formats 1.2).
std::vector<const VariablePlan*> LegacyOrder(const ObjectPlan& object);

// Two plans with equal normal forms are the same model: input shape and, layer by layer, class
// and complete config of everything that computes; names, flags, nesting and no-ops left out.
// Keys that never move an inference result are left out. hard_sigmoid carries the dialect.
std::string NormalForm(const ModelPlan& plan);

// "float16", "mixed_bfloat16" ...: a dtype policy that both libraries have.
bool IsDTypePolicy(std::string_view name);
// What the variables of a layer of this class are stored in under a policy, where the layer asks
// for no dtype of its own.
DType VariableDType(std::string_view policy, std::string_view class_name, Dialect dialect);

// snake_case(class): "Conv2D" -> "conv2d", "PReLU" -> "p_re_lu".
std::string SnakeCase(std::string_view class_name);

// Whether `name` has the form snake_case(class)(_N)? of a class this library knows; then the
// class ("Dense") is returned, else "".
std::string AutomaticNameClass(std::string_view name);

}  // namespace weightproof
