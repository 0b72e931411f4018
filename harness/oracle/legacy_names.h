// The name lists of a legacy H5 tree, read independently of model/checkpoint's loader.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/checkpoint/tree.h"
#include "model/spec/plan.h"

namespace weightproof {

struct ListedWeight {
  std::string name;                  // as weight_names says it
  std::string path;                  // from the root of the file
  const Dataset* dataset = nullptr;  // nullptr: not there
  std::string role;                  // last component without ":0"
  std::string scope;     // everything before the role, an RNN cell's scope left out; may be ""
  std::string sublayer;  // the component before it, an RNN cell's scope left out; may be ""
};

struct ListedLayer {
  std::string name;
  std::vector<ListedWeight> weights;
};

struct ListedNames {
  std::string prefix;  // "" or "model_weights/"
  std::vector<ListedLayer> layers;
  std::vector<std::string> malformed;  // places whose lists are missing or of the wrong kind
};

// ListedWeight::role of a name in `weight_names`: "kernel" of "dense/kernel:0".
std::string RoleInName(std::string_view name);

// nullopt: no layer_names anywhere.
std::optional<ListedNames> ReadLegacyNames(const Group& root);

// Leaves with variables, in layer order.
std::vector<const ObjectPlan*> WeightedLeaves(const ObjectPlan& object);

// The same roles and shapes in the same order.
bool SameVariables(const ObjectPlan& a, const ObjectPlan& b);

// "forward_" or "backward_" of a name that a Bidirectional gave ("forward_lstm_1"), else "".
std::string_view HalfOf(std::string_view name);

// Counter of an automatic name: "dense" -> 0, "dense_3" -> 3, "forward_lstm_1" -> 1; -1 when it is
// no automatic name.
int AutomaticCounter(std::string_view name);

// The name of a class as automatic names show it: "Dense", "Sequential", "Functional".
std::string ClassInNames(const ObjectPlan& object);

// Every dataset under `group` as a path from the root of the file, in order.
void CollectDatasets(const Group& group, const std::string& prefix,
                     std::vector<std::pair<std::string, const Dataset*>>* out);

}  // namespace weightproof
