#include "model/checkpoint/hdf5.h"

#include <utility>

#include "model/checkpoint/h5/reader.h"

namespace weightproof {

Result<Group> ReadHdf5(std::span<const std::byte> file, const std::string& place,
                       const Hdf5Limits& limits, std::shared_ptr<const void> keep_alive) {
  return h5::ReadTree(file, place, limits, std::move(keep_alive));
}

}  // namespace weightproof
