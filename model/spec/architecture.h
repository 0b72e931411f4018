// What a model is: an input shape and a list of layers in Keras's own config vocabulary.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/error.h"
#include "model/tensor.h"

namespace weightproof {

// Keras 3 and tf-keras differ in config keys, automatic names, weight names and hard_sigmoid.
enum class Dialect : std::uint8_t { kKeras3, kTfKeras };
std::string_view DialectName(Dialect dialect);  // "keras3", "tf_keras"

// A config value: null, bool, int, float, text, list of ints.
using ConfigValue = std::variant<std::monostate, bool, std::int64_t, double, std::string,
                                 std::vector<std::int64_t>>;
using Config = std::map<std::string, ConfigValue, std::less<>>;

struct LayerSpec {
  std::string class_name;  // Keras's class name: "Dense", "LSTM", "Sequential"
  std::string name;        // empty: automatic
  bool trainable = true;
  Config config;  // only keys of this class's schema; an absent key has its default
  // What it holds: a nested Sequential its layers, a wrapper its inner layer, an RNN its cells.
  std::vector<LayerSpec> layers;
  std::optional<Shape> input_shape;  // of a nested Sequential that has an Input of its own

  bool operator==(const LayerSpec&) const = default;
};

// One call of a layer in a functional graph. Operands in order: the results of earlier calls by
// their number, input k as -1-k.
struct CallSpec {
  int layer = 0;
  std::vector<int> from;

  bool operator==(const CallSpec&) const = default;
};

struct ArchitectureSpec {
  Dialect dialect = Dialect::kKeras3;
  std::string name;   // of the model; empty: automatic
  Shape input_shape;  // without the batch dimension; every dimension known
  std::vector<LayerSpec> layers;
  // A functional graph; all empty for a chain, where each layer is called once on what the one
  // before it gives.
  std::vector<CallSpec> calls;
  std::vector<Shape> more_inputs;  // inputs after the first
  std::vector<int> outputs;        // calls, in the order of the model's outputs

  bool operator==(const ArchitectureSpec&) const = default;
};

// Limits on what is read from JSON. Over any of them: LimitExceeded.
inline constexpr std::size_t kArchitectureJsonBytesMax = std::size_t{64} << 20;
inline constexpr std::size_t kLayersMax = 10'000;  // in one architecture, nested ones included
inline constexpr std::size_t kNestingDepthMax = 32;
inline constexpr std::int64_t kDimensionMax = std::int64_t{1} << 31;
inline constexpr std::int64_t kVariableElementsMax = std::int64_t{1} << 32;

// Reads a Sequential's Keras config JSON: `{"class_name": "Sequential", "config": {...}}` as
// `Model.to_json()` and the H5 attribute `model_config` hold it, of Keras 3 or tf-keras (told
// apart by `batch_shape` against `batch_input_shape` and by `module`), or a linear functional
// model ("Functional" or "Model" whose layers form one chain), which gives the same spec.
Result<ArchitectureSpec> ArchitectureFromKerasJson(std::string_view json);

// The canonical config JSON of the spec in its own dialect; the real library's from_json loads it.
// Names that are empty are written as a fresh session would choose them.
std::string ArchitectureToKerasJson(const ArchitectureSpec& architecture);

// Fills in defaults, drops nothing, checks every key, type and range against the class's schema
// and infers all shapes. Returns the architecture with each config complete.
Result<ArchitectureSpec> Validate(const ArchitectureSpec& architecture);

}  // namespace weightproof
