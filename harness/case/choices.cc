#include "harness/case/draw.h"

namespace weightproof {
namespace {

// The finaliser of SplitMix64.
std::uint64_t Mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15U;

}  // namespace

SeededChoices::SeededChoices(std::uint64_t seed, std::uint64_t index)
    : state_(Mix(Mix(seed + kGolden) + index * kGolden + 1)) {}

std::uint64_t SeededChoices::Below(std::uint64_t n) {
  state_ += kGolden;
  // The high half of a 32 x 32 bit product; n stays far below 2^32, so the bias is negligible.
  if (n < (std::uint64_t{1} << 32)) return ((Mix(state_) >> 32) * n) >> 32;
  return Mix(state_) % n;
}

bool SeededChoices::Chance(std::uint64_t num, std::uint64_t den) { return Below(den) < num; }

std::size_t Chooser::Weighted(std::span<const int> weights) {
  std::uint64_t total = 0;
  for (const int weight : weights) total += static_cast<std::uint64_t>(weight);
  if (total == 0) return 0;
  std::uint64_t at = choices_.Below(total);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (at < static_cast<std::uint64_t>(weights[i])) return i;
    at -= static_cast<std::uint64_t>(weights[i]);
  }
  return weights.size() - 1;
}

std::vector<int> Chooser::Permutation(int count) {
  std::vector<int> order(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) order[static_cast<std::size_t>(i)] = i;
  for (int i = count - 1; i > 0; --i) {
    std::swap(order[static_cast<std::size_t>(i)], order[static_cast<std::size_t>(Range(0, i))]);
  }
  return order;
}

}  // namespace weightproof
