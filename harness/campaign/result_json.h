// Verdicts as one line of JSON: how a worker process tells its parent.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/properties/run_case.h"

namespace weightproof {

std::string VerdictToJson(const Verdict& verdict);
Verdict VerdictFromJson(std::string_view json);  // kHarnessError for text that is none

std::string CaseResultToJson(const CaseResult& result);
// Clause names point into `clauses`.
CaseResult CaseResultFromJson(std::string_view json, const std::vector<std::string>& clauses);

// Newlines become blanks, so that a text stays one line.
std::string EscapeLine(std::string text);

}  // namespace weightproof
