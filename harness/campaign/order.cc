#include "harness/campaign/order.h"

#include <algorithm>
#include <utility>

#include "harness/case/siblings.h"
#include "model/spec/plan.h"

namespace weightproof {
namespace {

// Small cases find what there is to find soonest, and shrink fast.
constexpr std::uint64_t kSmallStems = 32;
constexpr std::uint64_t kMiddleStems = 160;
// A session that needs a process of its own costs a hundred other cases.
constexpr std::uint64_t kCasesPerSession = 192;
constexpr std::uint64_t kDrawsPerStem = 5;

Space SpaceOf(Space space, std::uint64_t number) {
  if (number < kSmallStems) space.layers_max = std::min(space.layers_max, 2);
  if (number < kMiddleStems) space.layers_max = std::min(space.layers_max, 4);
  const std::uint64_t stems = kCasesPerSession / FamilyCases(space);
  if (number % stems != stems - 1) space.sessions = false;
  return space;
}

std::vector<std::string> FeaturesOf(const Case& c) {
  std::vector<std::string> features = Features(c);
  features.push_back(BuildPair(c));
  return features;
}

}  // namespace

StemOrder::StemOrder(const Space& space, const std::vector<std::string>& features_due)
    : space_(space), coverage_(features_due) {}

void StemOrder::DrawNext() {
  const std::uint64_t number = stems_.size();
  const Space space = SpaceOf(space_, number);
  Case best;
  CoverPlace best_place;
  Coverage::News best_news{-1, -1};
  for (std::uint64_t i = 0; i < kDrawsPerStem; ++i) {
    SeededChoices choices(seed_, number * kDrawsPerStem + i);
    Case c = Generate(choices, space);
    CoverPlace place = coverage_.PlaceOf(FeaturesOf(c));
    Coverage::Mark(*offered_, place);
    const Coverage::News news = coverage_.NewsOf(*chosen_, place);
    if (news <= best_news) continue;
    best = std::move(c);
    best_place = std::move(place);
    best_news = news;
  }
  Coverage::Mark(*chosen_, best_place);
  stems_.push_back(std::move(best));
}

const Case& StemOrder::Stem(std::uint64_t seed, std::uint64_t number) {
  if (seed != seed_ || chosen_ == nullptr) {
    seed_ = seed;
    stems_.clear();
    chosen_ = std::make_unique<CoverBits>();
    offered_ = std::make_unique<CoverBits>();
  }
  while (stems_.size() <= number) DrawNext();
  return stems_[number];
}

const CoverBits& StemOrder::Offered(std::uint64_t seed, std::uint64_t number) {
  Stem(seed, number);
  return *offered_;
}

}  // namespace weightproof
