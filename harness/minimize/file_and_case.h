// A file and the case whose reader loads it, made smaller together: a model that lost a layer does
// not load a file that has it still.
#pragma once

#include <string>

#include "harness/case/case.h"
#include "model/checkpoint/tree.h"
#include "model/error.h"

namespace weightproof {

// A case whose two sides are the Sequential of a config, in the words of Keras: as `to_json` or the
// attribute `model_config` gives it, models inside it nested. Errors of ArchitectureFromKerasJson
// and Interpret.
Result<Case> CaseOfConfig(const std::string& json);

// Only the reader's side, which loads: from `file`, by the name that it has, in the format that it
// is in. What the writer did to the file, and how it was damaged, is in the file.
Case ReaderAlone(const Case& c, const std::string& file, const Group* tree);

// `tree` as it has to be for `after`, a candidate of Shrinks(before): without the layer that went,
// with the sizes that became smaller. The tree itself where the file is none of their business.
Group FollowCase(const Group& tree, const Case& before, const Case& after);

}  // namespace weightproof
