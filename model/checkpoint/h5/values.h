// From stored elements to the values of a tree.
#pragma once

#include <memory>

#include "model/checkpoint/h5/dataset_storage.h"
#include "model/checkpoint/h5/global_heap.h"
#include "model/checkpoint/tree.h"

namespace weightproof::h5 {

// Puts `values` into `array`, whose type and shape are set. Text of variable length comes from
// `heap`; all text together may have `text_bytes_max` bytes. `keep_alive`: see ReadTree.
Checked Decode(Values values, const FileType& type, std::uint64_t count, GlobalHeap& heap,
               std::size_t text_bytes_max, const std::shared_ptr<const void>& keep_alive,
               StoredArray& array);

}  // namespace weightproof::h5
