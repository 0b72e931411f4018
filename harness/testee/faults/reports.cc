// What a loader says: accounts, refusals and what they leave behind.
#include <algorithm>
#include <array>

#include "harness/testee/faults/faulty.h"

namespace weightproof {
namespace {

constexpr std::string_view kAccounts = "accounts-for-everything";
constexpr std::string_view kRefusal = "refusal-changes-nothing";
constexpr std::string_view kErrors = "errors-help";

Hooks Reporting(void (*edit)(LoadReport& report)) {
  Hooks hooks;
  hooks.reported = [edit](LoadReport& report, const Network&) { edit(report); };
  return hooks;
}

Hooks SourcesSwapped() {
  return Reporting([](LoadReport& report) {
    if (report.variables.size() > 1) {
      std::swap(report.variables[0].source, report.variables[1].source);
    }
  });
}
Hooks VariableUnlisted() {
  return Reporting([](LoadReport& report) {
    if (!report.variables.empty()) report.variables.pop_back();
  });
}
Hooks SourceTwice() {
  return Reporting([](LoadReport& report) {
    if (report.variables.size() > 1) report.variables.back().source = report.variables[0].source;
  });
}
Hooks UnusedUnlisted() {
  return Reporting([](LoadReport& report) { report.unused.clear(); });
}

Hooks AfterRefusal(void (*change)(Network& network)) {
  Hooks hooks;
  hooks.after_refusal = [change](Network& network, const Group&) { change(network); };
  return hooks;
}

Hooks HalfLoaded() {
  Hooks hooks;
  hooks.after_refusal = [](Network& network, const Group& tree) {
    const Assignment half = LenientMatch(network, tree, {});
    for (std::size_t i = 0; i < half.values.size(); ++i) {
      if (half.values[i]) network.variables()[i] = *half.values[i];
    }
  };
  return hooks;
}
Hooks ClearedAfterRefusal() {
  return AfterRefusal([](Network& network) {
    for (Tensor& value : network.variables()) {
      std::ranges::fill(value.values<float>(), 0.0f);
    }
  });
}
Hooks LastBitAfterRefusal() {
  return AfterRefusal([](Network& network) {
    if (network.variables().empty()) return;
    const auto values = network.variables().back().values<float>();
    if (!values.empty()) values.front() = -values.front();
  });
}
Hooks StaleAfterRefusal() {
  Hooks hooks;
  hooks.predict_after_refusal = true;
  hooks.predict_loaded = [](Network& network, const Network&) {
    if (network.variables().empty()) return;
    for (float& value : network.variables().front().values<float>()) value *= 2;
  };
  return hooks;
}

Hooks Saying(void (*edit)(Error& error)) {
  Hooks hooks;
  hooks.error_said = edit;
  return hooks;
}

Hooks NoFileNamed() {
  return Saying([](Error& error) { error.place = "the file"; });
}
Hooks NoPlaceNamed() {
  return Saying([](Error& error) {
    error.place = error.place.substr(0, error.place.find(": "));
    error.message = "the file does not fit the model";
  });
}
Hooks NoRemedy() {
  return Saying([](Error& error) { error.remedy.clear(); });
}
Hooks WrongRemedy() {
  return Saying([](Error& error) { error.remedy = "try allow_narrowing"; });
}

constexpr std::array kReportFaults{
    Fault{{"cleared-after-refusal", kRefusal, "a refused load leaves a model of zeros"},
          &ClearedAfterRefusal},
    Fault{{"half-loaded", kRefusal, "a refused load has already set what it could"}, &HalfLoaded},
    Fault{{"no-file-named", kErrors, "a refusal does not say which file"}, &NoFileNamed},
    Fault{{"no-place-named", kErrors, "a refusal does not say where in the file"}, &NoPlaceNamed},
    Fault{{"no-remedy", kErrors, "a refusal does not say what to do"}, &NoRemedy},
    Fault{{"one-value-after-refusal", kRefusal, "a refused load changes one value"},
          &LastBitAfterRefusal},
    Fault{{"source-twice", kAccounts, "the report lists one tensor as the source of two variables"},
          &SourceTwice},
    Fault{{"sources-swapped", kAccounts, "the report exchanges the sources of two variables"},
          &SourcesSwapped},
    Fault{{"stale-after-refusal", kRefusal,
           "after a refused load the variables are untouched, the predictions are not"},
          &StaleAfterRefusal},
    Fault{{"unused-unlisted", kAccounts, "the report leaves out tensors that nothing took"},
          &UnusedUnlisted},
    Fault{{"variable-unlisted", kAccounts, "the report leaves out a variable"}, &VariableUnlisted},
    Fault{{"wrong-remedy", kErrors, "every refusal advises the same option"}, &WrongRemedy},
};

}  // namespace

std::span<const Fault> ReportFaults() { return kReportFaults; }

}  // namespace weightproof
