// The requests of one case, held together: what a harness asks in the course of a round trip.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/case/case.h"
#include "harness/testee/testee.h"

namespace weightproof {

class CaseRequests {
 public:
  // nullopt: one of the builds cannot be interpreted.
  static std::optional<CaseRequests> Of(const Case& c, const std::string& directory);

  SaveRequest Save(const std::string& path) const;
  LoadRequest Load(const std::string& path) const;
  AssignRequest Assign() const;  // the reader's build with the saved values

  Case c;
  std::vector<NamedTensor> saved, initial;
  Tensor inputs;
  std::vector<Tensor> more_inputs;
  std::string directory;
};

// A small round trip of `format` that any worker of this description can play: a Dense layer if it
// has one, else whatever the generator draws first that is a plain round trip.
std::optional<Case> SmallCase(const Description& description, RouteFormat format);

}  // namespace weightproof
