#include <algorithm>
#include <span>

#include "harness/minimize/reduction.h"
#include "model/checkpoint/hdf5.h"

namespace weightproof {
namespace {

bool IsReadable(const std::string& bytes) {
  return ReadHdf5(std::as_bytes(std::span(bytes)), "").has_value();
}

bool IsText(const std::string& bytes) {
  return std::ranges::all_of(
      bytes, [](unsigned char c) { return c >= ' ' || c == '\n' || c == '\r' || c == '\t'; });
}

}  // namespace

void ShrinkBytes(Reduction& reduction) {
  const bool readable = IsReadable(reduction.best());
  const auto take = [&](const std::string& candidate) {
    return (!readable || IsReadable(candidate)) && reduction.Try(candidate);
  };
  for (bool again = true; again && !reduction.over();) {
    again = DropRuns(reduction.best().size(), [&](std::size_t begin, std::size_t end) {
      std::string candidate = reduction.best();
      candidate.erase(begin, end - begin);
      return take(candidate);
    });
  }
  if (IsText(reduction.best())) return;
  DropRuns(reduction.best().size(), [&](std::size_t begin, std::size_t end) {
    std::string candidate = reduction.best();
    const auto first = candidate.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto last = candidate.begin() + static_cast<std::ptrdiff_t>(end);
    if (std::all_of(first, last, [](char c) { return c == 0; })) return false;
    std::fill(first, last, '\0');
    take(candidate);
    return false;  // nothing is shorter
  });
}

}  // namespace weightproof
