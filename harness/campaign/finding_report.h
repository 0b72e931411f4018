// A finding in words: its report.md.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "harness/campaign/engine.h"
#include "harness/campaign/finding.h"

namespace weightproof {

// What was built, saved and rebuilt, what landed where, what the loader said, and the documented
// sentence that this breaks, or that it breaks none.
std::string FindingReport(const Engine& engine, const Finding& finding);

// {"id", "object", "quote", "why"}: the sentence as finding.json and --json give it.
nlohmann::json SentenceToJson(const DocumentedSentence& sentence);

}  // namespace weightproof
