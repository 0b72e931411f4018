#include "harness/case/space.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace weightproof {
namespace {

bool HasName(const std::vector<std::string>& list, std::string_view name) {
  return std::ranges::find(list, name) != list.end();
}

TEST(SpelledOutSpace, DrawsTheSameCases) {
  const Space everything;
  const Space spelled = SpellOut(everything);
  EXPECT_FALSE(spelled.layers.empty());
  EXPECT_EQ(AllFeatures(everything), AllFeatures(spelled));
  for (std::uint64_t i = 0; i < 100; ++i) {
    SeededChoices a(9, i), b(9, i);
    ASSERT_EQ(CaseToJson(Generate(a, everything)), CaseToJson(Generate(b, spelled)));
  }
}

TEST(CommonSpace, HoldsWhatBothNameAndNothingElse) {
  Space worker;
  worker.layers = {"Dense", "Bidirectional", "LSTM"};
  worker.formats = {"weights_h5", "keras_archive"};
  worker.dialects = {"keras3"};
  worker.modes = {"by_order"};
  worker.steps = {"graph", "assemble:list", "stray"};
  Space ours;
  ours.formats = {"legacy_h5", "weights_h5"};
  ours.sessions = false;
  ours.layers_max = 2;
  for (const Space& common : {CommonSpace(worker, ours), CommonSpace(ours, worker)}) {
    EXPECT_TRUE(HasName(common.layers, "Dense") && HasName(common.layers, "LSTM"));
    EXPECT_FALSE(HasName(common.layers, "Bidirectional"));  // which model/ does not compute
    EXPECT_EQ(common.formats, std::vector<std::string>{"weights_h5"});
    EXPECT_EQ(common.dialects, std::vector<std::string>{"keras3"});
    EXPECT_FALSE(HasName(common.steps, "graph"));
    EXPECT_TRUE(HasName(common.steps, "stray"));
    EXPECT_FALSE(common.sessions);
    EXPECT_EQ(common.layers_max, 2);
  }
}

}  // namespace
}  // namespace weightproof
