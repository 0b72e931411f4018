#include "harness/cli/bracket.h"

#include <gtest/gtest.h>

#include <set>

namespace weightproof {
namespace {

// A row of verdicts, 'f' falsified, 'h' held, '-' cannot be told.
struct Row {
  std::string verdicts;
  std::set<std::size_t> asked = {};

  std::optional<Bracket> Find() {
    return FindBracket(verdicts.size(), [this](std::size_t i) {
      EXPECT_TRUE(asked.insert(i).second) << i << " is asked twice";
      return verdicts[i] == 'f'   ? Judgement::kFalsified
             : verdicts[i] == 'h' ? Judgement::kFine
                                  : Judgement::kNone;
    });
  }
};

TEST(Bracket, IsFoundWhereverTheVerdictChanges) {
  for (std::size_t count = 2; count <= 40; ++count) {
    for (std::size_t change = 1; change < count; ++change) {
      Row row{std::string(change, 'h') + std::string(count - change, 'f')};
      const std::optional<Bracket> found = row.Find();
      ASSERT_TRUE(found);
      EXPECT_EQ(found->before, change - 1);
      EXPECT_EQ(found->after, change);
      EXPECT_EQ(found->from, Judgement::kFine);
      EXPECT_EQ(found->to, Judgement::kFalsified);
      EXPECT_LE(row.asked.size(), 8u) << "2 ends and log2 of 40";
    }
  }
}

TEST(Bracket, OfACaseThatHoldsAgainGoesTheOtherWay) {
  Row row{"ffffhh"};
  const std::optional<Bracket> found = row.Find();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->before, 3u);
  EXPECT_EQ(found->after, 4u);
  EXPECT_EQ(found->from, Judgement::kFalsified);
}

TEST(Bracket, PassesOverWhatCannotBeTold) {
  const auto ends = [](const char* verdicts) {
    Row row{verdicts};
    const std::optional<Bracket> found = row.Find();
    return found ? std::pair(found->before, found->after)
                 : std::pair<std::size_t, std::size_t>{9, 9};
  };
  EXPECT_EQ(ends("--hh-ff--"), (std::pair<std::size_t, std::size_t>{3, 5}));
  EXPECT_EQ(ends("h-------f"), (std::pair<std::size_t, std::size_t>{0, 8}));
  EXPECT_EQ(ends("hh---f-ff"), (std::pair<std::size_t, std::size_t>{1, 5}));
  EXPECT_EQ(ends("---"), (std::pair<std::size_t, std::size_t>{9, 9}));
}

TEST(Bracket, SaysWhenNothingChanges) {
  Row row{"fhhhf"};  // changes twice: the ends agree
  const std::optional<Bracket> found = row.Find();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->from, found->to);
  EXPECT_EQ(row.asked.size(), 2u);
  Row one{"--f"};
  EXPECT_EQ(one.Find()->to, Judgement::kFalsified);
}

TEST(Bracket, OfEveryVersionThereMayBeSeveral) {
  using enum Judgement;
  const std::vector<Judgement> row{kNone, kFine, kFalsified, kNone, kFine, kFine};
  const std::vector<Bracket> all = AllBrackets(row);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].before, 1u);
  EXPECT_EQ(all[0].after, 2u);
  EXPECT_EQ(all[1].before, 2u);
  EXPECT_EQ(all[1].after, 4u);
  EXPECT_EQ(all[1].to, kFine);
  const std::vector<Bracket> none = AllBrackets(std::vector<Judgement>{kNone, kFine, kFine});
  ASSERT_EQ(none.size(), 1u);
  EXPECT_EQ(none[0].from, none[0].to);
  EXPECT_TRUE(AllBrackets(std::vector<Judgement>{kNone}).empty());
}

TEST(Versions, AreARangeOfWhatIsThereOrAList) {
  const std::vector<std::string> known{"3.0.5", "3.9.2", "3.10.0", "3.15.1"};
  EXPECT_EQ(ParseVersions("3.1.0..3.10.0", known), (std::vector<std::string>{"3.9.2", "3.10.0"}));
  EXPECT_EQ(ParseVersions("3.1.0,3.2.0", {}), (std::vector<std::string>{"3.1.0", "3.2.0"}));
  const auto why = [&](const char* text) { return ParseVersions(text, known).error().message; };
  EXPECT_EQ(why("3.1.0..3.9.9"), "the environments of 1 of them are there");
  EXPECT_EQ(why("3.15.1..3.0.5"), "the environments of 0 of them are there");
  EXPECT_EQ(why("3.1..3.9"), "that is no range of versions");
  EXPECT_EQ(why("3.10.0,3.9.2"), "the list does not ascend");
  EXPECT_EQ(why("3.9.2,3.9.2"), "the list does not ascend");
  EXPECT_EQ(why("3.9.2,"), "that is no version");
  EXPECT_EQ(why(""), "that is no version");
  EXPECT_EQ(why("3.9.2"), "one version has no bracket");
}

}  // namespace
}  // namespace weightproof
