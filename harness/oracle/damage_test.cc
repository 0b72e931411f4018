#include "harness/oracle/damage.h"

#include <gtest/gtest.h>

#include <bit>

#include "model/checkpoint/hdf5.h"

namespace weightproof {
namespace {

Child Values(std::string name, Shape shape) {
  const Tensor tensor(DType::kFloat32, shape);
  Dataset dataset;
  dataset.value.shape = std::move(shape);
  dataset.value.bytes.Own().assign(tensor.bytes().begin(), tensor.bytes().end());
  return {std::move(name), std::move(dataset)};
}

// a/x (2, 3), a/y (6), b/x (2, 3), and a list of names at the root.
Group Tree() {
  Group root;
  Group a, b;
  AddChild(a, Values("x", {2, 3}));
  AddChild(a, Values("y", {6}));
  AddChild(b, Values("x", {2, 3}));
  b.children[0].dataset()->value.bytes.Own()[0] = std::byte{1};
  AddChild(root, {"a", std::move(a)});
  AddChild(root, {"b", std::move(b)});
  SetAttribute(root.attributes, StringListAttribute("layer_names", {"a", "b"}));
  return root;
}

Damage Edit(DamageOp op, std::string path, std::string to = "") {
  Damage edit;
  edit.op = op;
  edit.path = std::move(path);
  edit.to = std::move(to);
  return edit;
}

TEST(ApplyDamage, DropRemovesAGroupADatasetOrAnAttribute) {
  Group tree = Tree();
  Damage names = Edit(DamageOp::kDrop, "");
  names.attribute = "layer_names";
  ASSERT_TRUE(ApplyDamage(
      tree, {Edit(DamageOp::kDrop, "a/x"), Edit(DamageOp::kDrop, "b"), std::move(names)}));
  EXPECT_EQ(FindPath(tree, "a/x"), nullptr);
  EXPECT_EQ(FindPath(tree, "b"), nullptr);
  EXPECT_NE(FindPath(tree, "a/y"), nullptr);
  EXPECT_TRUE(tree.attributes.empty());
}

TEST(ApplyDamage, RenameKeepsContentAndOrder) {
  Group tree = Tree();
  ASSERT_TRUE(ApplyDamage(tree, {Edit(DamageOp::kRename, "a/x", "z")}));
  EXPECT_EQ(FindPath(tree, "a/x"), nullptr);
  ASSERT_NE(FindPath(tree, "a/z"), nullptr);
  EXPECT_EQ(FindPath(tree, "a")->group()->children[0].name, "y");
}

TEST(ApplyDamage, SwapExchangesContentsAndTwiceIsNothing) {
  Group tree = Tree();
  ASSERT_TRUE(ApplyDamage(tree, {Edit(DamageOp::kSwap, "a/x", "b/x")}));
  EXPECT_EQ(FindPath(tree, "a/x")->dataset()->value.bytes[0], std::byte{1});
  EXPECT_NE(FirstDifference(tree, Tree()), "");
  ASSERT_TRUE(ApplyDamage(tree, {Edit(DamageOp::kSwap, "a/x", "b/x")}));
  EXPECT_EQ(FirstDifference(tree, Tree()), "");
}

TEST(ApplyDamage, ReshapeKeepsTheNumberOfElements) {
  Group tree = Tree();
  Damage reshape = Edit(DamageOp::kReshape, "a/x");
  reshape.shape = {3, 2};
  ASSERT_TRUE(ApplyDamage(tree, {reshape}));
  EXPECT_EQ(FindPath(tree, "a/x")->dataset()->value.shape, (Shape{3, 2}));
  reshape.shape = {3, 3};
  EXPECT_FALSE(ApplyDamage(tree, {reshape}));
}

TEST(ApplyDamage, RetypeConvertsValuesAndMarksByteOrder) {
  Group tree = Tree();
  Damage retype = Edit(DamageOp::kRetype, "b/x");
  retype.dtype = "float64";
  retype.big_endian = true;
  ASSERT_TRUE(ApplyDamage(tree, {retype}));
  const StoredArray& value = FindPath(tree, "b/x")->dataset()->value;
  EXPECT_EQ(value.type.dtype, DType::kFloat64);
  EXPECT_TRUE(value.type.big_endian);
  EXPECT_EQ(value.bytes.size(), 6u * 8u);
}

TEST(ApplyDamage, ChunkAndByteOrderAloneAreNoChangeOfContent) {
  Group tree = Tree();
  Damage chunk = Edit(DamageOp::kChunk, "a/x");
  chunk.deflate = 4;
  Damage order = Edit(DamageOp::kRetype, "b/x");
  order.dtype = "float32";
  order.big_endian = true;
  ASSERT_TRUE(ApplyDamage(tree, {chunk, order}));
  EXPECT_EQ(FirstDifference(tree, Tree()), "");
  EXPECT_TRUE(ContentPreserving({chunk, order}));
  EXPECT_TRUE(ContentPreserving({}));
  order.dtype = "float64";
  EXPECT_FALSE(ContentPreserving({chunk, order}));
}

TEST(ApplyDamage, SetValueChangesOneElement) {
  Group tree = Tree();
  Damage set = Edit(DamageOp::kSetValue, "a/x");
  set.index = 5;
  set.value = 0.5;
  ASSERT_TRUE(ApplyDamage(tree, {set}));
  EXPECT_EQ(FirstDifference(tree, Tree()).substr(0, 4), "/a/x");
  set.index = 6;
  EXPECT_FALSE(ApplyDamage(tree, {set}));
}

TEST(ApplyDamage, RefusesWhatDoesNotApplyAndNamesThePath) {
  for (const Damage& edit :
       {Edit(DamageOp::kDrop, "a/none"), Edit(DamageOp::kRename, "a/x", "y"),
        Edit(DamageOp::kRename, "a/x", "b/c"), Edit(DamageOp::kSwap, "a", "a/x"),
        Edit(DamageOp::kSwap, "a/x", "a/x"), Edit(DamageOp::kDuplicate, "a", "a/inner"),
        Edit(DamageOp::kDuplicate, "a/x", "b/x"), Edit(DamageOp::kReshape, "a")}) {
    Group tree = Tree();
    const Status status = ApplyDamage(tree, {edit});
    ASSERT_FALSE(status) << edit.path << " to " << edit.to;
    EXPECT_EQ(status.error().kind, ErrorKind::kBadConfig);
    EXPECT_TRUE(status.error().place.contains(edit.path));
  }
}

Damage ByteEdit(DamageOp op, std::int64_t index, std::int64_t bytes = 0) {
  Damage edit;
  edit.op = op;
  edit.index = index;
  edit.bytes = bytes;
  edit.mask = 3;
  return edit;
}

TEST(DamageBytes, CountsPositionsModuloTheLengthAndComesInOrder) {
  const Damage flip = ByteEdit(DamageOp::kFlip, 12);
  const Damage zero = ByteEdit(DamageOp::kZero, 8, 100);
  const Damage cut = ByteEdit(DamageOp::kCut, 19);
  const Damage append = ByteEdit(DamageOp::kAppend, 0, 2);
  std::string file = "0123456789";
  ASSERT_TRUE(DamageBytes(file, {flip, Edit(DamageOp::kDrop, "a/x"), zero, cut, append}));
  EXPECT_EQ(file, std::string("01134567\0ZZ", 11));
  ASSERT_TRUE(DamageBytes(file, {cut}));
  EXPECT_EQ(file, "01134567");
  std::string empty;
  ASSERT_TRUE(DamageBytes(empty, {flip, zero, cut, append}));
  EXPECT_EQ(empty, "");
  EXPECT_FALSE(ContentPreserving({flip}));
}

// The tree after bytes of a/x were damaged.
Result<Group> AfterBytes(Group tree, const std::vector<Damage>& damage,
                         const Hdf5Limits& limits = {}) {
  const Result<std::vector<std::byte>> bytes = WriteHdf5(tree);
  std::string file(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  if (const Status done = DamageBytes(file, damage); !done) return std::unexpected(done.error());
  return ReadHdf5(std::as_bytes(std::span(file)), "f", limits);
}

TEST(DamageBytes, FindsTheValuesOfADataset) {
  Damage flip = ByteEdit(DamageOp::kFlip, 4);
  flip.path = "a/x";
  const Result<Group> damaged = AfterBytes(Tree(), {flip});
  ASSERT_TRUE(damaged) << damaged.error().Text();
  Group tree = Tree();
  Damage set = Edit(DamageOp::kSetValue, "a/x");
  set.index = 1;
  set.value = static_cast<double>(std::bit_cast<float>(3U));  // it was zero
  ASSERT_TRUE(ApplyDamage(tree, {set}));
  EXPECT_EQ(FirstDifference(*damaged, tree), "");

  flip.path = "a/none";
  EXPECT_EQ(AfterBytes(Tree(), {flip}).error().kind, ErrorKind::kBadConfig);
}

TEST(DamageBytes, AFlipInAChunkBreaksItsChecksum) {
  Group tree = Tree();
  Damage chunk = Edit(DamageOp::kChunk, "a/x");
  chunk.fletcher32 = true;
  ASSERT_TRUE(ApplyDamage(tree, {chunk}));
  Damage flip = ByteEdit(DamageOp::kFlip, 0);
  flip.path = "a/x";
  const Result<Group> refused = AfterBytes(tree, {flip});
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().message.contains("checksum")) << refused.error().Text();
  Hdf5Limits salvage;
  salvage.chunk_checksums = false;
  const Result<Group> read = AfterBytes(tree, {flip}, salvage);
  ASSERT_TRUE(read) << read.error().Text();
  EXPECT_NE(FirstDifference(*read, Tree()), "");
}

}  // namespace
}  // namespace weightproof
