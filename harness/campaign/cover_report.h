// What was met at all, so that "nothing found" has a meaning.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "harness/campaign/tally.h"

namespace weightproof {

// Rows of pairs and of triples: how many were judged, how many the generator can draw, how many can
// be thought of, and the pairs that could be drawn and were not judged.
std::string CoverTable(const Statistics& statistics);
nlohmann::json CoverJson(const Statistics& statistics);

}  // namespace weightproof
