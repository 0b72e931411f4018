// Texts of variable length. Format: HDF5 File Format Specification, III.E.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/checkpoint/h5/image.h"

namespace weightproof::h5 {

// Collections are claimed and indexed at their first use. An object of a heap has one reference.
class GlobalHeap {
 public:
  explicit GlobalHeap(Image& image) : image_(image) {}

  // The text behind a reference of kVlenReferenceBytes bytes, cut at its first NUL.
  Parsed<std::string_view> Text(Bytes reference, std::uint64_t offset);

 private:
  struct Object {
    std::uint16_t index;
    bool taken;
    std::uint64_t begin, size;
  };
  struct Collection {
    Bytes bytes;
    std::uint64_t offset;
    std::vector<Object> objects;  // ascending by index
  };

  Parsed<Collection*> Find(std::uint64_t address);

  Image& image_;
  std::unordered_map<std::uint64_t, Collection> collections_;  // by address
};

}  // namespace weightproof::h5
