#include <utility>

#include "fuzz/seed_edits.h"

namespace weightproof::fuzz {
namespace {

const std::string kVars = "layers/dense/vars";  // of the first dense layer

}  // namespace

std::vector<SeedEdit> EditsOfWeightsH5() {
  const auto named = [](const Texts& texts) {
    return [texts](Group& root) { SetTexts(root, kVars, "name", texts); };
  };
  return {
      {"name-of-two-texts", "refused: two texts where a name is due", false, named({"a", "b"})},
      {"name-not-utf8", "refused: a name that is not UTF-8", false, named({"\xff"})},
      {"name-of-another-class", "refused: a layer that is a GRU by its name", false,
       named({"gru"})},
      {"renamed", "loads, and says so: a name that only the file knows", true, named({"first"})},
      {"without-names", "loads: no names, as tf-keras writes it", true,
       [](Group& root) {
         DropChild(root, "vars");
         DropAttribute(root, kVars, "name");
       }},
      {"checkpoint-dependencies", "loads: layers where TensorFlow 2.12 puts them", true,
       [](Group& root) { MoveChild(root, "layers", "_layer_checkpoint_dependencies"); }},
      {"vars-missing", "refused, loads with partial: a layer without its group", false,
       [](Group& root) { DropChild(root, kVars); }, LoadOptions{.partial = true}},
      {"vars-skipped", "refused, loads with skip_mismatch: a layer without its group", false,
       [](Group& root) { DropChild(root, kVars); }, LoadOptions{.skip_mismatch = true}},
      {"one-variable-more", "refused, loads with skip_mismatch: a variable too many", false,
       [](Group& root) { PutZeros(root, kVars + "/2", {3}); }, LoadOptions{.skip_mismatch = true}},
      {"key-of-another-number", "refused: variables 0 and 7", false,
       [](Group& root) { MoveChild(root, kVars + "/1", "7"); }},
      {"key-of-a-group", "refused: a group where a variable is due", false,
       [](Group& root) {
         DropChild(root, kVars + "/1");
         PutZeros(root, kVars + "/1/0", {3});
       }},
      {"shape-skipped", "loads with skip_mismatch: a tensor of another shape", false,
       [](Group& root) { PutZeros(root, kVars + "/0", {3, 6}); },
       LoadOptions{.skip_mismatch = true}},
      {"other-state", "loads: state of an optimizer, a metric and a seed beside", true,
       [](Group& root) {
         PutZeros(root, "optimizer/vars/0", {});
         PutZeros(root, "metrics/mean/vars/0", {});
         PutZeros(root, "layers/dropout/seed_generator/vars/0", {2});
       }},
      {"silent-layers-differ", "loads, and says so: a ReLU that the model does not have", true,
       [](Group& root) { AddChild(*FindPath(root, "layers")->group(), {"re_lu", Group{}}); }},
      {"silent-layer-missing", "loads, and says so: an activation without a group", true,
       [](Group& root) { DropChild(root, "layers/activation_1"); }},
      {"opaque", "refused: pairs of bytes that nothing calls bfloat16", false,
       [](Group& root) {
         StoredArray& value = DatasetAt(root, kVars + "/0").value;
         value.bytes.Own().resize(value.bytes.size() / 2);
         value.type = {StoredClass::kOpaque, DType::kFloat32, 2, false, false};
       }},
      {"dtype-contradicts", "refused: float32 that is called bfloat16", false,
       [](Group& root) {
         SetAttribute(DatasetAt(root, kVars + "/0").attributes,
                      StringAttribute("dtype", "bfloat16"));
       }},
      {"by-name", "loads, and not by name, which the format does not have", true, [](Group&) {},
       LoadOptions{.by_name = true}},
      {"layers-alone", "refused: a group of layers with nothing in it", false,
       [](Group& root) {
         root = {};
         AddChild(root, {"layers", Group{}});
       }},
  };
}

}  // namespace weightproof::fuzz
