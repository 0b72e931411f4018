// What reading a Keras config JSON is held to, whatever the text.
#pragma once

#include <string>
#include <string_view>

#include "harness/properties/verdict.h"
#include "model/error.h"
#include "model/spec/architecture.h"

namespace weightproof {

// The functions that are judged. A test puts broken ones here.
struct ArchitectureCodec {
  Result<ArchitectureSpec> (*read)(std::string_view) = ArchitectureFromKerasJson;
  std::string (*write)(const ArchitectureSpec&) = ArchitectureToKerasJson;
  Result<ArchitectureSpec> (*validate)(const ArchitectureSpec&) = Validate;
};

struct ArchitectureJsonResult {
  bool accepted = false;  // the text was read
  Verdict verdict;        // held or falsified
};

// "A text that is refused is refused with a kind, a message, a place and a remedy; one that is
// accepted, written and read again is the same architecture, written the same from then on, and
// validating and planning answer alike before and after."
// The place of an error about the document as a whole is empty.
ArchitectureJsonResult CheckArchitectureJson(std::string_view json,
                                             const ArchitectureCodec& codec = {});

}  // namespace weightproof
