#include "harness/properties/case_json.h"

#include <algorithm>
#include <optional>

#include "harness/case/generate.h"
#include "harness/case/valid.h"
#include "harness/properties/clauses.h"
#include "model/spec/plan.h"

namespace weightproof {
namespace {

// Of the many cases that one shrinks to, evenly spread.
constexpr std::size_t kShrinksJudged = 8;
// Longer ones shrink to too many.
constexpr std::size_t kLayersToShrinkMax = 12;

using Complaint = std::optional<Verdict>;

Complaint CheckCaseError(const Error& error) {
  if (error.kind != ErrorKind::kBadJson && error.kind != ErrorKind::kLimitExceeded) {
    return SilentlyWrong("refusal-of-another-kind", error.Text());
  }
  return CheckError(error, true);
}

Complaint CheckNear(const Case& c, const Case& near, const char* how) {
  if (near == c) return SilentlyWrong(std::string(how) + "-to-itself", CaseToJson(c));
  if (IsValid(near)) return std::nullopt;
  return SilentlyWrong(std::string(how) + "-to-an-invalid-case", CaseToJson(near));
}

Complaint CheckValid(const Case& c) {
  for (const Build* build : {&c.writer.build, &c.reader.build}) {
    const Result<ModelPlan> plan = Interpret(c.architecture, *build);
    if (!plan) return SilentlyWrong("valid-without-plan", plan.error().Text());
  }
  if (Complaint bad = CheckNear(c, Mutate(c, c.weights.seed), "mutates")) return bad;
  if (c.architecture.layers.size() > kLayersToShrinkMax) return std::nullopt;
  const std::vector<Case> smaller = Shrinks(c);
  const std::size_t step = std::max<std::size_t>(1, smaller.size() / kShrinksJudged);
  for (std::size_t i = 0; i < smaller.size(); i += step) {
    if (Complaint bad = CheckNear(c, smaller[i], "shrinks")) return bad;
  }
  return std::nullopt;
}

Complaint CheckAccepted(const Case& c, const CaseCodec& codec) {
  const std::string text = codec.write(c);
  const Result<Case> again = codec.read(text);
  if (!again) return SilentlyWrong("written-is-refused", again.error().Text() + " in " + text);
  if (*again != c || codec.write(*again) != text)
    return SilentlyWrong("reads-back-different", text);
  (void)Features(c);
  return IsValid(c) ? CheckValid(c) : std::nullopt;
}

}  // namespace

CaseJsonResult CheckCaseJson(std::string_view json, const CaseCodec& codec) {
  const Result<Case> c = codec.read(json);
  const Complaint complaint = c ? CheckAccepted(*c, codec) : CheckCaseError(c.error());
  return {c.has_value(), complaint.value_or(Held())};
}

}  // namespace weightproof
