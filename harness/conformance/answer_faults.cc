#include "harness/conformance/answer_faults.h"

#include <unistd.h>

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

namespace weightproof {
namespace {

using Json = nlohmann::json;

bool Accepted(AnswerOf of, const Answer& answer) {
  return of == AnswerOf::kLoad && answer.outcome == Outcome::kOk;
}

bool Refused(AnswerOf of, const Answer& answer) {
  return of == AnswerOf::kLoad && answer.outcome == Outcome::kRefused;
}

// The last bit of one value in the middle.
bool TurnABit(Tensor& tensor) {
  if (tensor.bytes().empty()) return false;
  const std::size_t element = DTypeSize(tensor.dtype());
  const std::size_t count = tensor.bytes().size() / element;
  tensor.bytes()[count / 2 * element] ^= std::byte{1};
  return true;
}

bool TensorBit(AnswerOf of, const std::string&, Answer& answer) {
  if (!Accepted(of, answer) || answer.variables.empty()) return false;
  return TurnABit(answer.variables.back().tensor);
}

bool SwappedVariables(AnswerOf of, const std::string&, Answer& answer) {
  if (!Accepted(of, answer)) return false;
  std::vector<NamedTensor>& all = answer.variables;
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t j = i + 1; j < all.size(); ++j) {
      if (all[i].tensor.shape() != all[j].tensor.shape()) continue;
      if (all[i].tensor == all[j].tensor) continue;
      std::swap(all[i].tensor, all[j].tensor);
      return true;
    }
  }
  return false;
}

bool StaleVariables(AnswerOf of, const std::string&, Answer& answer) {
  if (!Accepted(of, answer) || answer.variables_before.empty()) return false;
  answer.variables = answer.variables_before;
  return true;
}

bool MissingVariable(AnswerOf of, const std::string&, Answer& answer) {
  if (!Accepted(of, answer) || answer.variables.empty()) return false;
  answer.variables.pop_back();
  return true;
}

bool StalePrediction(AnswerOf of, const std::string&, Answer& answer) {
  if (!Accepted(of, answer) || answer.prediction_before.size() == 0 ||
      answer.prediction_before == answer.prediction) {
    return false;
  }
  answer.prediction = answer.prediction_before;
  return true;
}

bool PredictionBit(AnswerOf of, const std::string&, Answer& answer) {
  return Accepted(of, answer) && answer.repeatable && TurnABit(answer.prediction);
}

bool ControlBit(AnswerOf of, const std::string&, Answer& answer) {
  return of == AnswerOf::kAssign && answer.outcome == Outcome::kOk && answer.repeatable &&
         TurnABit(answer.prediction);
}

bool OkInsteadOfRefusal(AnswerOf of, const std::string&, Answer& answer) {
  if (!Refused(of, answer) || answer.variables.empty()) return false;
  answer.outcome = Outcome::kOk;
  answer.error_kind.clear();
  answer.error_message.clear();
  return true;
}

bool RefusalInsteadOfOk(AnswerOf of, const std::string&, Answer& answer) {
  if (!Accepted(of, answer)) return false;
  answer.outcome = Outcome::kRefused;
  answer.error_kind = "Planted";
  answer.error_message = "planted by the harness";
  return true;
}

bool ChangedByRefusal(AnswerOf of, const std::string&, Answer& answer) {
  if (!Refused(of, answer) || answer.variables.empty() || answer.variables_before.empty()) {
    return false;
  }
  return TurnABit(answer.variables.back().tensor);
}

bool NoFile(AnswerOf of, const std::string& path, Answer& answer) {
  return of == AnswerOf::kSave && answer.outcome == Outcome::kOk && path.starts_with('/') &&
         unlink(path.c_str()) == 0;
}

bool Silence(AnswerOf of, const std::string&, Answer& answer) {
  if (!Accepted(of, answer) || answer.reports.empty()) return false;
  answer.reports.clear();
  return true;
}

bool ProcessChanged(AnswerOf of, const std::string&, Answer& answer) {
  if (of != AnswerOf::kLoad || answer.process_after.empty()) return false;
  answer.process_after.begin()->second += " (planted)";
  return true;
}

// Seen from outside, not said by the worker: the harness's own eyes are tested.
bool MemoryTaken(AnswerOf of, const std::string&, Answer& answer) {
  if (of != AnswerOf::kLoad || !answer.cost) return false;
  answer.cost->peak_bytes_more += std::size_t{1} << 40;
  return true;
}

constexpr std::array<AnswerFault, 14> kAnswerFaults = {{
    {"tensor-bit", "one bit of a loaded variable is another", TensorBit},
    {"variables-swapped", "two variables of one shape have changed places", SwappedVariables},
    {"variables-stale", "the variables are those from before the load", StaleVariables},
    {"variable-missing", "the last variable is left out", MissingVariable},
    {"prediction-stale", "the prediction is that from before the load", StalePrediction},
    {"prediction-bit", "one bit of the loaded model's prediction is another", PredictionBit},
    {"control-bit", "one bit of the control's prediction is another", ControlBit},
    {"ok-instead-of-refusal", "a refused load is called accepted", OkInsteadOfRefusal},
    {"refusal-instead-of-ok", "an accepted load is called refused", RefusalInsteadOfOk},
    {"refusal-that-changed", "a refused load has changed a variable", ChangedByRefusal},
    {"no-file", "a save is called accepted, and no file is there", NoFile},
    {"silence", "what the load said is left out", Silence, true},
    {"process-changed", "the load has left the process changed", ProcessChanged, false, true},
    {"memory-taken", "the load took a tebibyte of memory", MemoryTaken},
}};

// Changes an answer that is one; what is none stays.
template <class Change>
void ChangeAnswer(std::string& line, Change change) {
  Json answer = Json::parse(line, nullptr, false);
  if (!answer.is_object()) return;
  change(answer);
  line = answer.dump();
}

constexpr std::array<LineFault, 6> kLineFaults = {{
    {"no-json", [](std::string& line) { line = "Traceback (most recent call last):"; }},
    {"cut-in-half", [](std::string& line) { line.resize(line.size() / 2); }},
    {"unknown-field",
     [](std::string& line) { ChangeAnswer(line, [](Json& answer) { answer["extra"] = 1; }); }},
    {"other-request",
     [](std::string& line) {
       ChangeAnswer(line, [](Json& answer) { answer["id"] = 4294967295U; });
     }},
    {"unknown-outcome",
     [](std::string& line) {
       ChangeAnswer(line, [](Json& answer) { answer["outcome"] = "splendid"; });
     }},
    {"bytes-that-do-not-fit",
     [](std::string& line) {
       ChangeAnswer(line, [](Json& answer) { answer["prediction"]["data"] = "AAA="; });
     }},
}};

}  // namespace

std::span<const AnswerFault> AnswerFaults() { return kAnswerFaults; }
std::span<const LineFault> LineFaults() { return kLineFaults; }

Answer TamperedTestee::Planted(AnswerOf of, const std::string& path, Answer answer) {
  planted_ += fault_.plant(of, path, answer) ? 1 : 0;
  return answer;
}

Answer TamperedTestee::Save(const SaveRequest& request) {
  return Planted(AnswerOf::kSave, request.path, honest_.Save(request));
}

Answer TamperedTestee::Load(const LoadRequest& request) {
  return Planted(AnswerOf::kLoad, request.path, honest_.Load(request));
}

Answer TamperedTestee::Assign(const AssignRequest& request) {
  return Planted(AnswerOf::kAssign, "", honest_.Assign(request));
}

}  // namespace weightproof
