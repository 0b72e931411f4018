// What campaigns measure time with.
#pragma once

#include <chrono>

namespace weightproof {

// Seconds of a clock that never goes back; only differences mean anything.
inline double Now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace weightproof
