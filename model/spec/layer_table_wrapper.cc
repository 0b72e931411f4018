// Layers that hold other layers, and the cells that stand in an RNN (keras-formats 6.1). What a
// wrapper's inner layers do to its shape stands in wrapper.cc.
#include "model/spec/layer_table.h"

namespace weightproof::table {
namespace {

Result<Shape> SequenceShape(const Config&, const Shape& input) {
  if (input.back() < 0) return BadShape("the last dimension of an RNN's input must be known");
  return input;
}

LayerSchema Wrapper(std::string_view class_name, std::string_view snake_name) {
  return {.class_name = class_name,
          .snake_name = snake_name,
          .is_wrapper = true,
          .without_forward = true,
          .input_rank_min = 2,
          .input_rank_max = 2,
          .output_shape = SequenceShape};
}

}  // namespace

void AddWrappers(std::vector<LayerSchema>& out) {
  LayerSchema bidirectional = Wrapper("Bidirectional", "bidirectional");
  bidirectional.keys = {Choice("merge_mode", "concat", {"concat", "sum", "mul", "ave"})};
  out.push_back(std::move(bidirectional));

  LayerSchema distributed = Wrapper("TimeDistributed", "time_distributed");
  distributed.input_rank_max = 16;
  distributed.output_shape = SameShape;
  out.push_back(std::move(distributed));

  LayerSchema rnn = Wrapper("RNN", "rnn");
  rnn.keys = {Bool("return_sequences", false), Bool("go_backwards", false),
              Bool("zero_output_for_mask", false)};
  const auto strict = [](std::string_view key, KeyDialects dialects) {
    return ForgottenKey{.key = key, .json = "false", .dialects = dialects, .must_be_default = true};
  };
  rnn.forgotten = {strict("return_state", KeyDialects::kBoth),
                   strict("stateful", KeyDialects::kBoth),
                   strict("time_major", KeyDialects::kTfKerasOnly),
                   {.key = "unroll", .json = "false"}};
  out.push_back(std::move(rnn));
}

}  // namespace weightproof::table
