// Whether a refused load helps whoever reads the refusal.
#pragma once

#include <string>

#include "model/checkpoint/checkpoint.h"

namespace weightproof {

// What is wrong with a refusal of the file at `path`, or "": a kind that is not one of loading, no
// file, no place in it, nothing said, nothing advised, or what was already done advised.
std::string FaultOfRefusal(const Error& error, const std::string& path, const LoadOptions& options);

}  // namespace weightproof
