// Values in chunks, and the filters over them.
#pragma once

#include <cstddef>
#include <vector>

#include "model/checkpoint/h5/dataset_storage.h"

namespace weightproof::h5 {

// `values`: all of the dataset, with the fill value where no chunk lies. The chunks are put in.
Parsed<std::vector<std::byte>> ReadChunks(Image& image, const Superblock& superblock,
                                          const DatasetStorage& dataset,
                                          std::vector<std::byte> values, const Hdf5Limits& limits);

}  // namespace weightproof::h5
