// The strict reader: the bytes of an HDF5 file that nobody trusts, as a tree.
//
// It reads what Keras and h5py write by default: superblocks 0 to 3, object headers 1 and 2, groups
// by symbol table or by links, compact or dense, compact attributes, values that are compact,
// contiguous or in chunks under a B-tree 1, deflate, shuffle and fletcher32. Anything else is
// refused by its name.
//
// Bounds, for a file of n bytes: a block is parsed once and has one owner; nothing outside the n
// bytes is read; work and memory are linear in n. Memory besides the file's own bytes and the
// values handed out stays below kMemoryPerByte * n + kMemoryFixed; uncompressed values are never
// larger than n together, compressed ones never larger than r = Hdf5Limits::inflate_ratio_max * n.
// While a compressed chunk is read it stands in memory twice: at most kMemoryPerInflated * r with
// the values. No recursion follows the file, nothing is thrown, printed or aborted.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "model/checkpoint/hdf5.h"

namespace weightproof::h5 {

inline constexpr std::size_t kMemoryPerByte = 24;
inline constexpr std::size_t kMemoryFixed = std::size_t{128} << 10;
inline constexpr std::size_t kMemoryPerInflated = 3;

// `keep_alive`: if given, owns `file`; values that lie in the file as the tree has them are then
// views that share it, else copies.
Result<Group> ReadTree(std::span<const std::byte> file, const std::string& place,
                       const Hdf5Limits& limits, std::shared_ptr<const void> keep_alive = nullptr);

}  // namespace weightproof::h5
