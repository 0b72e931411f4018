// How much memory another process has in use, seen from outside (Linux, /proc).
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>

namespace weightproof {

// Forgets the peak of a process: from now on it is what the process has at this moment, in bytes,
// which is returned. Nothing where the system does not let us.
std::optional<std::size_t> ForgetPeak(pid_t pid);
// The most that was resident since then, in bytes.
std::optional<std::size_t> PeakResident(pid_t pid);

}  // namespace weightproof
