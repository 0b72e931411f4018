#include "harness/testee/faults/faults.h"

#include <algorithm>
#include <vector>

#include "harness/testee/faults/faulty.h"

namespace weightproof {
namespace {

const std::vector<Fault>& AllFaults() {
  static const std::vector<Fault> faults = [] {
    std::vector<Fault> all;
    for (const std::span<const Fault> list :
         {PairingFaults(), ValueFaults(), SilenceFaults(), ReportFaults(), PathFaults(),
          SavingFaults(), SessionFaults(), DamageFaults(), HomeFaults()}) {
      all.insert(all.end(), list.begin(), list.end());
    }
    std::ranges::sort(all, {}, [](const Fault& fault) { return fault.info.name; });
    return all;
  }();
  return faults;
}

// Loads nothing, and says that everything came from where it should have.
Hooks Canary() {
  Hooks hooks;
  hooks.values_matched = [](Values& values, const Network&, const Group&) {
    for (std::optional<Tensor>& value : values) value.reset();
  };
  return hooks;
}

}  // namespace

std::span<const FaultInfo> Faults() {
  static const std::vector<FaultInfo> infos = [] {
    std::vector<FaultInfo> all;
    for (const Fault& fault : AllFaults()) all.push_back(fault.info);
    return all;
  }();
  return infos;
}

std::unique_ptr<Testee> MakeFault(std::string_view name) {
  if (name == "canary") return std::make_unique<FaultyTestee>("canary", Canary());
  constexpr std::string_view kPrefix = "fault:";
  if (!name.starts_with(kPrefix)) return nullptr;
  for (const Fault& fault : AllFaults()) {
    if (fault.info.name == name.substr(kPrefix.size())) {
      return std::make_unique<FaultyTestee>(std::string(name), fault.hooks());
    }
  }
  return nullptr;
}

}  // namespace weightproof
