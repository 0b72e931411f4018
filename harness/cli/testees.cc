#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "harness/cli/commands.h"
#include "harness/testee/faults/faults.h"

namespace weightproof {
namespace {

struct Row {
  std::string name;
  std::string clause;
  std::string sentence;
};

}  // namespace

int Testees(const TesteesOptions& o) {
  std::vector<Row> rows = {
      {"builtin", "", "the model library of this project"},
      {"builtin-worker", "", "the same, in a process of its own that speaks the worker protocol"},
      {"keras", "", "Keras 3, in a process of its own; also keras@3.10.0, keras:jax"},
      {"tf_keras", "", "tf-keras, in a process of its own; also tf_keras@2.16.0"},
      {"tfjs", "", "TensorFlow.js layers under Node, with its own converter of Keras files"},
      {"worker:COMMAND", "", "any program that speaks harness/testee/PROTOCOL.md"},
      {"canary", "", "loads nothing and says that it did: a campaign on it must fail"},
  };
  for (const FaultInfo& fault : Faults()) {
    rows.push_back({"fault:" + std::string(fault.name), std::string(fault.clause),
                    std::string(fault.sentence)});
  }
  if (o.json) {
    nlohmann::json list = nlohmann::json::array();
    for (const Row& row : rows) {
      list.push_back({{"name", row.name}, {"clause", row.clause}, {"sentence", row.sentence}});
    }
    fmt::print("{}\n", list.dump(2));
    return kExitOk;
  }
  for (const Row& row : rows) {
    fmt::print("{:<34} {:<26} {}\n", row.name, row.clause, row.sentence);
  }
  return kExitOk;
}

}  // namespace weightproof
