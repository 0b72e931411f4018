// An Answer as bytes, between a process and its own child.
#pragma once

#include <optional>
#include <string>

#include "harness/testee/testee.h"

namespace weightproof {

std::string AnswerToBytes(const Answer& answer);
std::optional<Answer> AnswerFromBytes(const std::string& bytes);  // nullopt: cut short or odd

}  // namespace weightproof
