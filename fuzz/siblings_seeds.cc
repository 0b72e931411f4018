#include <string_view>
#include <utility>

#include "fuzz/seed_edits.h"

namespace weightproof::fuzz {
namespace {

void Replace(std::string& text, std::string_view from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

}  // namespace

std::vector<SeedEdit> EditsOfSiblings() {
  const auto nested = [](const Texts& weights) {
    return [weights](Group& root) { SetTexts(root, "sequential", "weight_names", weights); };
  };
  const auto layers = [](const Texts& texts) {
    return [texts](Group& root) { SetTexts(root, "", "layer_names", texts); };
  };
  // The first of the nested layers under another name.
  const auto renamed = [](const char* name) {
    return [name](Group& root) {
      MoveChild(root, "sequential/sequential/dense_1", name);
      Texts weights = TextsOf(root, "sequential", "weight_names");
      weights[0] = "sequential/" + std::string(name) + "/kernel";
      weights[1] = "sequential/" + std::string(name) + "/bias";
      SetTexts(root, "sequential", "weight_names", weights);
    };
  };
  return {
      {"given-name-elsewhere", "refused by order; loads by name, automatic names trusted", false,
       layers({"sequential", "head", "batch_normalization", "dense_3"}),
       LoadOptions{.by_name = true, .trust_auto_names = true}},
      {"given-name-of-a-silent-layer", "refused: the name given here stands over no weights there",
       false,
       [](Group& root) {
         MoveChild(root, "head", "dense_9");
         MoveChild(root, "dense_9/sequential_1/head", "dense_9");
         SetTexts(root, "dense_9", "weight_names",
                  {"sequential_1/dense_9/kernel", "sequential_1/dense_9/bias"});
         AddChild(root, {"head", Group{}});
         SetTexts(root, "head", "weight_names", {});
         SetTexts(root, "", "layer_names",
                  {"sequential", "dense_3", "batch_normalization", "dense_9", "head"});
       }},
      {"nested-mixed", "refused: a nested layer would take weights of two", false,
       nested({"sequential/dense_1/kernel", "sequential/dense_2/bias", "sequential/dense_2/kernel",
               "sequential/dense_1/bias", "sequential/dense/kernel", "sequential/dense/bias"})},
      {"nested-twice", "refused: two nested layers would take weights of one", false,
       [](Group& root) {
         MoveTo(root, "sequential/sequential/dense/kernel",
                "sequential/sequential/dense_1/kernel:0");
         MoveTo(root, "sequential/sequential/dense/bias", "sequential/sequential/dense_1/bias:0");
         SetTexts(root, "sequential", "weight_names",
                  {"sequential/dense_1/kernel", "sequential/dense_1/bias",
                   "sequential/dense_2/kernel", "sequential/dense_2/bias",
                   "sequential/dense_1/kernel:0", "sequential/dense_1/bias:0"});
       }},
      {"nested-out-of-order", "loads with assume_order: equal nested layers, names descending",
       false,
       nested({"sequential/dense_2/kernel", "sequential/dense_2/bias", "sequential/dense/kernel",
               "sequential/dense/bias", "sequential/dense_1/kernel", "sequential/dense_1/bias"}),
       LoadOptions{.assume_order = true}},
      {"nested-of-another-class", "refused: a nested layer that is a GRU by its name", false,
       renamed("gru")},
      {"nested-without-a-number", "refused: a nested name that tells no place among equals", false,
       renamed("odd")},
      {"tensor-of-two-layers", "refused: one tensor in the lists of two layers", false,
       [](Group& root) {
         SetTexts(root, "", "layer_names",
                  {"sequential", "dense_3", "batch_normalization", "dense_3/sequential_1/dense_3"});
         SetTexts(root, "dense_3/sequential_1/dense_3", "weight_names", {"kernel", "bias"});
       }},
      {"own-weights", "refused: a weight of the model itself", false,
       [](Group& root) {
         PutZeros(root, "top_level_model_weights/scale", {});
         SetTexts(root, "top_level_model_weights", "weight_names", {"scale"});
       },
       std::nullopt, /*changes_number=*/true},
  };
}

std::vector<SeedEdit> EditsOfWholeModel() {
  // The names of two layers in the config; the weights keep theirs.
  const auto configured = [](const std::string& dense, const std::string& head) {
    return [=](Group& root) {
      std::string config = TextsOf(root, "", "model_config").front();
      Replace(config, "\"dense_3\"", "\"" + dense + "\"");
      Replace(config, "\"head\"", "\"" + head + "\"");
      SetAttribute(root.attributes, StringAttribute("model_config", config));
    };
  };
  return {
      {"model-that-has-no-file", "loads; saved again, a name is taken by the model's own weights",
       true, configured("dense_3", "top_level_model_weights")},
      {"model-of-a-name-in-a-tensor", "loads; saved again, a layer would stand inside a tensor",
       true, configured("a", "a/a/kernel:0")},
      {"model-of-a-name-in-a-name", "loads; saved again, a layer stands inside another", true,
       configured("a", "a/b")},
      {"model-of-names-exchanged", "loads as weights; as a model, config and weights contradict",
       true, configured("tail", "dense_3")},
      {"model-of-a-name-twice", "loads as weights; as a model, two layers have one name", true,
       configured("head", "head")},
  };
}

}  // namespace weightproof::fuzz
