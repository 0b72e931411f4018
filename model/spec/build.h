// The build program: the steps by which one side arrives at a model. A plain value.
// Its JSON and the meaning of each step stand in harness/case/CASE.md.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/spec/architecture.h"

namespace weightproof {

enum class StepOp : std::uint8_t {
  // Before the model exists.
  kClearNames,  // the automatic names start again
  kStray,       // a layer of class_name is made and not used (shifts automatic names)
  kOrder,       // layers are instantiated in this order (a permutation of the architecture's)
  kName,        // target gets a name from a person
  kFreeze,      // target's trainable = false, at construction or after
  kUnfreeze,    // target's trainable = true, after
  kNoop,        // a layer that does nothing in inference stands before architecture layer `at`
  kNest,        // architecture layers [begin, end) form one nested model or layer
  // Deliberately another model.
  kInsert,    // one more layer before architecture layer `at`
  kRemove,    // architecture layer `layer` is left out
  kSet,       // architecture layer `layer` has config key = value
  kExchange,  // architecture layers `layer` and `other` change places
  // Of a functional graph: `order` is a permutation.
  kCalls,     // the calls are made in this order, operands before what takes them
  kOperands,  // call `layer` takes its operands in this order
  kOutputs,   // the model's outputs stand in this order
  // The model comes to be.
  kAssemble,
  // After.
  kPop,      // the last `count` top-level layers are popped and added again
  kRebuild,  // the model is made again from its config, its JSON, or by clone_model
  kCompile,  // the model gets an optimizer and a loss
  // Before: architecture layer `layer` is of a class of a person's own that keeps its state itself,
  // in the way of the class it derives from.
  kOwnState,
  // Before: architecture layer `layer`, a lookup layer, takes in a vocabulary by `key`.
  kVocabulary,
  kPolicy,  // before: the dtype policy of all layers of this side
  // After: what Keras 3 can do with the weights of Dense and Embedding layers.
  kLora,      // architecture layer `layer` gets a low-rank adaptation of rank `count`
  kQuantize,  // the model is quantized
};

enum class AssembleHow : std::uint8_t { kList, kAdd, kFunctional, kSubclass };
enum class InputHow : std::uint8_t { kGiven, kBuild, kCall };  // Input layer; build(shape); a call
enum class RebuildHow : std::uint8_t { kFromConfig, kJson, kClone };
// What a nest is: a Sequential, a functional model, a model or a layer of a person's own class.
enum class NestHow : std::uint8_t { kSequential, kFunctional, kSubclass, kLayer };
// How an object of a person's own class keeps what it calls.
enum class KeepHow : std::uint8_t {
  kAttributes,  // each under an attribute of its own
  kList,
  kLists,  // a list of two lists
  kDict,
  kSet,
};
enum class TargetKind : std::uint8_t { kLayer, kNest, kModel };

struct Step {
  StepOp op = StepOp::kAssemble;
  TargetKind target = TargetKind::kLayer;  // kName, kFreeze, kUnfreeze
  int layer = 0;       // architecture layer, or ordinal of the kNest step for TargetKind::kNest
  std::string part;    // kFreeze, kUnfreeze: inside that layer ("forward", "cells/1"); or ""
  int other = 0;       // kExchange
  int begin = 0;       // kNest; `at` of kNoop and kInsert
  int end = 0;         // kNest
  int count = 0;       // kPop; kLora: the rank
  bool after = false;  // kFreeze: after assembly instead of at construction
  bool same_objects = true;  // kPop: the popped objects come back; false: new ones are made
  bool own_input = false;    // kNest: the nested Sequential has an Input of its own
  bool trained = false;      // kCompile: the optimizer has state
  std::string class_name;    // kStray, kNoop; kCompile: the optimizer; kPolicy; kQuantize: "int8"
  std::string name;          // kName; kNest, kNoop, kInsert, kAssemble: optional
  std::string key;           // kSet; kCompile: the loss; kVocabulary: "adapt" or "set"
  ConfigValue value;         // kSet; kVocabulary: whole numbers
  std::vector<int> order;    // kOrder, kCalls, kOperands, kOutputs
  // kAssemble subclass, kNest of a person's own class: one for each layer that it calls, unique;
  // with a container one in all.
  std::vector<std::string> attributes;
  // The same: order of assignment, or in the container; empty: 0, 1, ...
  std::vector<int> attribute_order;
  KeepHow keep = KeepHow::kAttributes;  // the same
  NestHow nest = NestHow::kSequential;  // kNest
  std::optional<LayerSpec> spec;        // kInsert
  AssembleHow how = AssembleHow::kList;
  InputHow input = InputHow::kGiven;
  RebuildHow rebuild = RebuildHow::kFromConfig;

  bool operator==(const Step&) const = default;
};

inline constexpr int kLoraRankMax = 64;

using Build = std::vector<Step>;  // exactly one kAssemble

// The session's counters for automatic names: prefix ("dense") -> how many were given out.
using NameCounters = std::map<std::string, int, std::less<>>;

}  // namespace weightproof
