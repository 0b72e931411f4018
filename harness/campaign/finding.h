// A falsified case and the folder that it is kept in.
#pragma once

#include <cstdint>
#include <string>

#include "harness/case/case.h"
#include "harness/properties/verdict.h"
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
  bool bug = false;     // breaks a sentence of the loader's own documentation
  bool known = false;
  bool reproduced = true;    // real loaders: its plain script was run and showed it
  std::string reproduction;  // real loaders: how the script ended
  std::string case_path;     // of case.json, once written
};

// The id hangs on clause, cause and the case as it was drawn, so that shrinking keeps it.
std::string FindingId(const std::string& clause, const std::string& cause, const Case& drawn);

// Writes `corpus/<id>/case.json` and `finding.json`, replacing older ones whole, and sets
// `case_path`. For a testee that is a real loader also `reproduce.py`. PathUnwritable.
Status WriteFinding(const std::string& corpus, const std::string& testee, bool foreign,
                    Finding& finding);
void RemoveFinding(const std::string& corpus, const Finding& finding);

}  // namespace weightproof
