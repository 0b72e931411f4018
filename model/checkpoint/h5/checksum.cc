#include "model/checkpoint/h5/checksum.h"

#include <algorithm>
#include <array>

namespace weightproof::h5 {
namespace {

struct State {
  std::uint32_t a, b, c;
};

void Mix(State& s) {
  s.a = (s.a - s.c) ^ std::rotl(s.c, 4);
  s.c += s.b;
  s.b = (s.b - s.a) ^ std::rotl(s.a, 6);
  s.a += s.c;
  s.c = (s.c - s.b) ^ std::rotl(s.b, 8);
  s.b += s.a;
  s.a = (s.a - s.c) ^ std::rotl(s.c, 16);
  s.c += s.b;
  s.b = (s.b - s.a) ^ std::rotl(s.a, 19);
  s.a += s.c;
  s.c = (s.c - s.b) ^ std::rotl(s.b, 4);
  s.b += s.a;
}

void Final(State& s) {
  s.c = (s.c ^ s.b) - std::rotl(s.b, 14);
  s.a = (s.a ^ s.c) - std::rotl(s.c, 11);
  s.b = (s.b ^ s.a) - std::rotl(s.a, 25);
  s.c = (s.c ^ s.b) - std::rotl(s.b, 16);
  s.a = (s.a ^ s.c) - std::rotl(s.c, 4);
  s.b = (s.b ^ s.a) - std::rotl(s.a, 14);
  s.c = (s.c ^ s.b) - std::rotl(s.b, 24);
}

}  // namespace

std::uint32_t Lookup3(Bytes bytes) {
  const std::uint32_t start = 0xdeadbeefU + static_cast<std::uint32_t>(bytes.size());
  State s{start, start, start};
  std::array<std::uint32_t, 3> words;
  while (bytes.size() > sizeof words) {
    std::memcpy(words.data(), bytes.data(), sizeof words);
    s = {s.a + words[0], s.b + words[1], s.c + words[2]};
    Mix(s);
    bytes = bytes.subspan(sizeof words);
  }
  if (bytes.empty()) return s.c;
  words = {};
  std::memcpy(words.data(), bytes.data(), bytes.size());
  s = {s.a + words[0], s.b + words[1], s.c + words[2]};
  Final(s);
  return s.c;
}

std::uint32_t Fletcher32(Bytes bytes) {
  // 360 words keep both sums below 2^32 between reductions.
  constexpr std::size_t kWordsAtOnce = 360;
  const auto fold = [](std::uint32_t sum) { return (sum & 0xffff) + (sum >> 16); };
  std::uint32_t first = 0;
  std::uint32_t second = 0;
  std::size_t at = 0;
  for (std::size_t words = bytes.size() / 2; words > 0;) {
    const std::size_t now = std::min(words, kWordsAtOnce);
    words -= now;
    for (std::size_t i = 0; i < now; ++i, at += 2) {
      first += std::to_integer<std::uint32_t>(bytes[at]) << 8 |
               std::to_integer<std::uint32_t>(bytes[at + 1]);
      second += first;
    }
    first = fold(first);
    second = fold(second);
  }
  if (at < bytes.size()) {
    first = fold(first + (std::to_integer<std::uint32_t>(bytes[at]) << 8));
    second = fold(second + first);
  }
  return fold(second) << 16 | fold(first);
}

}  // namespace weightproof::h5
