// A known finding, played again.
#pragma once

#include <optional>
#include <string>

#include "harness/campaign/engine.h"
#include "harness/campaign/finding.h"
#include "harness/campaign/known.h"

namespace weightproof {

// Its case, played alone. nullopt: the case is kept outside of the file and is not in
// `corpus`/ID/case.json.
std::optional<Verdict> ReplayKnown(const Engine& engine, const KnownFinding& known,
                                   const std::string& corpus, double hang_seconds);

// Whether it is falsified as it was: against the same sentence, or for the same cause.
bool IsStillThere(const Verdict& verdict, const KnownFinding& known);

// As the file has it: shrunk, not run.
Finding FindingOf(const Engine& engine, const KnownFinding& known);

}  // namespace weightproof
