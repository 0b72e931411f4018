// What reading a worker's answer is held to, whatever the worker sends.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "harness/properties/verdict.h"
#include "harness/testee/wire.h"
#include "harness/testee/wire_worker.h"

namespace weightproof {

// The functions that are judged. A test puts broken ones here.
struct AnswerCodec {
  Result<Answer> (*read)(std::string_view line, std::uint64_t id) = AnswerFromLine;
  std::string (*write)(const Answer& answer, std::uint64_t id) = AnswerLine;
  Result<Description> (*describe)(std::string_view line, std::uint64_t id) = DescriptionFromLine;
};

struct WorkerAnswerResult {
  bool accepted = false;  // as an answer or as a description
  Verdict verdict;        // held or falsified
};

// The answers that are judged are those to the request of this id.
inline constexpr std::uint64_t kJudgedRequest = 1;

// "A line that is refused is refused with a place, a message and a remedy. One that is accepted
// keeps to the protocol's limits, every tensor has the bytes that its shape asks for, and written
// by a worker in C++ and read again it is the same answer."
WorkerAnswerResult CheckWorkerAnswer(std::string_view line, const AnswerCodec& codec = {});

}  // namespace weightproof
