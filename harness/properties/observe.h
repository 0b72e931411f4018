// Plays a case: all arms that its clauses may ask for.
#pragma once

#include <string>
#include <string_view>

#include "harness/properties/observation.h"

namespace weightproof {

struct ObserveOptions {
  // The arms of this clause only, and those of it that a campaign samples, always; "": all.
  std::string_view clause;
  bool plan_only = false;  // what both programs arrive at; the testees do nothing
  // Not null: these bytes stand where the writer's file would, and nobody saves. They are the truth
  // as far as they can be decoded; clauses about saving and about paths are not asked.
  const std::string* file = nullptr;
};

struct ObserveResult {
  std::optional<Observation> observation;  // absent when something below is said
  std::string unsupported;                 // what the testee or the file lacks
  std::string harness_error;               // the harness itself failed
  int round_trips = 0;                     // loads that were compared
};

// `directory` is an existing empty folder for this case alone.
ObserveResult Observe(const Case& c, Testee& writer, Testee& reader, const std::string& directory,
                      const ObserveOptions& options = {});

}  // namespace weightproof
