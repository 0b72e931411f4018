#include "fuzz/checkpoint_models.h"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "model/spec/architecture.h"
#include "model/spec/plan.h"

namespace weightproof::fuzz {
namespace {

struct EmbeddedModel {
  std::string_view name;
  std::string_view architecture;
};

// Written by CMake.
constexpr EmbeddedModel kModels[] = {
#include "checkpoint_models.inc"
};

[[noreturn]] void Stop(std::string_view name, const Error& error) {
  std::fprintf(stderr, "%s: %s\n", std::string(name).c_str(), error.Text().c_str());
  std::_Exit(3);
}

std::vector<Network> MakeAll() {
  std::vector<Network> networks;
  for (const EmbeddedModel& model : kModels) {
    const Result<ArchitectureSpec> architecture = ArchitectureFromKerasJson(model.architecture);
    if (!architecture) Stop(model.name, architecture.error());
    Result<ModelPlan> plan = PlanSequential(*architecture);
    if (!plan) Stop(model.name, plan.error());
    Result<Network> network = Network::Create(*std::move(plan));
    if (!network) Stop(model.name, network.error());
    networks.push_back(*std::move(network));
  }
  return networks;
}

}  // namespace

std::span<Network> CheckpointModels() {
  static std::vector<Network> networks = MakeAll();
  return networks;
}

std::span<const std::string_view> CheckpointModelNames() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> all;
    for (const EmbeddedModel& model : kModels) all.push_back(model.name);
    return all;
  }();
  return names;
}

}  // namespace weightproof::fuzz
