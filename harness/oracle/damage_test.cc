#include "harness/oracle/damage.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace weightproof
