#include "harness/properties/worker_answer.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "harness/properties/clauses.h"

namespace weightproof {
namespace {

// What a text may be longer by where it was cut, and says so.
constexpr std::size_t kCutBytesMax = 64;

using Complaint = std::optional<Verdict>;

Complaint CheckAnswerError(const Error& error) {
  const bool kind = error.kind == ErrorKind::kBadJson || error.kind == ErrorKind::kLimitExceeded ||
                    error.kind == ErrorKind::kOptionNotSupported;
  if (!kind) return SilentlyWrong("refusal-of-another-kind", error.Text());
  return CheckError(error, true);
}

Complaint CheckTensors(const std::vector<const Tensor*>& tensors) {
  for (const Tensor* tensor : tensors) {
    if (*tensor == Tensor()) continue;  // there is none
    const auto count = ElementCount(tensor->shape());
    const std::size_t due =
        count ? static_cast<std::size_t>(*count) * DTypeSize(tensor->dtype()) : 0;
    if (!count || tensor->bytes().size() != due) {
      return SilentlyWrong("tensor-without-its-bytes", std::to_string(tensor->bytes().size()) +
                                                           " bytes, due " + std::to_string(due));
    }
    if (tensor->shape().size() > kAnswerRankMax) {
      return SilentlyWrong("over-a-limit",
                           "a tensor of rank " + std::to_string(tensor->shape().size()));
    }
  }
  return std::nullopt;
}

Complaint CheckLimits(const Answer& answer) {
  std::vector<const Tensor*> tensors = {&answer.prediction, &answer.prediction_before};
  for (const auto* variables : {&answer.variables, &answer.variables_before}) {
    if (variables->size() > kAnswerVariablesMax) {
      return SilentlyWrong("over-a-limit", std::to_string(variables->size()) + " variables");
    }
    for (const NamedTensor& variable : *variables) tensors.push_back(&variable.tensor);
  }
  // Two lines more: one that says that some were cut, one of a prediction that failed.
  if (answer.reports.size() > kAnswerReportsMax + 2) {
    return SilentlyWrong("over-a-limit", std::to_string(answer.reports.size()) + " reports");
  }
  for (const auto* aspects : {&answer.state, &answer.process_before, &answer.process_after}) {
    if (aspects->size() > kAnswerAspectsMax) {
      return SilentlyWrong("over-a-limit", std::to_string(aspects->size()) + " aspects");
    }
  }
  std::size_t longest = std::max(answer.error_message.size(), answer.resave_message.size());
  for (const ReportLine& line : answer.reports) longest = std::max(longest, line.text.size());
  if (longest > kAnswerTextBytesMax + kCutBytesMax) {
    return SilentlyWrong("over-a-limit", "a text of " + std::to_string(longest) + " bytes");
  }
  return CheckTensors(tensors);
}

Complaint CheckWrittenAgain(const Answer& answer, const AnswerCodec& codec) {
  // A worker in C++ answers in a line of its own what it does not do.
  if (answer.outcome != Outcome::kOk && answer.outcome != Outcome::kRefused) return std::nullopt;
  const std::string text = codec.write(answer, kJudgedRequest);
  const Result<Answer> again = codec.read(text, kJudgedRequest);
  if (!again) return SilentlyWrong("written-is-refused", again.error().Text() + " in " + text);
  const std::string text_again = codec.write(*again, kJudgedRequest);
  if (text_again != text)
    return SilentlyWrong("reads-back-different", text + "\nthen\n" + text_again);
  const auto same = [](const NamedTensor& a, const NamedTensor& b) {
    return a.id == b.id && a.tensor == b.tensor;
  };
  if (again->outcome != answer.outcome || !(again->prediction == answer.prediction) ||
      !std::ranges::equal(again->variables, answer.variables, same) ||
      !std::ranges::equal(again->variables_before, answer.variables_before, same)) {
    return SilentlyWrong("reads-back-different", text);
  }
  return std::nullopt;
}

}  // namespace

WorkerAnswerResult CheckWorkerAnswer(std::string_view line, const AnswerCodec& codec) {
  WorkerAnswerResult result{.accepted = false, .verdict = Held()};
  Complaint complaint;
  const Result<Description> description = codec.describe(line, kJudgedRequest);
  if (!description) complaint = CheckAnswerError(description.error());
  result.accepted = description.has_value();
  if (!complaint) {
    const Result<Answer> answer = codec.read(line, kJudgedRequest);
    result.accepted |= answer.has_value();
    if (!answer) {
      complaint = CheckAnswerError(answer.error());
    } else {
      complaint = CheckLimits(*answer);
      if (!complaint) complaint = CheckWrittenAgain(*answer, codec);
    }
  }
  if (complaint) result.verdict = *std::move(complaint);
  return result;
}

}  // namespace weightproof
