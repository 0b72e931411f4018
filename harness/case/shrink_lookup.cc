// Shrinking vocabularies: what both sides share stays shared.
#include "harness/case/shrink.h"

namespace weightproof {
namespace {

using TokenList = std::vector<std::int64_t>;

// Every vocabulary of the case, changed by `edit`.
template <class Edit>
void ChangeAll(const Case& c, Candidates& out, Edit edit) {
  Case next = c;
  const auto change = [&](ConfigValue& value) {
    if (auto* tokens = std::get_if<TokenList>(&value)) edit(*tokens);
  };
  Config& config = next.architecture.layers[0].config;
  if (const auto given = config.find("vocabulary"); given != config.end()) change(given->second);
  for (Build* build : {&next.writer.build, &next.reader.build}) {
    for (Step& step : *build) {
      const bool set = step.op == StepOp::kSet && step.key == "vocabulary";
      if (set || step.op == StepOp::kVocabulary) change(step.value);
    }
  }
  out.AddChanged(std::move(next));
}

}  // namespace

void ShrinkVocabulary(const Case& c, Candidates& out) {
  if (!StartsWithLookup(c.architecture)) return;
  const Step* writer = FindStep(c.writer.build, StepOp::kVocabulary);
  const Step* reader = FindStep(c.reader.build, StepOp::kVocabulary);
  if (writer != nullptr && reader != nullptr && writer->value == reader->value) {
    Case next = c;
    next.architecture.layers[0].config["vocabulary"] = writer->value;
    for (Build* build : {&next.writer.build, &next.reader.build}) {
      std::erase_if(*build, [](const Step& step) { return step.op == StepOp::kVocabulary; });
    }
    out.AddChanged(std::move(next));
  }
  if (writer != nullptr) {
    Case next = c;
    for (Build* build : {&next.writer.build, &next.reader.build}) {
      for (Step& step : *build) {
        if (step.op == StepOp::kVocabulary) step.key = "set";
      }
    }
    out.AddChanged(std::move(next));
  }
  ChangeAll(c, out, [](TokenList& tokens) {
    if (tokens.size() > 1) tokens.pop_back();
  });
  ChangeAll(c, out, [](TokenList& tokens) {
    if (tokens.size() > 1) tokens.erase(std::ranges::max_element(tokens));
  });
}

}  // namespace weightproof
