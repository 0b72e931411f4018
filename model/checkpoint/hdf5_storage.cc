#include "model/checkpoint/hdf5_storage.h"

#include <hdf5.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <utility>

#include "model/tensor.h"

namespace weightproof::hdf5 {
namespace {

std::unexpected<StorageError> Forbidden(std::string message) {
  return std::unexpected(StorageError{ErrorKind::kForbiddenFeature, std::move(message)});
}

std::unexpected<StorageError> Damaged(std::string message) {
  return std::unexpected(StorageError{ErrorKind::kDamagedFile, std::move(message)});
}

// The library would look for any other filter among plug-ins on disk.
std::expected<void, StorageError> FindFilters(Id creation, StorageHints& hints) {
  const int filters = H5Pget_nfilters(creation);
  for (int i = 0; i < filters; ++i) {
    unsigned flags = 0;
    unsigned values[8] = {};
    std::size_t count = std::size(values);
    const H5Z_filter_t filter = H5Pget_filter2(creation, static_cast<unsigned>(i), &flags, &count,
                                               values, 0, nullptr, nullptr);
    if (filter == H5Z_FILTER_DEFLATE) {
      hints.deflate = static_cast<int>(std::min(values[0], 9U));
    } else if (filter == H5Z_FILTER_SHUFFLE) {
      hints.shuffle = true;
    } else if (filter == H5Z_FILTER_FLETCHER32) {
      hints.fletcher32 = true;
    } else {
      return Forbidden("filter " + std::to_string(filter) +
                       "; this reader has deflate (gzip), shuffle and fletcher32");
    }
  }
  return {};
}

}  // namespace

std::expected<Storage, StorageError> FindStorage(Id dataset) {
  Storage storage;
  // Defined only for plain contiguous storage in this very file; includes a user block.
  if (const haddr_t offset = H5Dget_offset(dataset); offset != HADDR_UNDEF) {
    storage.storing = Storing::kContiguous;
    storage.offset = offset;
    return storage;
  }
  const Handle creation(H5Dget_create_plist(dataset), Kind::kPropertyList);
  if (!creation.ok()) return Damaged("its storage cannot be described");
  const H5D_layout_t layout = H5Pget_layout(creation.id());
  if (layout == H5D_VIRTUAL) return Forbidden("a virtual dataset, made from other files");
  if (H5Pget_external_count(creation.id()) != 0) {
    return Forbidden("a dataset with its values in another file");
  }
  if (layout != H5D_CHUNKED) return storage;
  std::array<hsize_t, H5S_MAX_RANK> chunk{};
  const int rank = H5Pget_chunk(creation.id(), H5S_MAX_RANK, chunk.data());
  if (rank < 1) return Damaged("its chunks cannot be described");
  storage.hints.chunk.assign(chunk.begin(), chunk.begin() + rank);
  const std::optional<std::int64_t> elements = ElementCount(storage.hints.chunk);
  if (!elements) return Damaged("a chunk of more elements than any file holds");
  storage.chunk_elements = static_cast<std::size_t>(*elements);
  if (auto known = FindFilters(creation.id(), storage.hints); !known) {
    return std::unexpected(std::move(known.error()));
  }
  if (storage.hints.deflate >= 0) storage.storing = Storing::kCompressed;
  return storage;
}

}  // namespace weightproof::hdf5
