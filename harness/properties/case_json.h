// What reading a case is held to, whatever the text.
#pragma once

#include <string>
#include <string_view>

#include "harness/case/case.h"
#include "harness/properties/verdict.h"

namespace weightproof {

// The functions that are judged. A test puts broken ones here.
struct CaseCodec {
  Result<Case> (*read)(std::string_view json) = [](std::string_view json) {
    return CaseFromJson(json);
  };
  std::string (*write)(const Case& c) = [](const Case& c) { return CaseToJson(c, -1); };
};

struct CaseJsonResult {
  bool accepted = false;  // the text was read
  Verdict verdict;        // held or falsified
};

// "A text that is refused is refused with a place, a message and a remedy. One that is accepted,
// written and read again is the same case; whether it is valid and what its features are is told
// without a crash; of a valid case both programs have a plan, and what it shrinks to and mutates
// into is valid and another case."
CaseJsonResult CheckCaseJson(std::string_view json, const CaseCodec& codec = {});

}  // namespace weightproof
