// Requests and answers of the worker protocol (PROTOCOL.md) as lines of JSON. What a worker says
// is hostile until it has been read here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "harness/testee/testee.h"

namespace weightproof {

inline constexpr int kWorkerProtocol = 1;
inline constexpr std::size_t kWireLineBytesMax = std::size_t{64} << 20;
inline constexpr std::size_t kAnswerVariablesMax = 10'000;
inline constexpr std::size_t kAnswerReportsMax = 1'000;  // more are cut, with a line that says so
inline constexpr std::size_t kAnswerTextBytesMax = 64 << 10;  // longer texts are cut
inline constexpr std::size_t kAnswerRankMax = 16;
inline constexpr std::size_t kAnswerAspectsMax = 32;

// One line each, without the newline. `id` comes back in the answer.
std::string DescribeLine(std::uint64_t id);
std::string SaveLine(const SaveRequest& request, std::uint64_t id);
std::string LoadLine(const LoadRequest& request, std::uint64_t id);
std::string AssignLine(const AssignRequest& request, std::uint64_t id);

// BadJson (with a JSON pointer as the place) or LimitExceeded for a line that is no answer to the
// request `id`: unknown fields, wrong kinds, tensors whose bytes do not fit their shape.
Result<Answer> AnswerFromLine(std::string_view line, std::uint64_t id);
Result<Description> DescriptionFromLine(std::string_view line, std::uint64_t id);

}  // namespace weightproof
