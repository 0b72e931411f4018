// What happened in a case, for a person: which saved tensor landed where, and what was said.
#pragma once

#include <string>
#include <vector>

#include "harness/case/case.h"
#include "harness/testee/testee.h"

namespace weightproof {

struct Landing {
  std::string id;        // of the reader's variable
  std::string layer;     // its layer, by its name in the reader's model
  std::string holds;     // the saved variable whose value it holds, "" if that is none
  bool changed = false;  // by the load
  bool right = false;    // as saved, for one model; else as the file says
};

struct Explanation {
  std::string save;  // the outcome in words
  std::string load;
  std::vector<std::string> said;  // what the load said; empty: nothing
  std::vector<Landing> landings;  // in the order in which the reader's model lists its variables
  std::string first_wrong_layer;  // in the order of calls, holding a variable that is not right
  bool predictions_told = false;  // that the next line means something
  bool predicts_right = false;    // as the same build does, given what belongs there directly
  std::string failure;            // why nothing of this is known; "" when it is
};

// Plays the case once more, asking `clause` only. REQUIRES as RunClause.
Explanation Explain(const Case& c, Testee& writer, Testee& reader, const std::string& scratch,
                    std::string_view clause);

}  // namespace weightproof
