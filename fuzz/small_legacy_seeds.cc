#include <utility>

#include "fuzz/seed_edits.h"

namespace weightproof::fuzz {
namespace {

void SetConfig(Group& root, const char* json) {
  SetAttribute(root.attributes, StringAttribute("model_config", json));
}

}  // namespace

Group SmallLegacy() {
  Group root;
  SetTexts(root, "", "layer_names", {"dense"});
  SetAttribute(root.attributes, StringAttribute("keras_version", "2.15.0"));
  PutZeros(root, "dense/dense/kernel:0", {2, 2});
  SetTexts(root, "dense", "weight_names", {"dense/kernel:0"});
  return root;
}

std::vector<SeedEdit> EditsOfSmallLegacy() {
  const auto layer_names = [](const Attribute& attribute) {
    return [attribute](Group& root) { SetAttribute(root.attributes, attribute); };
  };
  const auto layers = [](const Texts& texts) {
    return [texts](Group& root) { SetTexts(root, "", "layer_names", texts); };
  };
  const auto weights = [](const Texts& texts) {
    return [texts](Group& root) { SetTexts(root, "dense", "weight_names", texts); };
  };
  Attribute null_space = NumbersAttribute("layer_names", {0});
  null_space.value.null_space = true;
  null_space.value.shape = {};
  return {
      {"layer-names-one-text", "refused: a text where a list of layers is due", false,
       layer_names(StringAttribute("layer_names", "dense"))},
      {"layer-names-numbers", "refused: numbers where a list of layers is due", false,
       layer_names(NumbersAttribute("layer_names", {1}))},
      {"layer-names-null", "refused: no elements where a list of layers is due", false,
       layer_names(null_space)},
      {"layer-names-not-utf8", "refused: a layer's name that is not UTF-8", false,
       layers({"dense", "\xff"})},
      {"layer-names-beyond-ascii", "refused by its model only: names of two, three and four bytes",
       false,
       [](Group& root) {
         const std::string name = "\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x98\x80";
         SetTexts(root, "", "layer_names", {name});
         MoveChild(root, "dense", name);
       }},
      {"layer-names-overlong", "refused: a layer's name with an overlong form of UTF-8", false,
       layers({"dense", "\xe0\x80\x80"})},
      {"layer-names-broken-off", "refused: a layer's name with half of a letter", false,
       layers({"dense", "\xc3("})},
      {"layer-names-empty-name", "refused: a layer without a name", false, layers({"dense", ""})},
      {"layer-names-twice", "refused: a layer listed twice", false, layers({"dense", "dense"})},
      {"layer-names-of-no-group", "refused: a layer listed that is not there", false,
       layers({"dense", "gone"})},
      {"layer-names-of-a-tensor", "refused: a layer listed that is a tensor", false,
       layers({"dense", "dense/dense/kernel:0"})},
      {"layer-names-missing", "refused: no list of layers, in a whole model", false,
       [](Group& root) {
         DropAttribute(root, "", "layer_names");
         Group whole;
         AddChild(whole, {"model_weights", std::move(root)});
         root = std::move(whole);
       }},
      {"layer-names-missing-weights-alone", "refused: no list of layers, in a file of weights",
       false, [](Group& root) { DropAttribute(root, "", "layer_names"); }},
      {"chunks-with-a-gap", "refused: part 1 of the list of layers is missing", false,
       [](Group& root) {
         DropAttribute(root, "", "layer_names");
         SetTexts(root, "", "layer_names0", {"dense"});
         SetTexts(root, "", "layer_names2", {"dense_1"});
       }},
      {"chunks-one-text", "refused: a text where a part of the list of layers is due", false,
       [](Group& root) {
         DropAttribute(root, "", "layer_names");
         SetAttribute(root.attributes, StringAttribute("layer_names0", "dense"));
       }},
      {"chunks-that-contradict", "refused: the list of layers and its parts differ", false,
       [](Group& root) { SetTexts(root, "", "layer_names0", {"dense_1"}); }},
      {"weight-names-missing", "refused: no list of a layer's weights", false,
       [](Group& root) { DropAttribute(root, "dense", "weight_names"); }},
      {"weight-names-one-text", "refused: a text where a list of weights is due", false,
       [](Group& root) {
         SetAttribute(AttributesOf(root, "dense"),
                      StringAttribute("weight_names", "dense/kernel:0"));
       }},
      {"weight-names-twice", "refused: a weight listed twice", false,
       weights({"dense/kernel:0", "dense/kernel:0"})},
      {"weight-names-of-nothing", "refused: a weight listed that is not there", false,
       weights({"dense/kernel:0", "dense/bias:0"})},
      {"weight-names-of-a-group", "refused: a weight listed that is a group", false,
       weights({"dense"})},
      {"weight-names-empty", "refused: an empty list over a group that holds a tensor", false,
       weights({})},
      {"weightless-over-a-layer", "refused by its model only: a layer a/b inside a weightless a",
       false,
       [](Group& root) {
         SetTexts(root, "", "layer_names", {"dense", "dense/dense"});
         SetTexts(root, "dense", "weight_names", {});
         SetTexts(root, "dense/dense", "weight_names", {"kernel:0"});
       }},
      {"keras-1", "refused: written by Keras 1", false,
       [](Group& root) {
         SetAttribute(root.attributes, StringAttribute("keras_version", "1.2.2"));
       }},
      {"keras-version-two-texts", "refused: two texts where a version is due", false,
       [](Group& root) { SetTexts(root, "", "keras_version", {"2.15.0", "2.15.0"}); }},
      {"own-weights-unlisted", "refused: no list of the model's own weights", false,
       [](Group& root) { PutZeros(root, "top_level_model_weights/scale:0", {}); }},
      {"own-weights-twice", "refused: one of the model's own weights listed twice", false,
       [](Group& root) {
         PutZeros(root, "top_level_model_weights/scale:0", {});
         SetTexts(root, "top_level_model_weights", "weight_names", {"scale:0", "scale:0"});
       }},
      {"of-no-format", "refused: an HDF5 file that is none of the formats", false,
       [](Group& root) {
         DropAttribute(root, "", "layer_names");
         DropAttribute(root, "dense", "weight_names");
       }},
      {"config-of-two-texts", "refused: two texts where the model's config is due", false,
       [](Group& root) { SetTexts(root, "", "model_config", {"{}", "{}"}); }},
      {"config-that-is-no-json", "refused: a config cut short", false,
       [](Group& root) { SetConfig(root, "{\"class_name\": "); }},
      {"config-of-no-shape", "refused: a config whose layers do not fit each other", false,
       [](Group& root) {
         SetConfig(root,
                   R"({"class_name": "Sequential", "config": {"name": "m", "layers": [)"
                   R"({"class_name": "InputLayer", "config": {"batch_input_shape": [null, 4]}}, )"
                   R"({"class_name": "Conv2D", "config": {"filters": 2, )"
                   R"("kernel_size": [2, 2]}}]}})");
       }},
      {"config-of-a-huge-layer", "refused before memory is taken: a config of 4 billion weights",
       false,
       [](Group& root) {
         SetConfig(
             root,
             R"({"class_name": "Sequential", "config": {"name": "m", "layers": [)"
             R"({"class_name": "InputLayer", "config": {"batch_input_shape": [null, 65536]}}, )"
             R"({"class_name": "Dense", "config": {"units": 65536, "use_bias": false}}]}})");
       }},
  };
}

}  // namespace weightproof::fuzz
