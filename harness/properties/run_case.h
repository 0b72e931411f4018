// Runs one case on a writer and a reader, and asks every clause.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "harness/case/case.h"
#include "harness/properties/verdict.h"
#include "harness/testee/testee.h"

namespace weightproof {

struct ClauseVerdict {
  std::string_view clause;
  Verdict verdict;
};

struct CaseResult {
  VerdictKind overall = VerdictKind::kHarnessError;
  std::vector<ClauseVerdict> clauses;  // one per clause, in the order of Clauses()
  bool refused = false;                // the load, or the save before it, said no
  int round_trips = 0;                 // loads of a saved file that were compared
  int counterfactuals = 0;             // wrong loads imagined
  int noticed = 0;                     // of these, those that predictions alone would notice
  std::string unsupported_by_name;     // what the testee lacks, when overall is kUnsupported
};

// The strongest of what the clauses say; unsupported when none was asked.
VerdictKind OverallOf(const std::vector<ClauseVerdict>& clauses);

// `scratch` is an existing folder on a memory file system if there is one; what the case leaves
// there is removed. Never throws. `file`: bytes that take the place of what the writer would save
// (ObserveOptions).
CaseResult RunCase(const Case& c, Testee& writer, Testee& reader, const std::string& scratch,
                   const std::string* file = nullptr);

// The same, asking `clause` only (shrinking). `round_trips`: see CaseResult; they are added.
Verdict RunClause(const Case& c, Testee& writer, Testee& reader, const std::string& scratch,
                  std::string_view clause, const std::string* file = nullptr,
                  int* round_trips = nullptr);

// Whether the clause has a question for this case at all, as far as both programs tell: false where
// no answer of a load makes it falsified. The testees do nothing but describe themselves.
bool ClauseAsksOfLoad(const Case& c, Testee& writer, Testee& reader, std::string_view clause);

}  // namespace weightproof
