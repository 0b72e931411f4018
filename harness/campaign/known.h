// What is known of a testee of one version: corpus/known/TESTEE-VERSION.json. Exact both ways: what
// is not in it fails a run, and so does what is in it and no longer happens.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/campaign/signature.h"
#include "harness/case/case.h"
#include "harness/properties/verdict.h"
#include "model/error.h"

namespace weightproof {

struct Finding;

struct KnownFinding {
  std::string clause;
  std::string cause;
  std::string breaks;  // id of the documented sentence; "": a hazard
  Severity severity = Severity::kNone;
  std::string evidence;
  Signature signature;
  std::set<std::string> formats;
  // Absent for crashes, hangs, unbounded work and escapes: their cases stay out of the repository.
  std::optional<Case> the_case;
  std::string id;  // of the folder that such a case lies in where the run keeps its findings
};

// Of a real loader: whether all cases of a clause and verdict count once, however many ways lead
// there: those that break one sentence, and loads that fail half-way.
bool IsOneCause(std::string_view clause, std::string_view breaks);

// Whether findings of this kind are told to the maintainers before anyone else.
bool IsSecurity(Severity severity);

// "keras-3.15.1.json"; what stands behind '@' is the version already, and ':' becomes '-'. "" for a
// testee that is a command.
std::string KnownFileName(std::string_view testee, std::string_view version);

// PathUnreadable, BadJson or LimitExceeded, with a JSON pointer as the place; also for a table of
// another testee or version.
Result<std::vector<KnownFinding>> ReadKnown(const std::string& path, std::string_view testee,
                                            std::string_view version);
std::string KnownToJson(std::span<const KnownFinding> known, std::string_view testee,
                        std::string_view version);
KnownFinding KnownOf(const Finding& finding);

}  // namespace weightproof
