// What loading from and saving to a path at which no file can be is held to.
#pragma once

#include <string>

#include "harness/properties/checkpoint_loading.h"

namespace weightproof {

// "A load from a path at which there is nothing, a folder, a pipe or a circle of links, or that
// leads through a file or cannot be, is refused with the path, why, and a remedy, and changes no
// variable. A save to such a path is too, and changes nothing in the folder."
//
// `file`: a file in `folder`, which may be written to. Links and pipes are made there.
Verdict CheckPaths(Network& network, const std::string& folder, const std::string& file,
                   const CheckpointFunctions& functions);

}  // namespace weightproof
