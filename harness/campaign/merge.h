// Findings of several campaigns as one collection: shards, seeds, machines.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "harness/campaign/signature.h"
#include "model/error.h"

namespace weightproof {

// One cause, as one of the folders tells it: the one that a script has shown, that is shrunk, whose
// case is shortest, in this order.
struct MergedFinding {
  std::string testee, version, writer;
  std::string clause, cause;
  std::string sentence;           // id of the documented sentence that it breaks; "": none
  Signature features;             // of a real loader's hazard: what the cause needs
  std::string folder;             // of the finding
  std::vector<std::size_t> runs;  // indices of the given folders that it was found in, ascending
};

// Reads the findings in `folders`, as `check --corpus` leaves them; a bug is known by its sentence
// and cause, anything else by clause, cause and features. In the order of testees; bugs first, then
// by clause and cause. PathUnreadable for a folder that is none or holds no finding; BadJson or
// LimitExceeded (place: the file and a JSON pointer) for a finding.json or case.json that is none.
Result<std::vector<MergedFinding>> MergeFindings(const std::vector<std::string>& folders);

// Copies the files of each finding into a folder of its own below `output`, and writes
// `merged.json`: what was found, and in which runs. PathUnwritable.
Status WriteMerged(const std::vector<MergedFinding>& findings,
                   const std::vector<std::string>& folders, const std::string& output);

}  // namespace weightproof
