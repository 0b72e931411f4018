// The worker's end of the protocol: requests as values, answers as lines. For a worker that is
// written in C++; the harness's end is wire.h.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/testee/testee.h"

namespace weightproof {

struct WireProgram {
  ArchitectureSpec architecture;
  Build build;
};

// Any request; fields that its `op` does not have keep their defaults.
struct WireRequest {
  std::uint64_t id = 0;
  std::string op;  // "describe", "assign", "save", "load", "quit"
  WireProgram program;
  std::vector<WireProgram> before;
  SessionSpec session;
  std::string directory;
  std::vector<NamedTensor> weights;  // `initial` of a load
  Tensor inputs;
  std::vector<Tensor> more_inputs;
  RouteFormat format = RouteFormat::kLegacyH5;
  Dialect dialect = Dialect::kKeras3;
  LoadAs load_as = LoadAs::kWeights;
  bool overwrite = true, by_name = false, skip_mismatch = false, partial = false;
  std::vector<std::string> options;
  std::string path;
  std::string resave_path;
};

// What to answer to a line that is no request of this protocol.
struct WireFault {
  std::uint64_t id = 0;
  bool id_known = false;
  Outcome outcome = Outcome::kWorkerError;  // or kUnsupported: another protocol, op, field or word
  std::string text;
};

std::expected<WireRequest, WireFault> RequestFromLine(std::string_view line);

// One line each, without the newline.
std::string AnswerLine(const Answer& answer, std::uint64_t id);
std::string DescriptionLine(const Description& description, std::uint64_t id);
std::string FaultLine(const WireFault& fault);

}  // namespace weightproof
