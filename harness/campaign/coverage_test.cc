#include "harness/campaign/coverage.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>

#include "harness/campaign/order.h"
#include "harness/case/space.h"
#include "model/spec/layer_schema.h"

namespace weightproof {
namespace {

const std::vector<std::string> kAll = {"layer:A",         "layer:B",       "step:s",
                                       "builds:list/add", "mode:by_order", "path:long",
                                       "format:f",        "format:g",      "profile:nan"};

TEST(Coverage, CountsPairsAndTriplesAndNamesTheMissingOnes) {
  const Coverage coverage(kAll);
  const auto met = std::make_unique<CoverBits>();
  const auto offered = std::make_unique<CoverBits>();
  const CoverPlace one =
      coverage.PlaceOf({"layer:A", "step:s", "mode:by_order", "format:f", "profile:nan"});
  const CoverPlace two = coverage.PlaceOf(
      {"layer:A", "layer:B", "step:s", "mode:by_order", "path:long", "format:f", "who:knows"});
  Coverage::Mark(*offered, one);
  Coverage::Mark(*offered, two);
  EXPECT_EQ(coverage.NewsOf(*met, one).pairs, 6);
  EXPECT_EQ(coverage.NewsOf(*met, one).triples, 4);
  Coverage::Mark(*met, one);
  EXPECT_EQ(coverage.NewsOf(*met, one), Coverage::News{});
  // B with step, both routes and the format; long with A, the step and the format.
  EXPECT_EQ(coverage.NewsOf(*met, two).pairs, 7);
  const auto rows = coverage.Rows(*met, offered.get());
  ASSERT_EQ(rows.size(), 10u);
  EXPECT_EQ(rows[0].name, "layer x build step");
  EXPECT_EQ(rows[0].covered, 1u);
  EXPECT_EQ(rows[0].offered, 2u);
  EXPECT_EQ(rows[0].all, 4u);
  EXPECT_EQ(rows[0].missing, std::vector<std::string>{"B x s"});
  EXPECT_EQ(rows[6].name, "layer x build step x route");
  EXPECT_EQ(rows[6].covered, 1u);
  EXPECT_EQ(rows[6].offered, 4u);
  EXPECT_EQ(rows[6].all, 8u);
}

// A value beyond the tables' room would be missing from them without a word.
TEST(Coverage, HasRoomForAllThatAnyTesteeMayBeAsked) {
  Space everything = SpellOut(Space());
  for (const char* step : {"graph", "calls", "operands", "outputs", "compile", "own_state",
                           "policy", "lora", "quantize", "vocabulary:adapt", "vocabulary:set"}) {
    everything.steps.emplace_back(step);
  }
  everything.modes.emplace_back("sharded");
  everything.layers.clear();
  for (const LayerSchema& schema : LayerSchemas())
    everything.layers.emplace_back(schema.class_name);
  std::vector<std::string> features = AllFeatures(everything);
  for (const std::string& pair : BuildPairs(everything.steps)) features.push_back(pair);
  const Coverage coverage(features);
  int places = 0;
  for (const std::string& feature : features) {
    const bool counted = std::ranges::any_of(
        std::array{"layer:", "step:", "input:", "builds:", "mode:", "path:", "session:", "format:"},
        [&](const char* prefix) { return feature.starts_with(prefix); });
    int here = 0;
    for (const auto& values : coverage.PlaceOf({feature})) here += static_cast<int>(values.size());
    EXPECT_EQ(here, counted ? 1 : 0) << feature;
    places += here;
  }
  EXPECT_GT(places, 120);
}

TEST(Coverage, NamesThePairsOfAssembliesThatATesteePlays) {
  EXPECT_EQ(BuildPairs({}).size(), 16u);
  EXPECT_EQ(BuildPairs({"nest", "assemble:list", "assemble:subclass"}),
            (std::vector<std::string>{"builds:list/list", "builds:list/subclass",
                                      "builds:subclass/list", "builds:subclass/subclass"}));
}

Space NoSessions() {
  Space space;
  space.sessions = false;
  return space;
}

std::vector<std::string> Due(const Space& space) {
  std::vector<std::string> due = AllFeatures(space);
  for (std::string& pair : BuildPairs(space.steps)) due.push_back(std::move(pair));
  return due;
}

std::uint64_t PairsOf(const Coverage& coverage, const CoverBits& bits) {
  std::uint64_t pairs = 0;
  for (std::size_t row = 0; row < 6; ++row) pairs += coverage.Rows(bits, nullptr)[row].covered;
  return pairs;
}

TEST(StemOrder, CoversMorePairsThanCasesAsTheyCome) {
  const Space space = NoSessions();
  const Coverage coverage(Due(space));
  StemOrder order(space, Due(space));
  const auto chosen = std::make_unique<CoverBits>();
  const auto drawn = std::make_unique<CoverBits>();
  const auto place = [&](const Case& c) {
    std::vector<std::string> features = Features(c);
    features.push_back(BuildPair(c));
    return coverage.PlaceOf(features);
  };
  for (std::uint64_t i = 0; i < 300; ++i) {
    Coverage::Mark(*chosen, place(order.Stem(5, i)));
    SeededChoices choices(5, i);
    Coverage::Mark(*drawn, place(Generate(choices, space)));
  }
  EXPECT_GT(PairsOf(coverage, *chosen), PairsOf(coverage, *drawn) * 11 / 10);
}

TEST(StemOrder, GivesTheSameStemWhateverWasAskedBefore) {
  const Space space = NoSessions();
  StemOrder one(space, Due(space));
  StemOrder other(space, Due(space));
  const Case far = one.Stem(7, 40);
  other.Stem(8, 3);
  for (const std::uint64_t number : {2U, 40U, 11U}) {
    EXPECT_EQ(other.Stem(7, number), one.Stem(7, number));
  }
  EXPECT_EQ(one.Stem(7, 40), far);
}

TEST(StemOrder, BeginsWithSmallModels) {
  StemOrder order(NoSessions(), Due(NoSessions()));
  std::size_t early = 0, late = 0;
  for (std::uint64_t i = 0; i < 30; ++i) {
    early += order.Stem(1, i).architecture.layers.size();
    late += order.Stem(1, 200 + i).architecture.layers.size();
  }
  EXPECT_LT(early, late);
}

}  // namespace
}  // namespace weightproof
