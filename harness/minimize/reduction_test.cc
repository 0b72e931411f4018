#include "harness/minimize/reduction.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <vector>

#include "harness/campaign/forked.h"
#include "harness/minimize/tree_edits.h"
#include "model/checkpoint/hdf5.h"

namespace weightproof {
namespace {

constexpr double kSeconds = 60;

Child DatasetOf(const std::string& name, const Shape& shape) {
  Dataset dataset;
  dataset.value.shape = shape;
  const auto count = static_cast<std::size_t>(ElementCount(shape).value());
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<float>(i + 1);
  const auto bytes = std::as_bytes(std::span(values));
  dataset.value.bytes = ByteArray(std::vector<std::byte>(bytes.begin(), bytes.end()));
  return {name, std::move(dataset)};
}

// Two layers in the legacy layout, three tensors.
Group LegacyTree() {
  Group root;
  root.attributes.push_back(StringAttribute("backend", "numpy"));
  SetAttribute(root.attributes, StringListAttribute("layer_names", {"dense", "dense_1"}));
  for (const char* name : {"dense", "dense_1"}) {
    Group layer;
    layer.attributes.push_back(StringListAttribute(
        "weight_names", {std::string(name) + "/kernel:0", std::string(name) + "/bias:0"}));
    Group inner;
    AddChild(inner, DatasetOf("kernel:0", {5, 10}));
    AddChild(inner, DatasetOf("bias:0", {10}));
    AddChild(layer, {name, std::move(inner)});
    AddChild(root, {name, std::move(layer)});
  }
  return root;
}

std::string Written(const Group& root) {
  const auto bytes = WriteHdf5(root);
  EXPECT_TRUE(bytes.has_value());
  return {reinterpret_cast<const char*>(bytes->data()), bytes->size()};
}

Group Read(const std::string& bytes) {
  auto tree = ReadHdf5(std::as_bytes(std::span(bytes)), "file");
  EXPECT_TRUE(tree.has_value()) << tree.error().Text();
  return tree ? *std::move(tree) : Group{};
}

std::vector<std::string> NamesIn(const Group& group, const char* list) {
  const Attribute* attribute = group.FindAttribute(list);
  return attribute != nullptr ? attribute->value.strings : std::vector<std::string>{};
}

TEST(Reduction, TakesWhatFailsAndAsksAboutNothingTwice) {
  int asked = 0;
  std::vector<std::string> kept;
  Reduction reduction(
      "abcd",
      [&](const std::string& bytes) {
        ++asked;
        return bytes.contains('c');
      },
      kSeconds, [&](const std::string& best) { kept.push_back(best); });
  EXPECT_FALSE(reduction.Try("abcd"));
  EXPECT_FALSE(reduction.Try("ab"));
  EXPECT_FALSE(reduction.Try("ab"));
  EXPECT_TRUE(reduction.Try("cd"));
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(reduction.best(), "cd");
  EXPECT_EQ(kept, std::vector<std::string>{"cd"});
}

TEST(Reduction, IsOverAfterItsTimeAndAfterCtrlC) {
  const auto always = [](const std::string&) { return true; };
  Reduction late("ab", always, 0);
  EXPECT_FALSE(late.Try("a"));
  EXPECT_EQ(late.best(), "ab");
  {
    const InterruptGuard guard;
    Reduction stopped("abc", always, kSeconds);
    EXPECT_TRUE(stopped.Try("ab"));
    std::raise(SIGINT);
    EXPECT_FALSE(stopped.Try("a"));
    EXPECT_EQ(stopped.best(), "ab");
  }
  const InterruptGuard forgets_it;
}

TEST(ShrinkBytes, LeavesTheBytesThatMatter) {
  Reduction reduction(
      "some text BAD and other text",
      [](const std::string& bytes) { return bytes.contains('B') && bytes.contains("D"); },
      kSeconds);
  ShrinkBytes(reduction);
  EXPECT_EQ(reduction.best(), "BD");
}

TEST(ShrinkBytes, SetsToZeroWhatCannotGo) {
  const std::string found("\x01\x02\x03\x04\x05", 5);
  Reduction reduction(
      found, [](const std::string& bytes) { return bytes.size() == 5 && bytes[2] == 3; }, kSeconds);
  ShrinkBytes(reduction);
  EXPECT_EQ(reduction.best(), std::string("\0\0\x03\0\0", 5));
}

TEST(ShrinkJson, LeavesTheValueThatMatters) {
  Reduction reduction(
      R"({"a": [1, {"b": {"bad": 700, "c": "text"}}], "d": true})",
      [](const std::string& text) {
        const auto json = nlohmann::json::parse(text, nullptr, false);
        return json.is_object() && json.flatten().dump().contains("bad\":7");
      },
      kSeconds);
  EXPECT_TRUE(ShrinkJson(reduction));
  EXPECT_EQ(reduction.best(), R"({"bad":700})");
}

TEST(ShrinkJson, LeavesOtherTextAlone) {
  Reduction reduction("{\"a\"", [](const std::string&) { return true; }, kSeconds);
  EXPECT_FALSE(ShrinkJson(reduction));
}

TEST(ShrinkTree, LeavesTheOneDatasetThatMatters) {
  const auto has_axis_of_three = [](const std::string& bytes) {
    Group root = Read(bytes);
    for (const std::string& path : DatasetPaths(root)) {
      const Shape& shape = FindPath(root, path)->dataset()->value.shape;
      if (std::ranges::any_of(shape, [](auto d) { return d >= 3; })) return true;
    }
    return false;
  };
  Reduction reduction(Written(LegacyTree()), has_axis_of_three, kSeconds);
  EXPECT_TRUE(ShrinkTree(reduction));
  const Group root = Read(reduction.best());
  EXPECT_TRUE(root.attributes.empty());
  ASSERT_EQ(root.children.size(), 1U);
  EXPECT_EQ(root.children[0].name.size(), 1U);
  ASSERT_NE(root.children[0].dataset(), nullptr);
  const StoredArray& value = root.children[0].dataset()->value;
  EXPECT_EQ(*std::ranges::max_element(value.shape), 3) << ShapeText(value.shape);
  EXPECT_TRUE(std::ranges::all_of(value.bytes, [](std::byte b) { return b == std::byte{0}; }));
}

TEST(ShrinkTree, DropsALayerWithWhatListsIt) {
  // A reader that goes by the lists: every name in them has to be there, and nothing else.
  const auto is_whole = [](const std::string& bytes) {
    Group root = Read(bytes);
    const std::vector<std::string> layers = NamesIn(root, "layer_names");
    std::size_t listed = 0;
    for (const std::string& layer : layers) {
      const Group* group = GroupAt(root, layer);
      if (group == nullptr || NamesIn(*group, "weight_names").empty()) return false;
      for (const std::string& weight : NamesIn(*group, "weight_names")) {
        ++listed;
        const Child* child = FindPath(*group, weight);
        if (child == nullptr || child->dataset() == nullptr) return false;
      }
    }
    return !layers.empty() && listed == DatasetPaths(root).size() &&
           layers.size() == root.children.size();
  };
  Reduction reduction(Written(LegacyTree()), is_whole, kSeconds);
  EXPECT_TRUE(ShrinkTree(reduction));
  Group root = Read(reduction.best());
  EXPECT_EQ(NamesIn(root, "layer_names").size(), 1U);
  EXPECT_EQ(DatasetPaths(root).size(), 1U);
}

TEST(ShrinkTree, LeavesAFileAloneWhoseCauseIsNotInItsTree) {
  std::ifstream in(WEIGHTPROOF_SOURCE_DIR "/model/checkpoint/testdata/latest.h5", std::ios::binary);
  const std::string file{std::istreambuf_iterator<char>(in), {}};
  ASSERT_FALSE(file.empty());
  // Version 2 and later of the superblock; what is written anew has version 0.
  Reduction reduction(file, [](const std::string& bytes) { return bytes[8] >= 2; }, kSeconds);
  EXPECT_FALSE(ShrinkTree(reduction));
  EXPECT_EQ(reduction.best(), file);
}

TEST(TreeEdits, NumberTheSiblingsAnew) {
  Group root;
  for (const char* name : {"dense", "dense_2", "conv2d_1"}) AddChild(root, {name, Group{}});
  EXPECT_TRUE(NumberAnew(root, ""));
  EXPECT_NE(root.Find("dense"), nullptr);
  EXPECT_NE(root.Find("dense_1"), nullptr);
  EXPECT_NE(root.Find("conv2d"), nullptr);
  EXPECT_FALSE(NumberAnew(root, ""));
}

TEST(TreeEdits, RemoveALayerFromTheConfigToo) {
  Group root;
  root.attributes.push_back(StringAttribute(
      "model_config",
      R"({"config":{"layers":[{"config":{"name":"a"}},{"config":{"name":"b"}}]}})"));
  AddChild(root, {"a", Group{}});
  EXPECT_TRUE(RemoveChild(root, "", "a", true));
  EXPECT_EQ(root.attributes[0].value.strings[0],
            R"({"config":{"layers":[{"config":{"name":"b"}}]}})");
}

TEST(TreeEdits, CutTheFirstElementsOfEachAxis) {
  Child child = DatasetOf("x", {2, 3});
  CutToShape(child.dataset()->value, {2, 1});
  const auto* values = reinterpret_cast<const float*>(child.dataset()->value.bytes.data());
  ASSERT_EQ(child.dataset()->value.bytes.size(), 8U);
  EXPECT_EQ(values[0], 1);
  EXPECT_EQ(values[1], 4);
}

}  // namespace
}  // namespace weightproof
