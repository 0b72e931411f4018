#include "model/checkpoint/h5/btree.h"

#include <algorithm>
#include <vector>

namespace weightproof::h5 {
namespace {

constexpr std::size_t kTreeNodeHeadBytes = 24;
constexpr std::size_t kAddressBytes = 8;

struct Node {
  Bytes fields;  // keys and children, alternating, from the first key
  std::uint64_t offset;
  int level;
  std::uint16_t used;
  std::uint16_t next = 0;
};

// Nodes of one level from left to right, linked both ways.
struct Row {
  std::uint64_t last = kUndefined;      // address of the node before
  std::uint64_t expected = kUndefined;  // what it calls its right neighbour
  std::uint64_t offset = 0;
};

class Walk {
 public:
  Walk(Image& image, const BTreeKind& kind) : image_(image), kind_(kind) {}

  Checked Run(std::uint64_t root, const VisitChild& visit) {
    if (Checked opened = Open(root, nullptr); !opened) return opened;
    while (!nodes_.empty()) {
      Node& node = nodes_.back();
      if (node.next == node.used) {
        nodes_.pop_back();
        continue;
      }
      const Node parent = node;  // Open may move the nodes
      ++node.next;
      Cursor child(parent.fields.subspan(At(parent.next) + kind_.key_bytes, kAddressBytes), 0);
      const std::uint64_t address = child.U64();
      Checked done = parent.level > 0 ? Open(address, &parent)
                                      : visit(address, Key(parent, parent.next),
                                              Key(parent, parent.next + 1U), parent.offset);
      if (!done) return done;
    }
    for (const Row& row : rows_) {
      if (row.expected != kUndefined) return Stray(row.offset);
    }
    return {};
  }

 private:
  std::size_t At(std::size_t i) const { return i * (kind_.key_bytes + kAddressBytes); }
  Bytes Key(const Node& node, std::size_t i) const {
    return node.fields.subspan(At(i), kind_.key_bytes);
  }
  bool SameOrder(Bytes a, Bytes b) const {
    return std::ranges::equal(a.subspan(kind_.compared_from), b.subspan(kind_.compared_from));
  }
  std::unexpected<Failure> Stray(std::uint64_t offset) const {
    return Damaged(offset,
                   std::string(kind_.what) + " with a neighbour that the tree does not have");
  }

  Checked Open(std::uint64_t address, const Node* parent) {
    const std::uint64_t bytes = kTreeNodeHeadBytes + At(kind_.children_max) + kind_.key_bytes;
    const Parsed<Bytes> block = image_.Claim(address, bytes, kind_.what);
    if (!block) return std::unexpected(block.error());
    const std::uint64_t offset = image_.Offset(address);
    Cursor in(*block, offset);
    if (!in.Signature("TREE") || in.U8() != kind_.type) {
      return Damaged(offset, std::string("no ") + kind_.what + " where one is due");
    }
    const int level = in.U8();
    const std::uint16_t used = in.U16();
    const std::uint64_t left = in.U64();
    const std::uint64_t right = in.U64();
    const bool empty = used == 0 && (parent != nullptr || level > 0);
    if ((parent != nullptr && level != parent->level - 1) || used > kind_.children_max || empty) {
      return Damaged(offset, std::string(kind_.what) + " of a wrong level or size");
    }
    if (rows_.size() <= static_cast<std::size_t>(level)) {
      rows_.resize(static_cast<std::size_t>(level) + 1);
    }
    Row& row = rows_[static_cast<std::size_t>(level)];
    if (left != row.last || (row.last != kUndefined && row.expected != address)) {
      return Stray(offset);
    }
    row = {address, right, offset};
    const Node node{block->subspan(kTreeNodeHeadBytes), offset, level, used};
    if (parent != nullptr && (!SameOrder(Key(node, 0), Key(*parent, parent->next)) ||
                              !SameOrder(Key(node, used), Key(*parent, parent->next + 1U)))) {
      return Damaged(offset, std::string(kind_.what) + " whose keys are not its parent's");
    }
    nodes_.push_back(node);
    return {};
  }

  Image& image_;
  const BTreeKind& kind_;
  std::vector<Node> nodes_;
  std::vector<Row> rows_;
};

}  // namespace

Checked WalkBTree(Image& image, std::uint64_t root, const BTreeKind& kind,
                  const VisitChild& visit) {
  return Walk(image, kind).Run(root, visit);
}

}  // namespace weightproof::h5
