#include "harness/properties/hdf5_writing.h"

#include <gtest/gtest.h>

#include <set>

#include "model/checkpoint/checkpoint.h"

namespace weightproof {
namespace {

constexpr std::size_t kChoices = 450;  // every tree that is made wrong or changed

Group StorageTree() {
  return ReadTreeOfCopy(std::string(WEIGHTPROOF_SOURCE_DIR) +
                        "/model/checkpoint/testdata/storage.h5")
      .value();
}

// Of one choice in seven.
std::set<std::string> CausesOf(const Hdf5Writing& functions) {
  std::set<std::string> causes;
  const Group tree = StorageTree();
  for (std::size_t choice = 0; choice < kChoices; choice += 7) {
    causes.insert(CheckHdf5Writing(tree, choice, functions).cause);
  }
  return causes;
}

using Causes = std::set<std::string>;

TEST(Hdf5Writing, HoldsWhateverIsMadeWrong) {
  for (const Group& tree : {StorageTree(), Group{}}) {
    for (std::size_t choice = 0; choice < kChoices; ++choice) {
      const Verdict verdict = CheckHdf5Writing(tree, choice);
      EXPECT_EQ(verdict.kind, VerdictKind::kHeld)
          << choice << ": " << verdict.cause << ", " << verdict.evidence;
    }
  }
}

TEST(Hdf5Writing, NoticesAWriterThatLosesSomething) {
  EXPECT_EQ(CausesOf({.write =
                          [](const Group& root) {
                            Group less = root;
                            if (!less.children.empty()) less.children.pop_back();
                            return WriteHdf5(less);
                          }}),
            Causes{"written-differs"});
}

TEST(Hdf5Writing, NoticesAWriterWhoseBytesDoNotRepeat) {
  EXPECT_EQ(CausesOf({.write =
                          [](const Group& root) {
                            static int count = 0;
                            Result<std::vector<std::byte>> bytes = WriteHdf5(root);
                            if (bytes) bytes->resize(bytes->size() + 8 * (++count % 2));
                            return bytes;
                          }}),
            (Causes{"written-is-refused", "written-anew-differs"}));
}

TEST(Hdf5Writing, NoticesAWriterThatRefusesWithoutHelp) {
  EXPECT_EQ(CausesOf({.write = [](const Group&) -> Result<std::vector<std::byte>> {
              return Fail(ErrorKind::kMalformedMetadata, "", "odd", "mend it");
            }}),
            Causes{"unhelpful-refusal-of-a-tree"});
}

TEST(Hdf5Writing, NoticesAWriterThatMakesSomethingOfWhatNoFileHolds) {
  EXPECT_EQ(CausesOf({.write =
                          [](const Group& root) {
                            Result<std::vector<std::byte>> bytes = WriteHdf5(root);
                            return bytes ? bytes : WriteHdf5({});
                          }}),
            Causes{"writes-what-no-file-holds"});
}

TEST(Hdf5Writing, NoticesAWriterThatNamesAnotherPlace) {
  EXPECT_EQ(CausesOf({.write =
                          [](const Group& root) {
                            Result<std::vector<std::byte>> bytes = WriteHdf5(root);
                            if (!bytes) bytes.error().place = "/elsewhere";
                            return bytes;
                          }}),
            (Causes{"", "unhelpful-refusal-of-a-tree"}));
}

TEST(Hdf5Writing, NoticesAComparisonThatSeesNothingOrOnlyNames) {
  EXPECT_EQ(CausesOf({.difference = [](const Group&, const Group&) { return std::string(); }}),
            Causes{"difference-unseen"});
  EXPECT_TRUE(CausesOf({.difference = [](const Group& a, const Group& b) {
                return a.children.size() == b.children.size() ? std::string()
                                                              : FirstDifference(a, b);
              }}).contains("difference-unseen"));
}

}  // namespace
}  // namespace weightproof
