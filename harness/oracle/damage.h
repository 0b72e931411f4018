// Structural damage: edits to the tree of a file, made between save and load.
#pragma once

#include <string>
#include <vector>

#include "harness/case/case.h"
#include "model/checkpoint/tree.h"
#include "model/error.h"

namespace weightproof {

// Applies the edits of the tree in order; those of bytes are left to DamageBytes. BadConfig (place:
// the edit's path) when an edit does not apply to this tree: a path that leads nowhere, a new name
// that is taken, a shape of another size.
Status ApplyDamage(Group& root, const std::vector<Damage>& damage);

// Applies the edits of bytes in order to `file`, which is sound. BadConfig when a path names no
// dataset with stored bytes.
Status DamageBytes(std::string& file, const std::vector<Damage>& damage);

// Whether every edit leaves the content as it was (how values are stored is no content).
bool ContentPreserving(const std::vector<Damage>& damage);

}  // namespace weightproof
