// The step by which a lookup layer takes in a vocabulary.
#include "model/spec/program.h"

namespace weightproof {

Status TakeVocabulary(const Step& step, Dialect dialect, Slot& slot) {
  if (slot.schema->class_name != "IntegerLookup") {
    return BadBuild("vocabulary", std::string(slot.schema->class_name) + " has no vocabulary",
                    "take an IntegerLookup");
  }
  if (step.key != "adapt" && step.key != "set") {
    return BadBuild("vocabulary", "no way \"" + step.key + "\" to take one in", "use adapt or set");
  }
  if (step.key == "adapt" && !IsNull(slot.config, "vocabulary")) {
    return BadBuild("vocabulary", "adapt of a layer that has a vocabulary", "use set");
  }
  Config config = slot.config;
  config.insert_or_assign("vocabulary", step.value);
  auto complete = CompleteConfig(slot.schema->class_name, config, dialect,
                                 "vocabulary layer " + std::to_string(step.layer));
  if (!complete) return std::unexpected(std::move(complete).error());
  slot.config = *std::move(complete);
  return {};
}

}  // namespace weightproof
