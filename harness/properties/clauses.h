// The functions behind Clauses(), one file each.
#pragma once

#include <optional>

#include "harness/properties/observation.h"
#include "harness/properties/verdict.h"

namespace weightproof {

// Whether round-trips asks of the load, and so loud-or-right does not.
bool RoundTripsAsks(const Observation& o);

Verdict CheckRoundTrips(const Observation& o);
Verdict CheckLoudOrRight(const Observation& o);
Verdict CheckAccountsForEverything(const Observation& o);
Verdict CheckRefusalChangesNothing(const Observation& o);
Verdict CheckPathNeverMatters(const Observation& o);
Verdict CheckSameCodeSameAnswer(const Observation& o);
Verdict CheckSavingRepeats(const Observation& o);
Verdict CheckLoadStaysHome(const Observation& o);
Verdict CheckErrorsHelp(const Observation& o);

// Part of CheckRoundTrips: what a real loader's own documentation promises of more than weights.
Verdict CheckKeptState(const Observation& o);

// Part of CheckLoudOrRight: what a real loader's own documentation promises beyond the contract.
Verdict CheckDocumented(const Observation& o);

// Falsified where an error lacks a kind, a message, a remedy, or the place that is due.
std::optional<Verdict> CheckError(const Error& error, bool place_is_due);

inline Verdict Held() { return {VerdictKind::kHeld, Severity::kNone, "", ""}; }
inline Verdict NotAsked() { return {}; }
inline Verdict Falsified(Severity severity, std::string cause, std::string evidence) {
  return {VerdictKind::kFalsified, severity, std::move(cause), std::move(evidence)};
}
inline Verdict SilentlyWrong(std::string cause, std::string evidence) {
  return Falsified(Severity::kSilentlyWrong, std::move(cause), std::move(evidence));
}

// Held, unless two libraries that hold the same values predict something else: then no load can be
// right in both. For loads that are right otherwise.
Verdict HeldAcrossLibraries(const Observation& o);

// A testee that crashed, hung or ate memory falsifies whatever asked; nullopt-like: kNotAsked.
Verdict Broken(const Answer& answer, const char* during);

// "0/kernel, 1/bias (and 3 more)".
std::string ListText(const std::vector<std::string>& items);

}  // namespace weightproof
