#include "fuzz/load_seeds.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "fuzz/checkpoint_models.h"
#include "fuzz/seed_edits.h"
#include "model/checkpoint/hdf5.h"

namespace weightproof::fuzz {
namespace {

// Element j of variable i is 16 i + j modulo 100: a number of every type.
std::vector<Tensor> Numbers(const Network& network) {
  std::vector<Tensor> tensors;
  for (const VariablePlan* plan : network.variable_plans()) {
    auto next = static_cast<int>(16 * tensors.size());
    Tensor& tensor = tensors.emplace_back(DType::kFloat32, plan->shape);
    for (float& element : tensor.values<float>()) element = static_cast<float>(next++ % 100);
  }
  return tensors;
}

void ForEachDataset(Group& group, const std::function<void(Dataset&)>& change) {
  for (Child& child : group.children) {
    if (child.dataset() != nullptr) {
      change(*child.dataset());
    } else {
      ForEachDataset(*child.group(), change);
    }
  }
}

Dataset& FirstDataset(Group& group) {
  Dataset* first = nullptr;
  ForEachDataset(group,
                 [&first](Dataset& dataset) { first = first == nullptr ? &dataset : first; });
  return *first;
}

// `to`: a type that the numbers fit in.
void Retype(Dataset& dataset, DType to) {
  StoredArray& value = dataset.value;
  Tensor tensor(DType::kFloat32, value.shape);
  std::ranges::copy(value.bytes, tensor.bytes().begin());
  if (to == DType::kInt8) {
    std::vector<std::byte>& bytes = value.bytes.Own();
    bytes.clear();
    for (const float element : tensor.values<float>()) {
      bytes.push_back(static_cast<std::byte>(static_cast<std::int8_t>(element)));
    }
  } else {
    const Tensor converted = Convert(tensor, to).value();
    value.bytes.Own().assign(converted.bytes().begin(), converted.bytes().end());
  }
  value.type.dtype = to;
  value.type.size = DTypeSize(to);
  if (to == DType::kBFloat16) {  // as Keras 3 stores it
    value.type.cls = StoredClass::kOpaque;
    SetAttribute(dataset.attributes, StringAttribute("dtype", "bfloat16"));
  }
}

void StoreEveryWay(Group& root) {
  int way = 0;
  ForEachDataset(root, [&way](Dataset& dataset) {
    switch (way++ % 6) {
      case 0:
        return Retype(dataset, DType::kFloat16);
      case 1:
        return Retype(dataset, DType::kBFloat16);
      case 2:
        return Retype(dataset, DType::kInt8);
      case 3:
        dataset.value.type.big_endian = true;
        return;
      case 4:
        dataset.storage = {dataset.value.shape, 9, true, true};
        return;
      default:
        return;
    }
  });
}

void AddTensor(Group& root, const std::string& path) {
  Dataset dataset;
  dataset.value.shape = {2};
  dataset.value.bytes = std::vector<std::byte>(8);
  AddChild(*EnsureGroup(root, path), {path.substr(path.rfind('/') + 1), std::move(dataset)});
}

bool DropDataset(Group& group) {
  const auto first =
      std::ranges::find_if(group.children, [](Child& child) { return child.dataset() != nullptr; });
  if (first != group.children.end()) {
    group.children.erase(first);
    return true;
  }
  return std::ranges::any_of(group.children,
                             [](Child& child) { return DropDataset(*child.group()); });
}

std::vector<SeedEdit> Edits(CheckpointFamily family) {
  const std::string extra = family == CheckpointFamily::kLegacyH5 ? "dense/extra" : "extra/vars/0";
  return {
      {"plain", "by our own writer", true, [](Group&) {}},
      {"every-storage", "loads: float16, bfloat16, int8, big-endian, chunks with every filter",
       true, StoreEveryWay},
      {"float64", "refused: a float64 tensor could lose bits", false,
       [](Group& root) { Retype(FirstDataset(root), DType::kFloat64); }},
      {"another-shape", "refused: a tensor of another shape", false,
       [](Group& root) {
         Shape& shape = FirstDataset(root).value.shape;
         shape.insert(shape.begin(), 1);
       }},
      {"one-tensor-more", "refused: a tensor that no variable takes", false,
       [extra](Group& root) { AddTensor(root, extra); }},
      {"one-tensor-less", "refused: a tensor is missing", false, DropDataset},
  };
}

bool SameOptions(const LoadOptions& a, const LoadOptions& b) {
  return a.by_name == b.by_name && a.skip_mismatch == b.skip_mismatch && a.partial == b.partial &&
         a.trust_auto_names == b.trust_auto_names && a.assume_order == b.assume_order &&
         a.allow_narrowing == b.allow_narrowing;
}

std::vector<std::byte> FileOf(const Group& root, const std::string& name) {
  Result<std::vector<std::byte>> bytes = WriteHdf5(root);
  if (bytes) return *std::move(bytes);
  std::fprintf(stderr, "%s: %s\n", name.c_str(), bytes.error().Text().c_str());
  std::_Exit(3);
}

// The digest chooses the options, and the model where the number of tensors does not: an attribute
// that nothing reads is counted up until it chooses those.
LoadSeed Made(std::string name, std::string reason, const SeedEdit& edit, Group root,
              const Network& network) {
  edit.change(root);
  std::vector<std::byte> bytes = FileOf(root, name);
  const auto chosen = [&] {
    return (!edit.options || SameOptions(OptionsFor(bytes), *edit.options)) &&
           (!edit.changes_number ||
            &CheckpointModels()[ModelFor(bytes, CheckpointModels())] == &network);
  };
  for (int salt = 0; !chosen(); ++salt) {
    SetAttribute(root.attributes, StringAttribute(kSalt, std::to_string(salt)));
    bytes = FileOf(root, name);
  }
  return {std::move(name), std::move(reason), edit.loads, std::move(bytes)};
}

}  // namespace

Group PlainCheckpoint(CheckpointFamily family, const Network& network) {
  const Format format =
      family == CheckpointFamily::kLegacyH5 ? Format::kLegacyH5 : Format::kWeightsH5;
  return Encode(format, network.plan(), Numbers(network)).value();
}

const Network& ModelCalled(std::string_view name) {
  const auto names = CheckpointModelNames();
  const auto at = std::ranges::find(names, name) - names.begin();
  return CheckpointModels()[static_cast<std::size_t>(at)];
}

std::vector<LoadSeed> LoadSeeds(CheckpointFamily family) {
  std::vector<LoadSeed> seeds;
  for (const std::string_view name : {kDenseStack, kSiblings[0], kSiblings[1]}) {
    const Network& network = ModelCalled(name);
    const Group plain = PlainCheckpoint(family, network);
    const char* what = name == kDenseStack ? "" : "; equal layers in a nested model, one frozen";
    for (const SeedEdit& edit : Edits(family)) {
      seeds.push_back(Made(std::string(name) + "-" + edit.name + ".h5", edit.reason + what, edit,
                           plain, network));
    }
  }
  const auto add = [&](const std::vector<SeedEdit>& edits, std::string_view model,
                       const Group& root) {
    for (const SeedEdit& edit : edits) {
      seeds.push_back(Made(edit.name + ".h5", edit.reason, edit, root, ModelCalled(model)));
    }
  };
  const auto plain = [&](std::string_view model) {
    return PlainCheckpoint(family, ModelCalled(model));
  };
  if (family == CheckpointFamily::kLegacyH5) {
    add(EditsOfSmallLegacy(), kDenseStack, SmallLegacy());
    add(EditsOfLegacy(), kDenseStack, plain(kDenseStack));
    add(EditsOfSiblings(), kSiblings[0], plain(kSiblings[0]));
    const Network& whole = ModelCalled(kSiblings[1]);
    add(EditsOfWholeModel(), kSiblings[1],
        Encode(Format::kLegacyH5Model, whole.plan(), Numbers(whole)).value());
  } else {
    add(EditsOfWeightsH5(), kDenseStack, plain(kDenseStack));
  }
  return seeds;
}

}  // namespace weightproof::fuzz
