// Planted faults: testees with exactly one bug each, which the harness must catch.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "harness/testee/testee.h"

namespace weightproof {

struct FaultInfo {
  std::string_view name;      // without "fault:"
  std::string_view clause;    // that a campaign on it must falsify
  std::string_view sentence;  // what it gets wrong
};

std::span<const FaultInfo> Faults();  // ascending by name

// "fault:NAME", or "canary": a loader that loads nothing and says that it did. nullptr: no such.
std::unique_ptr<Testee> MakeFault(std::string_view name);

}  // namespace weightproof
