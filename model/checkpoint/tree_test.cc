#include "model/checkpoint/tree.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string_view>

namespace weightproof {
namespace {

Dataset Number(float value) {
  Dataset dataset;
  dataset.value.bytes.Own().resize(sizeof value);
  std::memcpy(dataset.value.bytes.Own().data(), &value, sizeof value);
  return dataset;
}

Group Sample() {
  Group root;
  for (const char* path : {"dense_2/kernel", "dense_10/kernel", "dense/a/b"}) {
    const std::string_view text = path;
    AddChild(*EnsureGroup(root, text),
             Child{std::string(text.substr(text.rfind('/') + 1)), Number(1)});
  }
  SetAttribute(root.attributes, StringListAttribute("names", {"a", "b"}));
  SetAttribute(root.attributes, StringAttribute("backend", "numpy"));
  return root;
}

TEST(Tree, KeepsChildrenAndAttributesInBytewiseOrder) {
  const Group root = Sample();
  ASSERT_EQ(root.children.size(), 3U);
  EXPECT_EQ(root.children[0].name, "dense");
  EXPECT_EQ(root.children[1].name, "dense_10");
  EXPECT_EQ(root.children[2].name, "dense_2");
  EXPECT_EQ(root.attributes[0].name, "backend");
}

TEST(Tree, FindsByPathAndNothingBehindDatasetsOrEmptyNames) {
  Group root = Sample();
  ASSERT_NE(FindPath(root, "dense/a/b"), nullptr);
  EXPECT_NE(FindPath(root, "dense/a/b")->dataset(), nullptr);
  EXPECT_NE(FindPath(root, "dense/a")->group(), nullptr);
  for (const char* path : {"", "/", "/dense", "dense/", "dense//a", "dense/a/b/c", "nothing"}) {
    EXPECT_EQ(FindPath(root, path), nullptr) << path;
  }
}

TEST(Tree, MakesGroupsOnTheWayButNeverThroughADataset) {
  Group root = Sample();
  EXPECT_EQ(EnsureGroup(root, "top"), &root);
  EXPECT_NE(EnsureGroup(root, "x/y/z"), nullptr);
  EXPECT_NE(FindPath(root, "x/y"), nullptr);
  EXPECT_EQ(FindPath(root, "x/y/z"), nullptr);
  EXPECT_EQ(EnsureGroup(root, "dense/a/b/c"), nullptr);
  EXPECT_EQ(EnsureGroup(root, "x//y"), nullptr);
}

TEST(Tree, ReplacesAChildOrAttributeOfTheSameName) {
  Group root = Sample();
  AddChild(root, Child{"dense", Number(3)});
  SetAttribute(root.attributes, StringAttribute("backend", "jax"));
  EXPECT_EQ(root.children.size(), 3U);
  EXPECT_NE(root.Find("dense")->dataset(), nullptr);
  EXPECT_EQ(root.FindAttribute("backend")->value.strings[0], "jax");
}

TEST(Tree, NamesTheFirstDifference) {
  const Group a = Sample();
  EXPECT_EQ(FirstDifference(a, a), "");
  Group b = Sample();
  FindPath(b, "dense/a/b")->dataset()->value.bytes.Own()[3] = std::byte{9};
  EXPECT_EQ(FirstDifference(a, b), "/dense/a/b: values differ, first in element 0");
  b = Sample();
  SetAttribute(b.attributes, StringListAttribute("names", {"b", "a"}));
  EXPECT_EQ(FirstDifference(a, b), "/@names: text 0 is \"a\" against \"b\"");
  b = Sample();
  AddChild(b, Child{"e", Group{}});
  EXPECT_EQ(FirstDifference(a, b), "/e: only in the second");
  EXPECT_EQ(FirstDifference(b, a), "/e: only in the first");
  b = Sample();
  FindPath(b, "dense/a/b")->dataset()->value.shape = {1};
  EXPECT_EQ(FirstDifference(a, b), "/dense/a/b: shape () against shape (1,)");
}

TEST(Tree, TakesByteOrderAndStorageForNoDifference) {
  const Group a = Sample();
  Group b = Sample();
  Dataset& dataset = *FindPath(b, "dense/a/b")->dataset();
  dataset.value.type.big_endian = true;
  dataset.storage.chunk = {1};
  dataset.storage.deflate = 4;
  EXPECT_EQ(FirstDifference(a, b), "");
  dataset.value.type.dtype = DType::kInt32;
  EXPECT_EQ(FirstDifference(a, b), "/dense/a/b: float32 against int32");
}

}  // namespace
}  // namespace weightproof
