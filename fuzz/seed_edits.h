// Edits of trees, and tables of them that make the seeds of fuzz_load_*.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/checkpoint/checkpoint.h"

namespace weightproof::fuzz {

// An edit of a sound tree that makes a seed.
struct SeedEdit {
  std::string name;
  std::string reason;
  bool loads = false;
  std::function<void(Group& root)> change;
  // The options that the file is also loaded with; none: whichever its digest chooses.
  std::optional<LoadOptions> options = std::nullopt;
  // The edit changes the number of tensors, by which the model is chosen.
  bool changes_number = false;
};

// What the name lists, attributes and tensors of a file may say wrongly or oddly: of a small tree
// that fits no model, where that is told before any model counts; of kDenseStack's and kSiblings'
// trees (load_seeds.h), the last also as a whole model.
Group SmallLegacy();
std::vector<SeedEdit> EditsOfSmallLegacy();
std::vector<SeedEdit> EditsOfLegacy();
std::vector<SeedEdit> EditsOfSiblings();
std::vector<SeedEdit> EditsOfWholeModel();
std::vector<SeedEdit> EditsOfWeightsH5();

// ---- Single edits. Paths lead somewhere; "" is the root ----

using Texts = std::vector<std::string>;

std::vector<Attribute>& AttributesOf(Group& root, const std::string& path);
void DropAttribute(Group& root, const std::string& path, std::string_view name);
void SetTexts(Group& root, const std::string& path, std::string name, Texts texts);
Texts TextsOf(Group& root, const std::string& path, std::string_view name);
Attribute NumbersAttribute(std::string name, Shape shape);  // zeros
void PutZeros(Group& root, const std::string& path, Shape shape);
void DropChild(Group& root, const std::string& path);
void MoveChild(Group& root, const std::string& from, std::string to);  // another name
void MoveTo(Group& root, const std::string& from, const std::string& to);
Dataset& DatasetAt(Group& root, const std::string& path);
void HoldTexts(Dataset& dataset);  // in place of its numbers

}  // namespace weightproof::fuzz
