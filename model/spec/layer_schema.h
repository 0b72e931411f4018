// One table entry per layer class: its config keys, its variables, its shapes. Everything that
// knows layer classes by name (JSON, interpreter, forward pass, generator) reads this table.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"
#include "model/spec/architecture.h"
#include "model/tensor.h"

namespace weightproof {

enum class KeyType : std::uint8_t {
  kBool,
  kInt,
  kFloat,       // an integer is taken and becomes a double
  kString,      // one of `allowed`; any text where there is none
  kActivation,  // a name in ActivationNames(dialect); null becomes "linear"
  kInts,        // list of ints; where `rank` > 0 a single int is repeated `rank` times
  kIntOrInts,   // an int stays an int, a list stays a list (LayerNormalization's axis)
};

enum class KeyDialects : std::uint8_t { kBoth, kKeras3Only, kTfKerasOnly };

struct KeySchema {
  std::string_view key;  // as it stands in Config, both dialects: Keras 3's word
  KeyType type = KeyType::kInt;
  ConfigValue default_value;  // complete configs hold it when nothing was said
  bool required = false;      // the constructor of the real library has no default
  bool nullable = false;      // null is a value of its own
  bool inert = false;         // never moves an inference result nor a shape; not in NormalForm
  double minimum = -std::numeric_limits<double>::infinity();  // of every number in the value
  double maximum = std::numeric_limits<double>::infinity();
  std::vector<std::string_view> allowed;  // kString
  int rank = 0;                           // kInts: required length; 0: any, at least one
  KeyDialects dialects = KeyDialects::kBoth;
  std::string_view tf_keras_spelling;  // "alpha" for LeakyReLU's negative_slope; "": the same
};

// A key of the real library's JSON that says nothing about inference: accepted with any value and
// forgotten, written with the library's default. Not part of Config.
struct ForgottenKey {
  std::string_view key;
  std::string_view json;  // the default's JSON text
  KeyDialects dialects = KeyDialects::kBoth;
  bool must_be_default = false;  // another value would change the model: BadConfig
};

struct VariableSchema {
  std::string_view role;
  Shape shape;
  bool trainable = true;  // by kind
  bool positive = false;
  std::string_view tf_keras_name = {};  // where tf-keras calls it otherwise: "depthwise_kernel"
  DType dtype = DType::kFloat32;
  DType tf_keras_dtype = DType::kFloat32;
};

struct LayerSchema {
  std::string_view class_name;
  std::string_view snake_name;             // prefix of automatic names
  bool no_op = false;                      // computes nothing in inference, whatever its config
  std::string_view weights_h5_owner = {};  // "cell" for RNNs, else ""
  std::string_view cell_scope = {};  // "lstm_cell": sub-scope of the weights' legacy names; else ""
  bool tf_keras_has_cell_scope = true;
  bool is_wrapper = false;             // its variables belong to the layers that it holds
  bool takes_several = false;          // called on several tensors
  bool is_cell = false;                // stands in an RNN only
  bool without_forward = false;        // built, saved and loaded; model/layers does not compute it
  bool keras3_takes_trainable = true;  // SpatialDropout's constructor has no such argument
  int input_rank_min = 1;              // without batch
  int input_rank_max = 16;
  std::vector<KeySchema> keys = {};
  std::vector<ForgottenKey> forgotten = {};
  // `config` is complete and valid, `input` (without batch) within the ranks above; a dimension
  // may be -1 (unknown). Errors are ShapeInference with an empty place.
  Result<Shape> (*output_shape)(const Config& config, const Shape& input) = nullptr;
  // In creation order, trainable ones first. Every dimension needed must be known. nullptr: none.
  std::vector<VariableSchema> (*variables)(const Config& config, const Shape& input) = nullptr;

  const KeySchema* FindKey(std::string_view key) const;
};

// Sorted by class name. Sequential is among them, with no keys.
std::span<const LayerSchema> LayerSchemas();
const LayerSchema* FindLayerSchema(std::string_view class_name);  // nullptr: unknown

// Names that Activation and `activation` arguments take. "hard_sigmoid" means another function in
// each dialect; "swish" = "silu", "hard_swish" = "hard_silu".
std::span<const std::string_view> ActivationNames(Dialect dialect);

// The canonical, complete form of `config` for `class_name`: defaults filled in, ints widened to
// lists, activation null -> "linear", strides null -> pool_size, "swish" -> "silu", data_format
// null -> "channels_last". UnknownLayer, BadConfig (place = `place`/key).
Result<Config> CompleteConfig(std::string_view class_name, const Config& config, Dialect dialect,
                              const std::string& place = {});

// Output shape of one layer with a complete config. ShapeInference, LimitExceeded.
Result<Shape> InferShape(std::string_view class_name, const Config& config, const Shape& input,
                         const std::string& place = {});

// Class is a no-op in inference, or an Activation whose function is linear.
bool IsNoOp(std::string_view class_name, const Config& config);

// Values of a complete config. The key must be there and have the type.
bool GetBool(const Config& config, std::string_view key);
std::int64_t GetInt(const Config& config, std::string_view key);
double GetFloat(const Config& config, std::string_view key);
const std::string& GetString(const Config& config, std::string_view key);
std::vector<std::int64_t> GetInts(const Config& config, std::string_view key);  // int -> {int}
bool IsNull(const Config& config, std::string_view key);

}  // namespace weightproof
