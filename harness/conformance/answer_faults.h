// Faults that the harness plants in what a worker answers: each must be noticed. A worker that
// passes here is one on which this harness is not asleep.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "harness/testee/testee.h"

namespace weightproof {

enum class AnswerOf : std::uint8_t { kSave, kLoad, kAssign };

struct AnswerFault {
  std::string_view name;      // "tensor-bit"
  std::string_view sentence;  // what the answer then says
  // Plants it in an ok or refused answer; false: this answer cannot carry it. `path` is the file.
  bool (*plant)(AnswerOf of, const std::string& path, Answer& answer);
  // Loaders that never say a word need not carry it.
  bool needs_a_word = false;
  // Workers that say nothing of their process need not carry it.
  bool needs_process = false;
};
std::span<const AnswerFault> AnswerFaults();

// Faults in the line itself: the harness has to answer with a worker error and kill the process.
struct LineFault {
  std::string_view name;
  void (*plant)(std::string& line);
};
std::span<const LineFault> LineFaults();

// The testee, with a fault in every answer that can carry it.
class TamperedTestee final : public Testee {
 public:
  TamperedTestee(Testee& honest, const AnswerFault& fault) : honest_(honest), fault_(fault) {}
  const Description& Describe() const override { return honest_.Describe(); }
  Answer Save(const SaveRequest& request) override;
  Answer Load(const LoadRequest& request) override;
  Answer Assign(const AssignRequest& request) override;

  int planted() const { return planted_; }

 private:
  Answer Planted(AnswerOf of, const std::string& path, Answer answer);

  Testee& honest_;
  const AnswerFault& fault_;
  int planted_ = 0;
};

}  // namespace weightproof
