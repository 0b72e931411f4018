#include "model/checkpoint/h5/global_heap.h"

#include <algorithm>

namespace weightproof::h5 {
namespace {

constexpr std::uint64_t kCollectionHeadBytes = 16;
constexpr std::uint64_t kObjectHeadBytes = 16;
constexpr std::uint64_t kCollectionBytesMin = 4096;

}  // namespace

Parsed<GlobalHeap::Collection*> GlobalHeap::Find(std::uint64_t address) {
  if (const auto known = collections_.find(address); known != collections_.end()) {
    return &known->second;
  }
  const std::uint64_t offset = image_.Offset(address);
  // Only its head tells its size, and the claim is for the whole.
  const Parsed<Bytes> head = image_.Peek(address, kCollectionHeadBytes, "a heap of texts");
  if (!head) return std::unexpected(head.error());
  Cursor in(*head, offset);
  if (!in.Signature("GCOL") || in.U8() != 1) {
    return Damaged(offset, "no heap of texts where one is due");
  }
  in.Skip(3);
  const std::uint64_t size = in.U64();
  if (size < kCollectionBytesMin) return Damaged(offset, "a heap of texts of a wrong size");
  const Parsed<Bytes> bytes = image_.Claim(address, size, "a heap of texts");
  if (!bytes) return std::unexpected(bytes.error());
  Collection made{*bytes, offset, {}};
  std::uint64_t at = kCollectionHeadBytes;
  while (size - at >= kObjectHeadBytes) {
    Cursor object(bytes->subspan(at, kObjectHeadBytes), offset + at);
    const std::uint16_t index = object.U16();
    object.Skip(6);
    const std::uint64_t stated = object.U64();
    const std::uint64_t left = size - at - kObjectHeadBytes;
    if (index == 0) {
      // The free space ends the heap; its size counts its own head.
      if (stated != size - at) return Damaged(offset + at, "free space of a wrong size in a heap");
      break;
    }
    if (stated > left) return Damaged(offset + at, "a text larger than its heap");
    made.objects.push_back({index, false, at + kObjectHeadBytes, stated});
    const std::uint64_t padded = (stated + 7) / 8 * 8;
    if (padded > left) return Damaged(offset + at, "a text larger than its heap");
    at += kObjectHeadBytes + padded;
  }
  std::ranges::sort(made.objects, {}, &Object::index);
  if (std::ranges::adjacent_find(made.objects, {}, &Object::index) != made.objects.end()) {
    return Damaged(offset, "two texts of one number in a heap");
  }
  return &collections_.emplace(address, std::move(made)).first->second;
}

Parsed<std::string_view> GlobalHeap::Text(Bytes reference, std::uint64_t offset) {
  Cursor in(reference, offset);
  const std::uint32_t length = in.U32();
  const std::uint64_t address = in.U64();
  const std::uint32_t index = in.U32();
  if (!in.ok()) return Damaged(offset, "a reference to a text that is cut short");
  if (length == 0) return std::string_view();
  const Parsed<Collection*> heap = Find(address);
  if (!heap) return std::unexpected(heap.error());
  std::vector<Object>& objects = (*heap)->objects;
  const auto found = std::ranges::lower_bound(objects, index, {}, &Object::index);
  if (found == objects.end() || found->index != index) {
    return Damaged(offset, "a text that its heap does not have");
  }
  Object& object = *found;
  if (object.taken) return Damaged(offset, "two references to one text");
  object.taken = true;
  // The library would copy the object into a buffer of the reference's length.
  if (object.size != length) return Damaged(offset, "a text of another length than its reference");
  const auto* text = reinterpret_cast<const char*>((*heap)->bytes.data()) + object.begin;
  const void* end = std::memchr(text, 0, length);
  return std::string_view(
      text,
      end == nullptr ? length : static_cast<std::size_t>(static_cast<const char*>(end) - text));
}

}  // namespace weightproof::h5
