// What a clause says of one case.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weightproof {

// In the order in which a case takes the first that applies to any of its clauses; kNotAsked is a
// clause's answer only (the case does not come near the clause).
enum class VerdictKind : std::uint8_t {
  kHarnessError,
  kFalsified,
  kUndecided,
  kUndetectable,
  kEquivalent,
  kHeld,
  kUnsupported,
  kNotAsked
};
std::string_view VerdictKindName(VerdictKind kind);  // "harness_error", "falsified", ...

enum class Severity : std::uint8_t {
  kNone,
  kSilentlyWrong,
  kCrash,
  kHang,
  kUnbounded,
  kEscape,
  kHalfLoaded,
  kFalseRefusal,
  kUnhelpful
};
std::string_view SeverityName(Severity severity);  // "silently-wrong", ...

struct Verdict {
  VerdictKind kind = VerdictKind::kNotAsked;
  Severity severity = Severity::kNone;  // of a falsified one
  std::string cause;     // falsified: short and stable, "variable-differs"; findings with the same
                         // clause and cause are one
  std::string evidence;  // one or a few sentences with ids, values, messages
  std::string breaks = {};  // falsified: the documented sentence that it breaks, by its id in the
                            // reader's table; "": none, so it is a hazard
};

struct Observation;

struct Clause {
  std::string_view name;      // "round-trips"
  std::string_view sentence;  // what a loader is held to
  Verdict (*check)(const Observation&);
};

// Every clause, in the order of the design; one file each.
std::span<const Clause> Clauses();
const Clause* FindClause(std::string_view name);

}  // namespace weightproof
