// scripts/make_reader_corpus.py writes a file for every check of the reader, and says in
// reader_refusals.tsv what the reader makes of it: name, "accepted" or a kind, words of the
// message.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "model/checkpoint/h5/reader.h"

namespace weightproof::h5 {
namespace {

namespace fs = std::filesystem;

const fs::path kSource = WEIGHTPROOF_SOURCE_DIR;
const fs::path kFiles = kSource / "corpus/fuzz/fuzz_hdf5_reader";
constexpr std::size_t kRowsMin = 300;

std::string TextOf(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  EXPECT_TRUE(stream.is_open()) << path;
  return {std::istreambuf_iterator<char>(stream), {}};
}

struct Row {
  std::string file, outcome, words;
};

std::vector<Row> Rows() {
  std::vector<Row> rows;
  std::istringstream table(TextOf(kSource / "model/checkpoint/testdata/reader_refusals.tsv"));
  Row row;
  while (std::getline(table, row.file, '\t') && std::getline(table, row.outcome, '\t') &&
         std::getline(table, row.words)) {
    rows.push_back(row);
  }
  return rows;
}

TEST(RefusalsOfTheReader, AreThoseOfTheTableFileByFile) {
  const std::vector<Row> rows = Rows();
  EXPECT_GE(rows.size(), kRowsMin);
  for (const Row& row : rows) {
    SCOPED_TRACE(row.file);
    const std::string bytes = TextOf(kFiles / row.file);
    const Result<Group> read = ReadTree(std::as_bytes(std::span(bytes)), row.file, {}, nullptr);
    if (read) {
      EXPECT_EQ(row.outcome, "accepted");
      continue;
    }
    EXPECT_EQ(ErrorKindName(read.error().kind), row.outcome);
    EXPECT_TRUE(row.outcome != "accepted" && read.error().message.contains(row.words))
        << read.error().Text();
  }
}

TEST(RefusalsOfTheReader, HaveARowForEveryFileOfTheFolder) {
  std::set<std::string> listed;
  for (const Row& row : Rows()) EXPECT_TRUE(listed.insert(row.file).second) << row.file;
  std::set<std::string> there;
  for (const fs::directory_entry& entry : fs::directory_iterator(kFiles)) {
    there.insert(entry.path().filename().string());
  }
  EXPECT_EQ(listed, there);
}

}  // namespace
}  // namespace weightproof::h5
