// Object headers: the messages that say what a group or a dataset is. Format: HDF5 File Format
// Specification, IV.A.1.
#pragma once

#include <cstdint>
#include <vector>

#include "model/checkpoint/h5/image.h"

namespace weightproof::h5 {

enum class MessageType : std::uint16_t {
  kNil = 0x00,
  kDataspace = 0x01,
  kLinkInfo = 0x02,
  kDatatype = 0x03,
  kFillValueOld = 0x04,
  kFillValue = 0x05,
  kLink = 0x06,
  kExternalFiles = 0x07,
  kLayout = 0x08,
  kGroupInfo = 0x0a,
  kFilters = 0x0b,
  kAttribute = 0x0c,
  kComment = 0x0d,
  kTimeOld = 0x0e,
  kContinuation = 0x10,
  kSymbolTable = 0x11,
  kTime = 0x12,
  kAttributeInfo = 0x15,
  kReferenceCount = 0x16,
};

struct Message {
  MessageType type;
  Bytes data;
  std::uint64_t offset;  // of the data in the file
};

// The messages of the object at `address`, continuations included, in the order of the file;
// empty ones and continuations themselves are left out. Version 1, and 2 with its checksums.
// Refuses unknown and shared messages. `messages` is reused.
Checked ReadObjectHeader(Image& image, std::uint64_t address, std::vector<Message>& messages);

}  // namespace weightproof::h5
