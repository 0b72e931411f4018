// Strings of variable length, read from the bytes of the file itself. The C library (1.10) copies a
// heap object into a buffer sized by the reference, whatever the object's own size says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace weightproof::hdf5 {

// What the superblock says about every address and length in the file.
struct Superblock {
  std::uint64_t base = 0;  // offset of the signature: a user block of 512, 1024, ... may precede it
  int address_bytes = 8;
  int length_bytes = 8;
};

// Looks for the signature where HDF5 allows it. nullopt: this is no HDF5 file.
std::optional<Superblock> FindSuperblock(std::span<const std::byte> file);

// The text behind one reference of kVlenReferenceBytes (uint32 length, uint64 address of a global
// heap collection, uint32 index), cut at its first NUL. nullopt when it leads nowhere. Sizes of
// addresses and lengths must be 8. Format: HDF5 File Format Specification 2.0, III.E.
std::optional<std::string_view> ResolveVlenReference(std::span<const std::byte> file,
                                                     std::uint64_t base,
                                                     const std::byte* reference);

}  // namespace weightproof::hdf5
