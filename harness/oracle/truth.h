// What a file says about a model, decoded independently of the loader under test.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/case/case.h"
#include "harness/testee/testee.h"
#include "model/checkpoint/tree.h"
#include "model/spec/plan.h"

namespace weightproof {

// A rule that a file breaks with regard to the reader's model: a loader owes a refusal, or a report
// that names one of the subjects.
struct Owed {
  std::string rule;                   // "layer-count", "unused-tensor", "given-name-elsewhere", ...
  std::vector<std::string> subjects;  // variable ids, layer names, paths in the file
};

// The rule that a file of another model, whose variables are not the reader's, breaks as a whole:
// any word on differing layers answers it.
inline constexpr std::string_view kAnotherModel = "another-model";

struct Truth {
  std::vector<Owed> owed;  // empty: the file and the model fit without a contradiction
  // By variable id, in the variable's dtype: what the file holds for it; no value: keeps what it
  // had (partial, skip_mismatch, or nothing that fits).
  std::vector<std::pair<std::string, std::optional<Tensor>>> values;
  // Two readings of the file exist that a loader may refuse: accepting by position is right too.
  bool refusal_allowed = false;

  const std::optional<Tensor>* Find(std::string_view id) const;
};

// The reading of a legacy H5 or .weights.h5 tree for the reader's plan, by the rules that DESIGN's
// contract states (pairing by position; names, roles, counts, shapes, dtypes checked).
Truth DecodeTruth(const Group& root, const ModelPlan& reader, const Route& route);

// Whether `file` is what some build of the reader's own architecture would have written, values
// included: then no loader could notice anything. `own` is the tree that the reader's build writes
// with the variables it holds after the load. Builds may differ in counters of automatic names,
// given names, and layers that compute nothing.
bool CouldHaveWritten(const Group& file, const Group& own, const ModelPlan& reader);

// The numbers of a dataset as they are stored, bfloat16 as Keras marks it among them; nullopt when
// it holds something else.
std::optional<Tensor> NumbersOf(const Dataset& dataset);

// Paths of the datasets that hold weights (optimizer, metric and seed state left out).
std::vector<std::string> WeightTensorPaths(const Group& root);

}  // namespace weightproof
