#include <algorithm>
#include <utility>

#include "fuzz/seed_edits.h"

namespace weightproof::fuzz {
namespace {

// The first dense layer of kDenseStack and its kernel.
const std::string kFirst = "dense_1";
const std::string kFirstKernel = "dense_1/sequential/dense_1/kernel";

// A list beside that says the same, and a number where Keras puts none.
void AddOddChunks(Group& root) {
  for (const char* name : {"layer_names00", "layer_namesX", "layer_names12345678"}) {
    SetTexts(root, "", name, {"elsewhere"});
  }
}

void CutListInChunks(Group& root) {
  const Texts names = TextsOf(root, "", "layer_names");
  SetTexts(root, "", "layer_names0", {names.begin(), names.begin() + 1});
  SetTexts(root, "", "layer_names1", {names.begin() + 1, names.end()});
}

// The first dense layer, its group and the names of its weights.
void RenameFirst(Group& root, const std::string& name) {
  Texts layers = TextsOf(root, "", "layer_names");
  std::ranges::replace(layers, kFirst, name);
  SetTexts(root, "", "layer_names", layers);
  MoveChild(root, kFirst + "/sequential/" + kFirst, name);
  MoveChild(root, kFirst, name);
  SetTexts(root, name, "weight_names",
           {"sequential/" + name + "/kernel", "sequential/" + name + "/bias"});
}

}  // namespace

std::vector<SeedEdit> EditsOfLegacy() {
  const auto swapped = [](Group& root) {
    Texts names = TextsOf(root, "", "layer_names");
    std::swap(*std::ranges::find(names, "dense_1"), *std::ranges::find(names, "dense_2"));
    SetTexts(root, "", "layer_names", names);
  };
  // One weight of the second layer in the list of the first: as many in all.
  const auto shifted = [](Group& root) {
    MoveTo(root, "dense_2/sequential/dense_2/bias", "dense_1/sequential/dense_1/more");
    SetTexts(root, "dense_2", "weight_names", {"sequential/dense_2/kernel"});
    SetTexts(root, kFirst, "weight_names",
             {"sequential/dense_1/kernel", "sequential/dense_1/bias", "sequential/dense_1/more"});
  };
  const auto renamed = [](const char* name) {
    return [name](Group& root) { RenameFirst(root, name); };
  };
  return {
      {"chunks", "loads: the list of layers in two parts", true,
       [](Group& root) {
         CutListInChunks(root);
         DropAttribute(root, "", "layer_names");
       }},
      {"chunks-beside-the-list", "loads: the list of layers, and the same in parts", true,
       CutListInChunks},
      {"chunks-of-odd-numbers", "loads: attributes that only look like parts of a list", true,
       AddOddChunks},
      {"by-name", "loads, by name too", true, [](Group&) {}, LoadOptions{.by_name = true}},
      {"by-name-elsewhere", "refused, by name too: automatic names at other places", false, swapped,
       LoadOptions{.by_name = true}},
      {"by-name-trusted", "loads by name alone, automatic names trusted", false, swapped,
       LoadOptions{.by_name = true, .trust_auto_names = true}},
      {"by-name-unknown", "loads by order; by name neither side knows the other's layer", true,
       renamed("first"), LoadOptions{.by_name = true}},
      {"by-name-partial", "loads by order; by name all but a layer that one side has", true,
       renamed("first"), LoadOptions{.by_name = true, .partial = true}},
      {"by-name-skipping", "refused: a weight too many; by name such layers are skipped", false,
       shifted, LoadOptions{.by_name = true, .skip_mismatch = true}},
      {"by-name-one-more", "refused, by name too: a weight too many", false, shifted,
       LoadOptions{.by_name = true}},
      {"by-name-and-a-layer-more", "refused, by name too: a layer that the model does not have",
       false,
       [](Group& root) {
         MoveTo(root, "dense_2/sequential/dense_2/bias", "extra/extra/bias");
         SetTexts(root, "dense_2", "weight_names", {"sequential/dense_2/kernel"});
         SetTexts(root, "extra", "weight_names", {"extra/bias"});
         Texts names = TextsOf(root, "", "layer_names");
         names.emplace_back("extra");
         SetTexts(root, "", "layer_names", names);
       },
       LoadOptions{.by_name = true, .skip_mismatch = true}},
      {"name-of-another-class", "refused: a layer that is a GRU by its name", false,
       renamed("gru")},
      {"roles-swapped", "refused: the lists call the kernel a bias", false,
       [](Group& root) {
         SetTexts(root, kFirst, "weight_names",
                  {"sequential/dense_1/bias", "sequential/dense_1/kernel"});
       }},
      {"scopes-mixed", "refused: a layer's weights are called those of two", false,
       [](Group& root) {
         MoveTo(root, "dense_1/sequential/dense_1/bias", "dense_1/other/bias");
         SetTexts(root, kFirst, "weight_names", {"sequential/dense_1/kernel", "other/bias"});
       }},
      {"owner-differs", "loads with assume_order: weights called those of another layer", false,
       [](Group& root) {
         MoveChild(root, "dense_1/sequential/dense_1", "dense_9");
         SetTexts(root, kFirst, "weight_names",
                  {"sequential/dense_9/kernel", "sequential/dense_9/bias"});
       },
       LoadOptions{.assume_order = true}},
      {"shape-skipped", "loads with skip_mismatch: a tensor of another shape", false,
       [](Group& root) { PutZeros(root, kFirstKernel, {3, 6}); },
       LoadOptions{.skip_mismatch = true}},
      {"null-space", "refused: a tensor without elements", false,
       [](Group& root) {
         PutZeros(root, kFirstKernel, {0});
         DatasetAt(root, kFirstKernel).value.shape = {};
         DatasetAt(root, kFirstKernel).value.null_space = true;
       }},
      {"texts", "refused: texts where numbers are due", false,
       [](Group& root) { HoldTexts(DatasetAt(root, kFirstKernel)); }},
      {"float64-narrowed", "loads with allow_narrowing: float64", false,
       [](Group& root) {
         StoredArray& value = DatasetAt(root, kFirstKernel).value;
         value.type.dtype = DType::kFloat64;
         value.type.size = 8;
         value.bytes = std::vector<std::byte>(2 * value.bytes.size());
       },
       LoadOptions{.allow_narrowing = true}},
      {"silent-layer-missing", "loads, and says so: no activation where the model has one", true,
       [](Group& root) {
         Texts names = TextsOf(root, "", "layer_names");
         std::erase(names, "activation_1");
         SetTexts(root, "", "layer_names", names);
         DropChild(root, "activation_1");
       }},
      {"keras-version-of-neither", "loads: a version that tells no library", true,
       [](Group& root) { SetAttribute(root.attributes, StringAttribute("keras_version", "0")); }},
      {"bools", "loads, and says so: bools where float32 is due", true,
       [](Group& root) {
         StoredArray& value = DatasetAt(root, kFirstKernel).value;
         value.type.dtype = DType::kBool;
         value.type.size = 1;
         value.bytes = std::vector<std::byte>(value.bytes.size() / 4);
       }},
      {"silent-layers-differ", "loads, and says so: a ReLU that the model does not have", true,
       [](Group& root) {
         Texts names = TextsOf(root, "", "layer_names");
         names.emplace_back("re_lu");
         SetTexts(root, "", "layer_names", names);
         AddChild(root, {"re_lu", Group{}});
         SetTexts(root, "re_lu", "weight_names", {});
       }},
  };
}

}  // namespace weightproof::fuzz
