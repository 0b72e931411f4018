// Loads that depend on what the session did before.
#include <array>
#include <map>
#include <memory>

#include "harness/testee/faults/faulty.h"

namespace weightproof {
namespace {

constexpr std::string_view kSession = "same-code-same-answer";

// Whether the load that is asked for is the second of its path by one program.
std::function<void(LoadRequest&)> CountingLoads(const std::shared_ptr<bool>& second) {
  const auto loads = std::make_shared<std::map<std::pair<std::string, const Build*>, int>>();
  return [loads, second](LoadRequest& request) {
    if (loads->size() > 64) loads->clear();
    *second = ++(*loads)[{request.path, request.build.program.build}] > 1;
  };
}

Hooks SecondLoadKeepsLast() {
  Hooks hooks;
  const auto second = std::make_shared<bool>(false);
  hooks.load_asked = CountingLoads(second);
  hooks.values_matched = [second](Values& values, const Network&, const Group&) {
    if (*second && !values.empty()) values.back().reset();
  };
  return hooks;
}

Hooks SecondLoadRefused() {
  Hooks hooks;
  const auto second = std::make_shared<bool>(false);
  hooks.load_asked = CountingLoads(second);
  hooks.refuse_more = [second](const Network& network, const Group&) -> Status {
    if (!*second) return {};
    return Fail(ErrorKind::kPathUnreadable, network.plan().model.name, "the file is still open",
                "load it in another process");
  };
  return hooks;
}

// With models made before, the last variable is looked up in one of them.
Hooks EarlierModelsShadow() {
  Hooks hooks;
  const auto crowded = std::make_shared<bool>(false);
  hooks.load_asked = [crowded](LoadRequest& request) {
    *crowded = request.build.before.size() > 1;
  };
  hooks.values_matched = [crowded](Values& values, const Network&, const Group&) {
    if (*crowded && !values.empty()) values.back().reset();
  };
  return hooks;
}

Hooks LocaleMatters() {
  Hooks hooks;
  const auto foreign = std::make_shared<bool>(false);
  hooks.load_asked = [foreign](LoadRequest& request) {
    *foreign = !request.build.session.locale.empty();
  };
  hooks.values_matched = [foreign](Values& values, const Network&, const Group&) {
    if (!*foreign || values.empty() || !values.front()) return;
    for (float& value : values.front()->values<float>())
      value = static_cast<float>(static_cast<int>(value));
  };
  return hooks;
}

constexpr std::array kSessionFaults{
    Fault{{"earlier-models-shadow", kSession, "a model made before keeps the last variable"},
          &EarlierModelsShadow},
    Fault{{"locale-matters", kSession, "in another locale numbers lose what follows the point"},
          &LocaleMatters},
    Fault{{"second-load-keeps-last", kSession, "the second load of a path skips a variable"},
          &SecondLoadKeepsLast},
    Fault{{"second-load-refused", kSession, "the second load of a path is refused"},
          &SecondLoadRefused},
};

}  // namespace

std::span<const Fault> SessionFaults() { return kSessionFaults; }

}  // namespace weightproof
