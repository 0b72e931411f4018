// Base64 (RFC 4648, with padding), strict: tensors on the wire of the worker protocol.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weightproof {

std::string Base64Encode(std::span<const std::byte> bytes);

// nullopt for a character outside the alphabet, wrong length, wrong padding, or bits set where
// the last character carries none: every byte string has exactly one accepted text.
std::optional<std::vector<std::byte>> Base64Decode(std::string_view text);

}  // namespace weightproof
