#include "harness/case/siblings.h"

#include <gtest/gtest.h>

#include "harness/case/draw.h"
#include "harness/case/valid.h"

namespace weightproof {
namespace {

constexpr std::uint64_t kStems = 150;

Case Stem(std::uint64_t index) {
  SeededChoices choices(3, index);
  return Generate(choices);
}

TEST(Siblings, AreValidAndTheirWritersDoTheVerySame) {
  int alike = 0;
  for (std::uint64_t i = 0; i < kStems; ++i) {
    const Case stem = Stem(i);
    for (std::uint64_t k = 1; k < kFamilyCases; ++k) {
      const Case c = Sibling(stem, {}, i, k);
      ASSERT_TRUE(IsValid(c)) << CaseToJson(c);
      ASSERT_EQ(c.writer, stem.writer);
      ASSERT_EQ(c.architecture, stem.architecture);
      ASSERT_EQ(c.weights, stem.weights);
      ASSERT_EQ(c.route.path, stem.route.path);
      ASSERT_EQ(c.route.format, stem.route.format);
      ASSERT_EQ(CaseToJson(Sibling(stem, {}, i, k)), CaseToJson(c));
      alike += c == stem;
    }
  }
  EXPECT_LE(alike, 2) << "a family is of different cases";
}

TEST(Siblings, VaryReaderPathModeAndDamage) {
  int readers = 0, paths = 0, modes = 0, damages = 0, neighbours = 0;
  for (std::uint64_t i = 0; i < kStems; ++i) {
    const Case stem = Stem(i);
    for (std::uint64_t k = 1; k < kFamilyCases; ++k) {
      const Case c = Sibling(stem, {}, i, k);
      readers += c.reader.build != stem.reader.build;
      paths += c.route.load_path != stem.route.load_path;
      modes += c.route.by_name != stem.route.by_name ||
               c.route.skip_mismatch != stem.route.skip_mismatch ||
               c.route.load_as != stem.route.load_as;
      damages += !c.damage.empty();
    }
    neighbours += Sibling(stem, {}, i, 6).reader.build == Sibling(stem, {}, i, 8).reader.build;
  }
  const int all = static_cast<int>(kStems);
  EXPECT_GT(readers, 2 * all);
  EXPECT_GT(paths, all);
  EXPECT_GT(modes, all);
  EXPECT_GT(damages, all / 3);
  EXPECT_GT(neighbours, all * 9 / 10) << "two loads into one build share it";
}

TEST(Siblings, KeepOneConfigDrivenBuildOnBothSidesWhereAskedTo) {
  Space space;
  space.same_build = true;
  space.damage = false;
  int alike = 0, paths = 0, modes = 0, whole = 0;
  for (std::uint64_t i = 0; i < kStems; ++i) {
    SeededChoices choices(3, i);
    const Case stem = Generate(choices, space);
    for (std::uint64_t k = 1; k < kSameBuildFamilyCases; ++k) {
      const Case c = Sibling(stem, space, i, k);
      ASSERT_TRUE(IsValid(c)) << CaseToJson(c);
      ASSERT_EQ(c.writer, stem.writer);
      ASSERT_TRUE(c.damage.empty());
      ASSERT_EQ(c.reader.build.back().op, StepOp::kRebuild) << CaseToJson(c);
      Case again = c;
      ASSERT_TRUE(GiveReaderSameBuild(again));
      ASSERT_EQ(again.reader.build, c.reader.build);
      alike += c == stem;
      paths += c.route.load_path != stem.route.load_path;
      modes += c.route.by_name != stem.route.by_name ||
               c.route.skip_mismatch != stem.route.skip_mismatch;
      whole += c.route.load_as != stem.route.load_as;
    }
  }
  EXPECT_LE(alike, 2);
  EXPECT_GT(paths, static_cast<int>(kStems));
  EXPECT_GT(modes, static_cast<int>(kStems) / 2);
  EXPECT_GT(whole, 0);
}

// One file does not become a table of shards by its name.
TEST(Siblings, AreLoadedFromATableOfShardsOnlyWhereTheyAreSavedInShards) {
  Space space;
  space.modes = {"by_order", "by_name", "skip_mismatch", "model", "sharded"};
  space.dialects = {"keras3"};
  int sharded = 0;
  for (std::uint64_t i = 0; i < kStems; ++i) {
    SeededChoices choices(3, i);
    const Case stem = Generate(choices, space);
    sharded += stem.route.sharded;
    for (std::uint64_t k = 1; k < kFamilyCases; ++k) {
      const Case c = Sibling(stem, space, i, k);
      if (!c.route.load_path) continue;
      EXPECT_FALSE(c.route.load_path->text.ends_with(".weights.json")) << CaseToJson(c);
    }
  }
  EXPECT_GT(sharded, 0);
}

}  // namespace
}  // namespace weightproof
