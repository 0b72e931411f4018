#include "model/checkpoint/h5/object_header.h"

#include <utility>

#include "model/checkpoint/h5/checksum.h"

namespace weightproof::h5 {
namespace {

constexpr std::size_t kPrefixBytes = 16;   // version 1
constexpr std::size_t kMessageBytes2 = 4;  // version 2, without a creation order
constexpr std::size_t kContinuationBytes = 16;

struct Block {
  Bytes bytes;
  std::uint64_t offset;
};

class HeaderReader {
 public:
  HeaderReader(Image& image, std::vector<Message>& messages) : image_(image), messages_(messages) {}

  Checked Read(std::uint64_t address) {
    messages_.clear();
    // Versions differ in their first bytes: "OHDR", or the number 1.
    const std::uint64_t offset = image_.Offset(address);
    Parsed<Bytes> prefix = image_.Claim(address, kPrefixBytes, "an object header");
    if (!prefix) return std::unexpected(prefix.error());
    Cursor in(*prefix, offset);
    if (in.Signature("OHDR")) return ReadNew(address, *prefix);
    Cursor old(*prefix, offset);
    if (old.U8() != 1) return Damaged(offset, "no object header where one is due");
    return ReadOld(address, old);
  }

 private:
  const Block& At(std::size_t i) const { return i == 0 ? first_ : more_[i - 1]; }

  Checked ReadOld(std::uint64_t address, Cursor& in) {
    in.Skip(1);
    const std::uint16_t count = in.U16();
    in.Skip(4);  // reference count; a second link to the object is refused elsewhere
    const std::uint32_t size = in.U32();
    const Parsed<Bytes> first =
        image_.Claim(address + kPrefixBytes, size, "the messages of an object header");
    if (!first) return std::unexpected(first.error());
    first_ = {*first, image_.Offset(address + kPrefixBytes)};
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i <= more_.size(); ++i) {
      Cursor block(At(i).bytes, At(i).offset);
      while (block.left() > 0) {
        const std::uint64_t at = block.offset();
        const std::uint16_t type = block.U16();
        const std::uint16_t bytes = block.U16();
        const std::uint8_t flags = block.U8();
        block.Skip(3);
        const std::uint64_t data_at = block.offset();
        const Bytes data = block.Span(bytes);
        if (!block.ok() || bytes % 8 != 0) {
          return Damaged(at, "a header message of a wrong size");
        }
        ++seen;
        if (Checked taken = Take(type, flags, data, data_at, false); !taken) return taken;
      }
    }
    if (seen != count) {
      return Damaged(image_.Offset(address), "an object header states " + std::to_string(count) +
                                                 " messages and has " + std::to_string(seen));
    }
    return {};
  }

  // The prefix's 16 bytes are claimed; what else belongs to the first block follows them.
  Checked ReadNew(std::uint64_t address, Bytes prefix) {
    const std::uint64_t offset = image_.Offset(address);
    Cursor in(prefix, offset);
    in.Skip(4);
    const std::uint8_t version = in.U8();
    const std::uint8_t flags = in.U8();
    if (version != 2 || (flags & 0xc0) != 0) {
      return Forbidden(offset, "an object header of an unknown version");
    }
    if ((flags & 0x0c) != 0)
      return Forbidden(offset, "attributes in order of creation (track_order)");
    const std::size_t times = (flags & 0x20) != 0 ? 16 : 0;
    const std::size_t phases = (flags & 0x10) != 0 ? 4 : 0;
    const std::size_t size_bytes = std::size_t{1} << (flags & 3);
    const std::size_t head = 6 + times + phases + size_bytes;
    std::uint64_t size = 0;
    // The field of the size may lie behind the 16 bytes: claim what is missing of the head first.
    Bytes all = prefix;
    if (head > kPrefixBytes) {
      const Parsed<Bytes> more =
          image_.Claim(address + kPrefixBytes, head - kPrefixBytes, "an object header");
      if (!more) return std::unexpected(more.error());
      all = Bytes(prefix.data(), head);
    }
    Cursor fields(all.first(std::min(head, all.size())), offset);
    fields.Skip(head - size_bytes);
    size = fields.Unsigned(size_bytes);
    if (size > image_.end()) return Damaged(offset, "an object header larger than the file");
    const std::uint64_t whole = head + size + 4;
    const std::uint64_t claimed = std::max<std::uint64_t>(head, kPrefixBytes);
    if (whole < claimed) return Damaged(offset, "an object header without room for messages");
    const Parsed<Bytes> rest =
        image_.Claim(address + claimed, whole - claimed, "the messages of an object header");
    if (!rest) return std::unexpected(rest.error());
    const Bytes block(prefix.data(), whole);
    if (Checked sum = CheckSum(block, offset); !sum) return sum;
    first_ = {block.subspan(head, size), offset + head};
    for (std::size_t i = 0; i <= more_.size(); ++i) {
      Cursor in_block(At(i).bytes, At(i).offset);
      while (in_block.left() >= kMessageBytes2) {
        const std::uint64_t at = in_block.offset();
        const std::uint8_t type = in_block.U8();
        const std::uint16_t bytes = in_block.U16();
        const std::uint8_t message_flags = in_block.U8();
        const std::uint64_t data_at = in_block.offset();
        const Bytes data = in_block.Span(bytes);
        if (!in_block.ok()) return Damaged(at, "a header message of a wrong size");
        if (Checked taken = Take(type, message_flags, data, data_at, true); !taken) return taken;
      }
    }
    return {};
  }

  static Checked CheckSum(Bytes block, std::uint64_t offset) {
    const std::size_t covered = block.size() - 4;
    Cursor stored(block.subspan(covered), offset + covered);
    if (stored.U32() == Lookup3(block.first(covered))) return {};
    return Damaged(offset, "the checksum of an object header is wrong");
  }

  Checked Take(std::uint16_t type, std::uint8_t flags, Bytes data, std::uint64_t offset,
               bool checksummed) {
    if ((flags & 0x02) != 0) {
      return Forbidden(offset, "a header message that is stored elsewhere (a committed type?)");
    }
    // 0x01 says constant, 0x04 not to be shared; the rest is about sharing and unknown messages.
    if ((flags & ~0x05) != 0) {
      return Forbidden(offset, "a header message with unusual flags");
    }
    if (type == static_cast<std::uint16_t>(MessageType::kNil)) return {};
    if (type == static_cast<std::uint16_t>(MessageType::kContinuation)) {
      return Continue(data, offset, checksummed);
    }
    if (type == static_cast<std::uint16_t>(MessageType::kReferenceCount) && !checksummed) {
      return Damaged(offset, "a reference count in a header that has a field for it");
    }
    switch (static_cast<MessageType>(type)) {
      case MessageType::kDataspace:
      case MessageType::kLinkInfo:
      case MessageType::kDatatype:
      case MessageType::kFillValueOld:
      case MessageType::kFillValue:
      case MessageType::kLink:
      case MessageType::kExternalFiles:
      case MessageType::kLayout:
      case MessageType::kGroupInfo:
      case MessageType::kFilters:
      case MessageType::kAttribute:
      case MessageType::kComment:
      case MessageType::kTimeOld:
      case MessageType::kSymbolTable:
      case MessageType::kTime:
      case MessageType::kAttributeInfo:
      case MessageType::kReferenceCount:
        messages_.push_back({static_cast<MessageType>(type), data, offset});
        return {};
      default:
        return Forbidden(offset, "a header message of unknown kind " + std::to_string(type));
    }
  }

  Checked Continue(Bytes data, std::uint64_t offset, bool checksummed) {
    Cursor in(data, offset);
    const std::uint64_t address = in.U64();
    const std::uint64_t size = in.U64();
    if (!in.ok() || data.size() < kContinuationBytes) {
      return Damaged(offset, "a continuation of an object header of a wrong size");
    }
    if (size == 0) return Damaged(offset, "a continuation of an object header without bytes");
    const Parsed<Bytes> block = image_.Claim(address, size, "the continuation of an object header");
    if (!block) return std::unexpected(block.error());
    const std::uint64_t at = image_.Offset(address);
    if (!checksummed) {
      more_.push_back({*block, at});
      return {};
    }
    Cursor signature(*block, at);
    if (size < 8 || !signature.Signature("OCHK")) {
      return Damaged(at, "no continuation of an object header where one is due");
    }
    if (Checked sum = CheckSum(*block, at); !sum) return sum;
    more_.push_back({block->subspan(4, size - 8), at + 4});
    return {};
  }

  Image& image_;
  std::vector<Message>& messages_;
  Block first_{};
  std::vector<Block> more_;  // continuations, rarely any
};

}  // namespace

Checked ReadObjectHeader(Image& image, std::uint64_t address, std::vector<Message>& messages) {
  if (address == kUndefined) return Damaged(0, "an object at an address that leads nowhere");
  return HeaderReader(image, messages).Read(address);
}

}  // namespace weightproof::h5
