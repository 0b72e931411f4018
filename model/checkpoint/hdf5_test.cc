#include "model/checkpoint/hdf5.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "model/checkpoint/file.h"

namespace weightproof {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path(WEIGHTPROOF_SOURCE_DIR) / "model/checkpoint/testdata";

std::string Hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

std::string TypeWords(const StoredType& type) {
  const std::string charset = type.utf8 ? " utf8" : " ascii";
  switch (type.cls) {
    case StoredClass::kNumber:
      return std::string(DTypeName(type.dtype)) + (type.big_endian ? " big" : "");
    case StoredClass::kFixedString:
      return "fixed " + std::to_string(type.size) + charset;
    case StoredClass::kVlenString:
      return "vlen" + charset;
    case StoredClass::kOpaque:
      return "opaque " + std::to_string(type.size);
  }
  return "";
}

// One line in the form of scripts/make_hdf5_fixtures.py.
void Line(const std::string& path, const StoredArray& value, const std::string& storage,
          std::string& out) {
  out += path + "\t" + TypeWords(value.type) + "\t" +
         (value.null_space ? "null" : ShapeText(value.shape)) + "\t";
  const std::string_view bytes(reinterpret_cast<const char*>(value.bytes.data()),
                               value.bytes.size());
  for (std::size_t i = 0; i < value.strings.size(); ++i) {
    out += (i == 0 ? "" : ";") + Hex(value.strings[i]);
  }
  for (std::size_t i = 0; i < bytes.size(); i += value.type.size) {
    out += (i == 0 ? "" : ";") + Hex(bytes.substr(i, value.type.size));
  }
  out += "\t" + storage + "\n";
}

void Attributes(const std::string& path, const std::vector<Attribute>& all, std::string& out) {
  for (const Attribute& one : all) Line(path + "@" + one.name, one.value, "", out);
}

std::string StorageWords(const StorageHints& storage) {
  std::string text;
  for (const std::int64_t n : storage.chunk) {
    text += (text.empty() ? "chunk " : ",") + std::to_string(n);
  }
  if (storage.deflate >= 0) text += " deflate " + std::to_string(storage.deflate);
  if (storage.shuffle) text += " shuffle";
  if (storage.fletcher32) text += " fletcher32";
  return text;
}

void Dump(const Group& group, const std::string& path, bool storage, std::string& out) {
  out += (path.empty() ? "/" : path) + "\tgroup\n";
  Attributes(path.empty() ? "/" : path, group.attributes, out);
  for (const Child& child : group.children) {
    const std::string at = path + "/" + child.name;
    if (child.group() != nullptr) {
      Dump(*child.group(), at, storage, out);
      continue;
    }
    Line(at, child.dataset()->value, storage ? StorageWords(child.dataset()->storage) : "", out);
    Attributes(at, child.dataset()->attributes, out);
  }
}

std::vector<std::byte> Bytes(const std::string& name) {
  const FileBytes file = ReadWholeFile((kFolder / name).string()).value();
  return {file.begin(), file.end()};
}

std::string Text(const std::string& name) {
  std::ostringstream text;
  text << std::ifstream(kFolder / name).rdbuf();
  return text.str();
}

Dataset Numbers(Shape shape) {
  Dataset dataset;
  dataset.value.shape = std::move(shape);
  dataset.value.bytes.Own().resize(
      static_cast<std::size_t>(ElementCount(dataset.value.shape).value()) * 4);
  for (std::size_t i = 0; i < dataset.value.bytes.size(); ++i) {
    dataset.value.bytes.Own()[i] = static_cast<std::byte>(i * 37);
  }
  return dataset;
}

class Hdf5Fixture : public testing::TestWithParam<const char*> {};

TEST_P(Hdf5Fixture, ReadsWhatH5pyWroteAndWritesItAgain) {
  const std::string name = GetParam();
  const auto read = ReadHdf5WithLibrary(Bytes(name + ".h5"), "file.h5");
  ASSERT_TRUE(read.has_value()) << read.error().Text();
  const auto strict = ReadHdf5(Bytes(name + ".h5"), "file.h5");
  if (name == "latest") {
    ASSERT_FALSE(strict.has_value());
    EXPECT_EQ(strict.error().kind, ErrorKind::kForbiddenFeature);
    EXPECT_EQ(strict.error().place, "file.h5: /all");
  } else {
    ASSERT_TRUE(strict.has_value()) << strict.error().Text();
    EXPECT_EQ(FirstDifference(*read, *strict), "");
    std::string of_strict;
    Dump(*strict, "", true, of_strict);
    EXPECT_EQ(of_strict, Text(name + ".txt"));
  }
  std::string found;
  Dump(*read, "", true, found);
  EXPECT_EQ(found, Text(name + ".txt"));
  const auto written = WriteHdf5(*read);
  ASSERT_TRUE(written.has_value()) << written.error().Text();
  const auto again = ReadHdf5(*written, "again.h5");
  ASSERT_TRUE(again.has_value()) << again.error().Text();
  EXPECT_EQ(FirstDifference(*read, *again), "");
}

INSTANTIATE_TEST_SUITE_P(All, Hdf5Fixture,
                         testing::Values("numbers", "texts", "shapes", "storage", "latest", "dense",
                                         "userblock"));

TEST(Hdf5Reader, RefusesByNameWhatNoWeightsFileNeeds) {
  std::istringstream rows(Text("refused.txt"));
  std::string row;
  int count = 0;
  while (std::getline(rows, row)) {
    std::istringstream columns(row);
    std::string name, kind, place;
    columns >> name >> kind >> place;
    const auto read = ReadHdf5(Bytes(name), "file.h5");
    ASSERT_FALSE(read.has_value()) << name;
    EXPECT_EQ(ErrorKindName(read.error().kind), kind) << read.error().Text();
    EXPECT_EQ(read.error().place, "file.h5: " + place);
    EXPECT_FALSE(read.error().remedy.empty());
    ++count;
  }
  EXPECT_GE(count, 15);
}

TEST(Hdf5Reader, RefusesWhatIsNoHdf5File) {
  for (const std::string text : {"", "text", "\x89HDF\r\n\x1a\n"}) {
    const auto read = ReadHdf5(std::as_bytes(std::span(text)), "file.h5");
    ASSERT_FALSE(read.has_value());
    EXPECT_EQ(read.error().kind, ErrorKind::kNotAnHdf5File);
  }
}

TEST(Hdf5Reader, RefusesEveryFileThatIsCutShort) {
  const std::vector<std::byte> whole = Bytes("userblock.h5");
  for (std::size_t size = 0; size < whole.size(); size += 97) {
    const auto read = ReadHdf5(std::span(whole).first(size), "file.h5");
    EXPECT_FALSE(read.has_value()) << size;
  }
}

TEST(Hdf5Reader, KeepsToItsLimits) {
  Group root;
  AddChild(*EnsureGroup(root, "a/b/c/d"), Child{"d", Numbers({2})});
  SetAttribute(root.attributes, StringAttribute("text", std::string(1000, 'x')));
  const auto file = WriteHdf5(root);
  ASSERT_TRUE(file.has_value());
  const auto kind = [&](const Hdf5Limits& limits) {
    const auto read = ReadHdf5(*file, "f", limits);
    return read ? std::string("read") : std::string(ErrorKindName(read.error().kind));
  };
  EXPECT_EQ(kind({}), "read");
  EXPECT_EQ(kind({.objects_max = 5}), "read");
  EXPECT_EQ(kind({.objects_max = 4}), "LimitExceeded");
  EXPECT_EQ(kind({.depth_max = 3}), "read");
  EXPECT_EQ(kind({.depth_max = 2}), "LimitExceeded");
  EXPECT_EQ(kind({.attribute_bytes_max = 1000}), "read");
  EXPECT_EQ(kind({.attribute_bytes_max = 999}), "LimitExceeded");
}

TEST(Hdf5Writer, GivesEqualBytesForEqualTreesWhateverCameBefore) {
  const auto first = ReadHdf5(Bytes("texts.h5"), "a");
  const auto second = ReadHdf5(Bytes("storage.h5"), "b");
  ASSERT_TRUE(first && second);
  const auto a = WriteHdf5(*first).value();
  const auto b = WriteHdf5(*second).value();
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(WriteHdf5(*first).value(), a);
    EXPECT_EQ(WriteHdf5(*second).value(), b);
  }
}

TEST(Hdf5Writer, RefusesAnAttributeOver64KiBByNameButNotOneLongText) {
  Group root;
  SetAttribute(root.attributes, StringAttribute("model_config", std::string(300'000, 'j')));
  ASSERT_TRUE(WriteHdf5(root).has_value());
  Group& layer = *EnsureGroup(root, "dense/x");
  SetAttribute(layer.attributes,
               StringListAttribute("weight_names", std::vector<std::string>(4200, "w")));
  const auto written = WriteHdf5(root);
  ASSERT_FALSE(written.has_value());
  EXPECT_EQ(written.error().kind, ErrorKind::kLimitExceeded);
  EXPECT_EQ(written.error().place, "/dense@weight_names");
}

TEST(Hdf5Writer, RefusesNamesAndValuesThatHdf5CannotHold) {
  for (const std::string name : {"", ".", "a/b"}) {
    Group root;
    AddChild(root, Child{name, Numbers({1})});
    const auto written = WriteHdf5(root);
    ASSERT_FALSE(written.has_value()) << name;
    EXPECT_EQ(written.error().kind, ErrorKind::kMalformedMetadata);
  }
  Group root;
  AddChild(root, Child{"short", Numbers({4})}).dataset()->value.bytes.Own().pop_back();
  EXPECT_FALSE(WriteHdf5(root).has_value());
  Group text;
  SetAttribute(text.attributes, StringAttribute("nul", std::string("a\0b", 3)));
  EXPECT_FALSE(WriteHdf5(text).has_value());
}

TEST(Hdf5Writer, IgnoresChunkHintsThatDoNotFitTheShape) {
  Group root;
  for (Shape shape : {Shape{}, Shape{0, 3}, Shape{2, 3}, Shape{5}}) {
    Dataset dataset = Numbers(shape);
    dataset.storage.chunk = {4, 4};
    dataset.storage.deflate = 6;
    AddChild(root, Child{"d" + std::to_string(root.children.size()), std::move(dataset)});
  }
  const auto file = WriteHdf5(root);
  ASSERT_TRUE(file.has_value()) << file.error().Text();
  const auto read = ReadHdf5(*file, "f");
  ASSERT_TRUE(read.has_value()) << read.error().Text();
  EXPECT_EQ(FirstDifference(root, *read), "");
}

TEST(Hdf5Reader, ReportsAWrongChecksumInsteadOfValues) {
  Group root;
  Dataset dataset = Numbers({64});
  dataset.storage = {{64}, -1, false, true};
  AddChild(root, Child{"x", dataset});
  std::vector<std::byte> file = WriteHdf5(root).value();
  const auto at = std::ranges::search(file, dataset.value.bytes).begin();
  ASSERT_NE(at, file.end());
  *(at + 5) ^= std::byte{1};
  const auto read = ReadHdf5(file, "file.h5");
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().kind, ErrorKind::kDamagedFile);
  EXPECT_EQ(read.error().place, "file.h5: /x");
}

}  // namespace
}  // namespace weightproof
