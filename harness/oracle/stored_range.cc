#include "harness/oracle/stored_range.h"

#include <hdf5.h>

#include "model/checkpoint/hdf5_image.h"

namespace weightproof {

using hdf5::Handle;
using hdf5::Kind;

std::optional<StoredRange> FindStored(std::span<const std::byte> file, const std::string& path) {
  const hdf5::Silence silence;
  const Handle opened = hdf5::OpenImage(file);
  if (!opened.ok()) return std::nullopt;
  const Handle dataset(H5Dopen2(opened.id(), path.c_str(), H5P_DEFAULT), Kind::kObject);
  if (!dataset.ok()) return std::nullopt;
  haddr_t begin = H5Dget_offset(dataset.id());
  hsize_t size = H5Dget_storage_size(dataset.id());
  const Handle properties(H5Dget_create_plist(dataset.id()), Kind::kPropertyList);
  if (H5Pget_layout(properties.id()) == H5D_CHUNKED) {
    const Handle space(H5Dget_space(dataset.id()), Kind::kSpace);  // 1.10 knows no H5S_ALL here
    hsize_t corner[H5S_MAX_RANK];
    unsigned left_out = 0;
    if (H5Dget_chunk_info(dataset.id(), space.id(), 0, corner, &left_out, &begin, &size) < 0) {
      return std::nullopt;
    }
  }
  if (begin == HADDR_UNDEF || size == 0 || begin > file.size() || size > file.size() - begin) {
    return std::nullopt;
  }
  return StoredRange{static_cast<std::size_t>(begin), static_cast<std::size_t>(size)};
}

}  // namespace weightproof
