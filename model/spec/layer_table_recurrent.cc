// SimpleRNN, LSTM, GRU. Gate order and shapes: keras-formats 6.1 and 6.2.
#include <algorithm>
#include <iterator>

#include "model/spec/layer_table.h"

namespace weightproof::table {
namespace {

Result<Shape> RecurrentShape(const Config& config, const Shape& input) {
  if (input.back() < 0) return BadShape("the last dimension of an RNN's input must be known");
  const std::int64_t units = GetInt(config, "units");
  if (!GetBool(config, "return_sequences")) return Shape{units};
  return Shape{input.front(), units};
}

template <int kGates>
std::vector<VariableSchema> RecurrentVariables(const Config& config, const Shape& input) {
  const std::int64_t units = GetInt(config, "units");
  const std::int64_t columns = kGates * units;
  std::vector<VariableSchema> out{{.role = "kernel", .shape = {input.back(), columns}},
                                  {.role = "recurrent_kernel", .shape = {units, columns}}};
  if (GetBool(config, "use_bias")) {
    const bool two_rows = kGates == 3 && GetBool(config, "reset_after");
    out.push_back({.role = "bias", .shape = two_rows ? Shape{2, columns} : Shape{columns}});
  }
  return out;
}

std::vector<KeySchema> Keys(bool gated) {
  std::vector<KeySchema> keys{Units("units"),
                              Activation("activation", "tanh"),
                              Bool("use_bias", true),
                              Bool("return_sequences", false),
                              Bool("go_backwards", false),
                              Bool("zero_output_for_mask", false)};
  if (gated) keys.push_back(Activation("recurrent_activation", "sigmoid"));
  return keys;
}

std::vector<ForgottenKey> Forgotten(bool gated) {
  const auto strict = [](std::string_view key, KeyDialects dialects) {
    return ForgottenKey{.key = key, .json = "false", .dialects = dialects, .must_be_default = true};
  };
  std::vector<ForgottenKey> out =
      Join({{Initializer("kernel_initializer", "GlorotUniform"),
             Initializer("recurrent_initializer", "Orthogonal"),
             Initializer("bias_initializer", "Zeros"),
             strict("return_state", KeyDialects::kBoth),
             strict("stateful", KeyDialects::kBoth),
             strict("time_major", KeyDialects::kTfKerasOnly),
             {.key = "unroll", .json = "false"},
             {.key = "dropout", .json = "0.0"},
             {.key = "recurrent_dropout", .json = "0.0"}},
            Nulls({"kernel_regularizer", "recurrent_regularizer", "bias_regularizer",
                   "activity_regularizer", "kernel_constraint", "recurrent_constraint",
                   "bias_constraint"})});
  out.push_back({.key = "seed", .json = gated ? "null" : "", .dialects = KeyDialects::kKeras3Only});
  out.push_back(
      {.key = "implementation", .json = gated ? "2" : "", .dialects = KeyDialects::kTfKerasOnly});
  return out;
}

Result<Shape> CellShape(const Config& config, const Shape& input) {
  if (input.back() < 0) return BadShape("the last dimension of a cell's input must be known");
  return Shape{GetInt(config, "units")};
}

// The cell of a layer: the same weights and keys but those of the sequence.
LayerSchema Cell(const LayerSchema& layer, std::string_view class_name) {
  LayerSchema cell = layer;
  cell.class_name = class_name;
  cell.snake_name = layer.cell_scope;
  cell.weights_h5_owner = cell.cell_scope = {};
  cell.is_cell = true;
  cell.without_forward = true;
  cell.input_rank_min = cell.input_rank_max = 1;
  cell.output_shape = CellShape;
  constexpr std::string_view kOfSequences[] = {
      "return_sequences", "go_backwards", "zero_output_for_mask", "return_state",  "stateful",
      "time_major",       "unroll",       "activity_regularizer", "implementation"};
  const auto of_sequences = [&](const auto& key) {
    return std::ranges::find(kOfSequences, key.key) != std::end(kOfSequences);
  };
  std::erase_if(cell.keys, of_sequences);
  std::erase_if(cell.forgotten, of_sequences);
  return cell;
}

}  // namespace

void AddRecurrentLayers(std::vector<LayerSchema>& out) {
  const std::size_t first = out.size();
  out.push_back({.class_name = "SimpleRNN",
                 .snake_name = "simple_rnn",
                 .weights_h5_owner = "cell",
                 .cell_scope = "simple_rnn_cell",
                 .input_rank_min = 2,
                 .input_rank_max = 2,
                 .keys = Keys(false),
                 .forgotten = Forgotten(false),
                 .output_shape = RecurrentShape,
                 .variables = RecurrentVariables<1>});
  LayerSchema lstm{.class_name = "LSTM",
                   .snake_name = "lstm",
                   .weights_h5_owner = "cell",
                   .cell_scope = "lstm_cell",
                   .input_rank_min = 2,
                   .input_rank_max = 2,
                   .keys = Keys(true),
                   .forgotten = Forgotten(true),
                   .output_shape = RecurrentShape,
                   .variables = RecurrentVariables<4>};
  lstm.keys.push_back(Inert(Bool("unit_forget_bias", true)));
  out.push_back(std::move(lstm));
  LayerSchema gru{.class_name = "GRU",
                  .snake_name = "gru",
                  .weights_h5_owner = "cell",
                  .cell_scope = "gru_cell",
                  .input_rank_min = 2,
                  .input_rank_max = 2,
                  .keys = Keys(true),
                  .forgotten = Forgotten(true),
                  .output_shape = RecurrentShape,
                  .variables = RecurrentVariables<3>};
  gru.keys.push_back(Bool("reset_after", true));
  out.push_back(std::move(gru));
  out.push_back(Cell(out[first], "SimpleRNNCell"));
  out.push_back(Cell(out[first + 1], "LSTMCell"));
  out.push_back(Cell(out[first + 2], "GRUCell"));
}

}  // namespace weightproof::table
