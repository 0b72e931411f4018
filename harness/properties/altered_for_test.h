// A loader that makes no reports, as real ones, and one small case, for the tests of clauses.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "harness/case/json.h"
#include "harness/testee/builtin.h"

namespace weightproof {

// The built-in library; who derives from it alters its loads.
class AlteredBuiltin : public Testee {
 public:
  AlteredBuiltin() {
    description_ = inner_.Describe();
    description_.makes_reports = false;
  }
  const Description& Describe() const override { return description_; }
  Answer Save(const SaveRequest& request) override { return inner_.Save(request); }
  Answer Load(const LoadRequest& request) override { return inner_.Load(request); }
  Answer Assign(const AssignRequest& request) override { return inner_.Assign(request); }

 private:
  BuiltinTestee inner_;
  Description description_;
};

// One Dense in `.weights.h5`; `damage` in CASE.md's JSON, edits with commas between.
inline Case OneDenseWith(const std::string& damage) {
  const Result<Case> c = CaseFromJson(
      R"({"schema": 1, "architecture": {"dialect": "keras3", "input_shape": [2],
          "layers": [{"class": "Dense", "config": {"units": 1}}]},
          "writer": {"build": [{"op": "assemble", "how": "list"}]},
          "reader": {"build": [{"op": "assemble", "how": "list"}]},
          "route": {"format": "weights_h5", "path": {"text": "m.weights.h5"}},
          "damage": [)" +
      damage + "]}");
  EXPECT_TRUE(c) << c.error().Text();
  return *c;
}

}  // namespace weightproof
