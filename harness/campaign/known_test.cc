// The files of corpus/known as they are committed; scripts/test-keras plays them.
#include "harness/campaign/known.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "harness/campaign/finding.h"
#include "harness/testee/documentation.h"

namespace weightproof {
namespace {

std::string TextOfFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(KnownOf, KeepsNoFolderThatIsAnotherOneNextTime) {
  Finding finding;
  finding.verdict.evidence =
      "saving to '/dev/shm/weightproof.yEZHOr/case-0028-0/m.weights.h5' was accepted, and "
      "/tmp/weightproof.abcdef/case-1/sub/x.h5 too; /srv/weightproof.txt stays, weightproof. too";
  EXPECT_EQ(KnownOf(finding).evidence,
            "saving to 'm.weights.h5' was accepted, and sub/x.h5 too; /srv/weightproof.txt stays, "
            "weightproof. too");
}

TEST(KnownToJson, TellsNothingOfASecurityFindingButClauseCauseAndSeverity) {
  KnownFinding escape;
  escape.clause = "load-stays-home";
  escape.cause = "opens-another-file";
  escape.severity = Severity::kEscape;
  escape.evidence = "bait.h5";
  escape.signature = {"damage:external_link"};
  escape.formats = {"weights_h5"};
  escape.the_case = Case{};
  escape.id = "load-stays-home-opens-another-file-1";
  KnownFinding other = escape;
  other.signature = {"damage:virtual:elsewhere"};
  KnownFinding plain = escape;
  plain.clause = "round-trips";
  plain.severity = Severity::kSilentlyWrong;
  const std::string text = KnownToJson(std::vector{escape, other, plain}, "keras", "3.15.1");
  const auto count = [&text](std::string_view word) {
    std::size_t n = 0;
    for (std::size_t at = 0; (at = text.find(word, at)) != std::string::npos; ++at) ++n;
    return n;
  };
  EXPECT_EQ(count("\"load-stays-home\""), 1u) << text;
  EXPECT_EQ(count("damage:external_link"), 1u) << text;  // the plain one's
  EXPECT_EQ(count("damage:virtual"), 0u) << text;
  EXPECT_EQ(count("bait.h5"), 1u) << text;
  EXPECT_EQ(count("\"case\""), 1u) << text;

  const std::string path = testing::TempDir() + "/known-security.json";
  std::ofstream(path) << KnownToJson(std::vector{escape, other}, "keras", "3.15.1");
  const auto known = ReadKnown(path, "keras", "3.15.1");
  ASSERT_TRUE(known) << known.error().Text();
  ASSERT_EQ(known->size(), 1u);
  EXPECT_TRUE(known->front().signature.empty());
  EXPECT_TRUE(MayRepeat(known->front().signature, other.signature)) << "all of its cause are known";
}

class CorpusKnown : public ::testing::TestWithParam<const char*> {};

TEST_P(CorpusKnown, IsWrittenAsWeWriteItAndQuotesWhatTheTableHas) {
  const std::string root = WEIGHTPROOF_SOURCE_DIR;
  const std::string library = GetParam();
  const std::string table = root + "/harness/workers/promises_" + library + ".json";
  const Result<Documentation> documentation = DocumentationFromJson(TextOfFile(table), table);
  ASSERT_TRUE(documentation) << documentation.error().Text();
  const std::string path = root + "/corpus/known/" + KnownFileName(library, documentation->version);
  const auto known = ReadKnown(path, library, documentation->version);
  ASSERT_TRUE(known) << known.error().Text();
  EXPECT_EQ(KnownToJson(*known, library, documentation->version), TextOfFile(path));
  const auto bugs =
      std::ranges::count_if(*known, [](const KnownFinding& one) { return !one.breaks.empty(); });
  EXPECT_GE(bugs, 10);
  for (const KnownFinding& one : *known) {
    if (!one.breaks.empty()) {
      EXPECT_NE(documentation->Find(one.breaks), nullptr) << one.breaks;
    }
    if (IsSecurity(one.severity)) continue;
    ASSERT_TRUE(one.the_case) << one.clause << ", " << one.cause;
    EXPECT_EQ(SignatureOf(*one.the_case), one.signature) << one.clause << ", " << one.cause;
    EXPECT_LE(one.the_case->architecture.layers.size(), 2u) << "not shrunk: " << one.cause;
  }
}

INSTANTIATE_TEST_SUITE_P(Of, CorpusKnown, ::testing::Values("keras", "tf_keras"),
                         [](const auto& library) { return std::string(library.param); });

}  // namespace
}  // namespace weightproof
