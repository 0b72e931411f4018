// An attribute's header message taken apart. Format: HDF5 File Format Specification, IV.A.2.m.
#pragma once

#include <cstddef>
#include <string>

#include "model/checkpoint/h5/dataset_storage.h"
#include "model/checkpoint/h5/object_header.h"

namespace weightproof::h5 {

struct AttributeParts {
  std::string name;  // set as soon as it is known, for a failure in what follows
  FileType type;
  FileSpace space;
  Values values;  // a view of the message
};

// `bytes_max`: Hdf5Limits::attribute_bytes_max.
Checked ReadAttributeMessage(const Message& message, std::size_t bytes_max, AttributeParts& parts);

}  // namespace weightproof::h5
