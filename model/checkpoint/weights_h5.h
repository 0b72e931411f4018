// Where `.weights.h5` keeps the objects of a model (keras-formats 3.1, 3.2).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/spec/plan.h"

namespace weightproof {

// Numbers class keys inside one container: "dense", "dense_1", ...
class ClassKeys {
 public:
  std::string Next(std::string_view class_name);

 private:
  std::vector<std::pair<std::string, int>> used_;
};

// For each of the container's `layers` the path, from its own group, at which the dialect's real
// library writes it: "layers/dense_1", "encoder" of an attribute, "blocks/dense" of a list; ""
// where it writes nothing.
std::vector<std::string> ChildPaths(const ObjectPlan& container, Dialect dialect);

// Subclass models: whether the attribute is visited before the pseudo-attribute `layers`.
bool VisitedBeforeLayers(std::string_view attribute, Dialect dialect);

// The name of the sub-object that owns a recurrent layer's variables: "lstm_cell".
std::string CellName(const ObjectPlan& layer);

}  // namespace weightproof
