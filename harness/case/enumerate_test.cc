#include <gtest/gtest.h>

#include <set>

#include "harness/case/draw.h"

namespace weightproof {
namespace {

std::uint64_t Count(int layers, int steps, std::uint64_t shard = 0, std::uint64_t shards = 1) {
  return Enumerate(layers, steps, shard, shards, [](const Case&) { return true; });
}

TEST(Enumerate, GivesValidDifferentCasesInAFixedOrder) {
  std::set<std::string> seen;
  std::vector<std::string> first;
  std::uint64_t index = 0;
  Enumerate(2, 2, 0, 1, [&](const Case& c) {
    if (index++ % 37 == 0) {
      EXPECT_TRUE(IsValid(c)) << CaseToJson(c);
    }
    const std::string text = CaseToJson(c, -1);
    if (first.size() < 500) first.push_back(text);
    return seen.insert(text).second;
  });
  EXPECT_EQ(seen.size(), index);  // it stops at a duplicate
  EXPECT_EQ(seen.size(), Count(2, 2));
  std::size_t again = 0;
  Enumerate(2, 2, 0, 1,
            [&](const Case& c) { return CaseToJson(c, -1) == first[again++] && again < 500; });
  EXPECT_EQ(again, 500u);
}

TEST(Enumerate, SharesTheCasesOutAmongShards) {
  const std::uint64_t all = Count(1, 2);
  EXPECT_GT(all, 500u);
  EXPECT_EQ(Count(1, 2, 0, 3) + Count(1, 2, 1, 3) + Count(1, 2, 2, 3), all);
}

TEST(Enumerate, HasAtLeastFiftyThousandCasesOfTwoLayersAndFourSteps) {
  std::uint64_t seen = 0;
  Enumerate(2, 4, 0, 1, [&](const Case&) { return ++seen < 50'000; });
  EXPECT_EQ(seen, 50'000u);
}

TEST(Enumerate, StopsWhenTold) {
  EXPECT_EQ(Enumerate(2, 3, 0, 1, [](const Case&) { return false; }), 1u);
}

TEST(Enumerate, CoversEveryBuildStepAndBothDialects) {
  std::set<std::string> features;
  Enumerate(2, 2, 0, 1, [&](const Case& c) {
    for (auto& feature : Features(c)) features.insert(feature);
    return true;
  });
  for (const char* feature : {"step:stray",
                              "step:order",
                              "step:name",
                              "step:freeze",
                              "step:noop",
                              "step:nest",
                              "step:insert",
                              "step:remove",
                              "step:set",
                              "step:exchange",
                              "step:assemble:list",
                              "step:assemble:add",
                              "step:assemble:functional",
                              "step:assemble:subclass",
                              "step:rebuild:from_config",
                              "step:rebuild:clone",
                              "step:pop",
                              "dialect:keras3",
                              "dialect:tf_keras",
                              "format:legacy_h5",
                              "format:weights_h5",
                              "mode:by_name",
                              "mode:partial",
                              "mode:skip_mismatch",
                              "input:build",
                              "input:call"}) {
    EXPECT_TRUE(features.contains(feature)) << feature;
  }
}

}  // namespace
}  // namespace weightproof
