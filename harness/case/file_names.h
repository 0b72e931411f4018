// What the writer's file has in it, by the rules of the formats (keras-formats 1.1, 3.1, 3.2), so
// that damage can name it. Only for this folder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/case/case.h"
#include "model/spec/plan.h"

namespace weightproof {

struct FileDataset {
  std::string path;
  Shape shape;
  DType dtype = DType::kFloat32;
};

struct FileNameList {
  std::string path;       // group; "" is the root
  std::string attribute;  // "layer_names", "weight_names"
  std::vector<std::string> strings;
};

struct FileNames {
  std::vector<FileDataset> datasets;  // of weights
  std::vector<std::string> groups;    // of layers that own weights
  std::vector<FileNameList> lists;    // legacy; those that need no chunking
};

// Of an archive: of the weights in it.
FileNames NamesInFile(const ModelPlan& plan, RouteFormat format);

// Every edit names things that are there (each edit is held against the undamaged file).
bool DamageApplies(const std::vector<Damage>& damage, const FileNames& names);

// The damage with names of `from` replaced by those of `to` at the same ordinal, counted from the
// front or from the back. Edits that have no counterpart are dropped.
std::vector<Damage> TranslateDamage(const std::vector<Damage>& damage, const FileNames& from,
                                    const FileNames& to, bool from_back);

}  // namespace weightproof
