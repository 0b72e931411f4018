// Shared by the files of this folder.
#pragma once

#include <cstdint>
#include <string>

#include "harness/case/case.h"
#include "harness/hostile/bait.h"
#include "model/error.h"

namespace weightproof {

std::unexpected<Error> HostileDoesNotApply(const Damage& edit, const std::string& why);
bool ReadWhole(const std::string& path, std::string& out);
bool WriteWhole(const std::string& path, const std::string& bytes);

// The file after `change` of it, opened for writing.
Result<std::string> EditHdf5(const std::string& file, const Damage& edit, const Bait& bait,
                             bool (*change)(std::int64_t id, const Damage&, const Bait&,
                                            const void* with),
                             const void* with);

}  // namespace weightproof
