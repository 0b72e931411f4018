#include "harness/cli/progress.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>

#include "harness/campaign/report.h"

namespace weightproof {
namespace {

constexpr int kBarCells = 24;
constexpr double kSecondsBetweenLines = 10;

}  // namespace

std::string ProgressText(const Progress& p) {
  const double rate = p.seconds > 0 ? static_cast<double>(p.cases) / p.seconds : 0;
  std::string text =
      fmt::format("cases {}  {}/s  findings {}", Thousands(p.cases), RateText(rate), p.findings);
  if (p.stage != "running") return text + "  " + p.stage;
  if (p.done > 0) {
    const auto left = static_cast<std::uint64_t>(p.seconds_left + 0.5);
    text += fmt::format("  left {}:{:02}", left / 60, left % 60);
  }
  return text;
}

ProgressPrinter::ProgressPrinter() : terminal_(isatty(STDERR_FILENO) != 0) {}

void ProgressPrinter::Show(const Progress& p) {
  if (terminal_) {
    const int full = static_cast<int>(p.done * kBarCells);
    const std::string bar = std::string(static_cast<std::size_t>(full), '#') +
                            std::string(static_cast<std::size_t>(kBarCells - full), '.');
    fmt::print(stderr, "\r[{}] {}\033[K", bar, ProgressText(p));
    std::fflush(stderr);
    drawn_ = true;
    return;
  }
  if (p.stage == "running" && p.seconds - shown_seconds_ < kSecondsBetweenLines) return;
  shown_seconds_ = p.seconds;
  fmt::print(stderr, "{}\n", ProgressText(p));
}

void ProgressPrinter::End() {
  if (drawn_) fmt::print(stderr, "\r\033[K");
  drawn_ = false;
}

}  // namespace weightproof
