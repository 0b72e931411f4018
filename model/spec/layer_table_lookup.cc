// Lookup layers: integers become their places in a vocabulary.
#include "model/spec/layer_table.h"

namespace weightproof::table {

// In tf-keras the vocabulary stands in the config only if the constructor was given it. One that is
// taken in later is state beside the weights (step `vocabulary`).
void AddLookupLayers(std::vector<LayerSchema>& out) {
  KeySchema vocabulary = Nullable(Int("vocabulary", 0, 0));
  vocabulary.type = KeyType::kInts;
  const auto default_only = [](std::string_view key, std::string_view json) {
    return ForgottenKey{.key = key, .json = json, .must_be_default = true};
  };
  out.push_back(
      {.class_name = "IntegerLookup",
       .snake_name = "integer_lookup",
       .without_forward = true,
       .keys = {vocabulary, Int("num_oov_indices", 1, 1), Nullable(Int("mask_token", 0, 0))},
       .forgotten = Join(
           {Nulls({"max_tokens", "vocabulary_size"}),
            {default_only("oov_token", "-1"), default_only("output_mode", "\"int\""),
             default_only("invert", "false"), default_only("sparse", "false"),
             default_only("pad_to_max_tokens", "false"),
             default_only("vocabulary_dtype", "\"int64\""), default_only("idf_weights", "null")}}),
       .output_shape = SameShape});
}

}  // namespace weightproof::table
