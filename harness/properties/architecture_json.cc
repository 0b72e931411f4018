#include "harness/properties/architecture_json.h"

#include <optional>
#include <vector>

#include "harness/properties/clauses.h"
#include "model/spec/layer_schema.h"
#include "model/spec/plan.h"

namespace weightproof {
namespace {

using Complaint = std::optional<Verdict>;

// Kinds of what can be wrong with the document as a whole.
bool IsAboutDocument(ErrorKind kind) {
  return kind == ErrorKind::kBadJson || kind == ErrorKind::kLimitExceeded ||
         kind == ErrorKind::kUnknownLayer;
}

// Writing fills in automatic names, and Keras 3's SpatialDropout has no place for its flag.
void ForgetWhatWritingMayChange(const LayerSpec& before, LayerSpec& after, Dialect dialect) {
  if (before.name.empty()) after.name.clear();
  const LayerSchema* schema = FindLayerSchema(before.class_name);
  if (schema != nullptr && dialect == Dialect::kKeras3 && !schema->keras3_takes_trainable) {
    after.trainable = before.trainable;
  }
  for (std::size_t i = 0; i < before.layers.size() && i < after.layers.size(); ++i) {
    ForgetWhatWritingMayChange(before.layers[i], after.layers[i], dialect);
  }
}

bool SameButForNames(const ArchitectureSpec& before, ArchitectureSpec after) {
  if (before.name.empty()) after.name.clear();
  for (std::size_t i = 0; i < before.layers.size() && i < after.layers.size(); ++i) {
    ForgetWhatWritingMayChange(before.layers[i], after.layers[i], before.dialect);
  }
  return before == after;
}

void ListNames(const ObjectPlan& object, std::string& out) {
  out += object.name + "(";
  for (const ObjectPlan& layer : object.layers) ListNames(layer, out);
  out += ") ";
}

// Validating and planning, of what was read and of what was read back.
Complaint ComparePlans(const ArchitectureSpec& first, const ArchitectureSpec& second,
                       const ArchitectureCodec& codec) {
  const Result<ArchitectureSpec> valid = codec.validate(first);
  const Result<ArchitectureSpec> valid_again = codec.validate(second);
  if (valid.has_value() != valid_again.has_value()) {
    return SilentlyWrong("validity-changes",
                         "validated " + (valid ? "well" : valid.error().Text()) + " before, and " +
                             (valid_again ? "well" : valid_again.error().Text()) +
                             " after a round trip");
  }
  if (!valid) return CheckError(valid.error(), !IsAboutDocument(valid.error().kind));
  if (*valid != first) return SilentlyWrong("not-complete", "validating changes what was read");

  const Result<ModelPlan> plan = PlanSequential(first);
  const Result<ModelPlan> plan_again = PlanSequential(second);
  if (!plan || !plan_again) {
    return SilentlyWrong(
        "valid-without-plan",
        "valid, and yet without a plan: " + (plan ? plan_again.error() : plan.error()).Text());
  }
  if (NormalForm(*plan) != NormalForm(*plan_again)) {
    return SilentlyWrong("another-model",
                         NormalForm(*plan) + "\nbecame\n" + NormalForm(*plan_again));
  }
  std::string names;
  std::string names_again;
  ListNames(plan->model, names);
  ListNames(plan_again->model, names_again);
  if (names != names_again) return SilentlyWrong("other-names", names + "\nbecame\n" + names_again);
  return std::nullopt;
}

}  // namespace

ArchitectureJsonResult CheckArchitectureJson(std::string_view json,
                                             const ArchitectureCodec& codec) {
  const Result<ArchitectureSpec> first = codec.read(json);
  if (!first) {
    const Complaint bad = CheckError(first.error(), !IsAboutDocument(first.error().kind));
    return {false, bad.value_or(Held())};
  }
  const std::string text = codec.write(*first);
  const Result<ArchitectureSpec> second = codec.read(text);
  if (!second) {
    return {true, SilentlyWrong("written-is-refused",
                                second.error().Text() + ", in what was written: " + text)};
  }
  const std::string text_again = codec.write(*second);
  if (!SameButForNames(*first, *second)) {
    return {true, SilentlyWrong("reads-back-different",
                                "written as " + text + ", then as " + text_again)};
  }
  if (text_again != text) {
    return {true, SilentlyWrong("not-canonical", "written as " + text + ", then as " + text_again)};
  }
  const Result<ArchitectureSpec> third = codec.read(text_again);
  if (!third || *third != *second) {
    return {true, SilentlyWrong("no-fixed-point", "read twice, other each time: " + text)};
  }
  return {true, ComparePlans(*first, *second, codec).value_or(Held())};
}

}  // namespace weightproof
