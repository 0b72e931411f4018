// Damaged files that pass for sound ones.
#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

#include "harness/testee/faults/faulty.h"

namespace weightproof {
namespace {

constexpr std::string_view kOfDamage = "loud-or-right";

Hooks ChecksumIgnored() {
  Hooks hooks;
  hooks.limits.chunk_checksums = false;
  return hooks;
}

Hooks DamageSwallowed() {
  Hooks hooks;
  hooks.damage_swallowed = true;
  return hooks;
}

// Behind the end of a tensor that is too small lies another one.
Hooks MissingBound() {
  Hooks hooks = Ignoring({ErrorKind::kShapeMismatch});
  hooks.values_matched = [](Values& values, const Network& network, const Group&) {
    std::vector<float> behind;
    for (const std::optional<Tensor>& value : values) {
      if (value) std::ranges::copy(value->values<float>(), std::back_inserter(behind));
    }
    for (std::size_t i = 0; i < values.size() && !behind.empty(); ++i) {
      if (values[i]) continue;
      values[i] = network.variables()[i];
      std::size_t at = 0;
      for (float& element : values[i]->values<float>()) element = behind[at++ % behind.size()];
    }
  };
  return hooks;
}

// Only the first piece of a large tensor arrives.
Hooks ShortReadAsZeros() {
  Hooks hooks;
  hooks.values_matched = [](Values& values, const Network&, const Group&) {
    constexpr std::size_t kPieceFloats = 64;
    for (std::optional<Tensor>& value : values) {
      if (!value) continue;
      const std::span<float> elements = value->values<float>();
      if (elements.size() > kPieceFloats) std::ranges::fill(elements.subspan(kPieceFloats), 0.0f);
    }
  };
  return hooks;
}

constexpr std::array kFaults{
    Fault{{"checksum-ignored", kOfDamage, "the checksum of a chunk is not looked at"},
          &ChecksumIgnored},
    Fault{{"damage-swallowed", kOfDamage,
           "a file that cannot be read is no error, only nothing is loaded"},
          &DamageSwallowed},
    Fault{{"missing-bound", kOfDamage, "a tensor smaller than its variable is read past its end"},
          &MissingBound},
    Fault{{"short-read-as-zeros", "round-trips",
           "a read that comes back short is taken for whole, the rest for zeros"},
          &ShortReadAsZeros},
};

}  // namespace

std::span<const Fault> DamageFaults() { return kFaults; }

}  // namespace weightproof
