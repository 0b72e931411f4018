// A falsified case and the folder that it is kept in.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/campaign/engine.h"
#include "harness/case/case.h"
#include "harness/properties/explain.h"
#include "harness/properties/verdict.h"
#include "harness/testee/documentation.h"
#include "model/error.h"

namespace weightproof {

struct Finding {
  std::string id;  // clause-cause-digest: the name of its folder
  std::string clause;
  Verdict verdict;
  std::uint64_t index = 0;  // of the case in its campaign
  Case the_case;
  bool shrunk = false;
  bool repeats = true;  // falsified again in a fresh process
  // Breaks this sentence of the loader's own documentation: a bug. None: a hazard.
  std::optional<DocumentedSentence> sentence;
  std::optional<Explanation> explanation;  // real loaders: once shrunk
  bool known = false;
  std::vector<std::string> features;  // of a real loader's: what the cause needs, see signature.h
  std::set<std::string> formats;      // that it was met in
  std::uint64_t seen_again = 0;       // cases handed on later that may have the same cause
  bool reproduced = true;             // real loaders: its plain script was run and showed it
  std::string reproduction;           // real loaders: how the script ended
  std::string case_path;              // of case.json, once written

  bool bug() const { return sentence.has_value(); }
};

// The id hangs on clause, cause and the case as it was drawn, so that shrinking keeps it.
std::string FindingId(const std::string& clause, const std::string& cause, const Case& drawn);

// Writes `corpus/<id>/case.json`, `finding.json` and `report.md`, replacing older ones whole, and
// sets `case_path`. For a testee that is a real loader also `reproduce.py`. PathUnwritable.
Status WriteFinding(const std::string& corpus, const Engine& engine, Finding& finding);
void RemoveFinding(const std::string& corpus, const Finding& finding);

}  // namespace weightproof
