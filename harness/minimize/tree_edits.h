// Edits of an HDF5 file's tree that keep what refers to each other together: a group and the name
// lists that list it, a layer and its entry in the model's config.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "model/checkpoint/tree.h"

namespace weightproof {

// "" is the root. Paths of groups first, outermost first, then of datasets.
std::vector<std::string> GroupPaths(const Group& root);
std::vector<std::string> DatasetPaths(const Group& root);

// nullptr: there is none.
Group* GroupAt(Group& root, const std::string& path);
std::vector<Attribute>* AttributesAt(Group& root, const std::string& path);

// Takes `name` out of the group at `path`. `everywhere`: also out of the name lists of the groups
// around it, and the layer of that name out of `model_config`. True when something but the child
// itself went.
bool RemoveChild(Group& root, const std::string& path, const std::string& name, bool everywhere);

// Numbers what is left in the group at `path` anew: dense_2 becomes dense_1 where that is free, 1
// becomes 0. True when a name changed.
bool NumberAnew(Group& root, const std::string& path);

// Another name, in the name lists too. False: the name is taken.
bool RenameChild(Group& root, const std::string& path, const std::string& name,
                 const std::string& to);

// The first elements along each axis. REQUIRES: the same rank, no axis longer than it was.
void CutToShape(StoredArray& value, const Shape& shape);

// Every dimension `from`, of every dataset and in `model_config`, becomes `to`.
void ResizeEverywhere(Group& root, std::int64_t from, std::int64_t to);

}  // namespace weightproof
