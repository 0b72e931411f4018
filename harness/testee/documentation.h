// What a real loader's own documentation says, quoted, and which falsified verdict breaks which
// sentence: the tables harness/workers/promises_*.json.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"

namespace weightproof {

struct DocumentedSentence {
  std::string id;                    // "skip-mismatch-skips-layers"
  std::string quote;                 // as it stands there, white space aside
  std::string object;                // whose docstring it stands in: "keras.Model.load_weights"
  std::string why;                   // how a verdict of this kind breaks it
  std::vector<std::string> clauses;  // that can break it
  std::vector<std::string> causes;   // of the verdict; "refused-*" stands for all that begin so
  std::vector<std::string> all;      // facts of the observation (facts.h) that must be there,
  std::vector<std::string> any;      // one of which must be there unless the list is empty,
  std::vector<std::string> none;     // and that must not
  bool permits = false;  // the sentence says that such a load is fine: the verdict is held
};

struct Documentation {
  std::string library;
  std::string version;  // of which every quote was found verbatim
  std::vector<DocumentedSentence> sentences;

  // The first sentence that a falsified verdict with these facts breaks; nullptr: none.
  const DocumentedSentence* Broken(std::string_view clause, std::string_view cause,
                                   std::span<const std::string> facts) const;
  // Whether a sentence says that a load with such a verdict is fine.
  bool Permits(std::string_view clause, std::string_view cause,
               std::span<const std::string> facts) const;
  const DocumentedSentence* Find(std::string_view id) const;
};

// BadJson or LimitExceeded, with a JSON pointer as the place, for anything but such a table.
Result<Documentation> DocumentationFromJson(std::string_view json, const std::string& place);
// The same of a file; PathUnreadable when there is none.
Result<Documentation> ReadDocumentation(const std::string& path);

}  // namespace weightproof
