// Files that are to make a load leave its home: the hostile damage of CASE.md. Links, storage and
// virtual datasets are made by the HDF5 library, archives by libzip.
#pragma once

#include <string>

#include "harness/case/case.h"
#include "harness/hostile/bait.h"
#include "model/error.h"

namespace weightproof {

// `file`, as a save left it, with the one hostile edit; the bait that it speaks of is completed.
// BadConfig (place: the edit's path) when the edit does not apply to this file.
Result<std::string> MakeHostile(const std::string& file, RouteFormat format, Dialect dialect,
                                const Damage& edit, const Bait& bait);

// The same of an HDF5 file alone; of an archive's config or a file's `model_config`, as JSON text.
Result<std::string> MakeHostileHdf5(const std::string& file, const Damage& edit, const Bait& bait);
Result<std::string> MakeHostileConfig(const std::string& config, Dialect dialect,
                                      const Damage& edit, const Bait& bait);

}  // namespace weightproof
