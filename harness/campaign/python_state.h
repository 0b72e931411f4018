// What is beside the weights, as Python: compiled models, layers that keep their state themselves,
// dtype policies, and what a script looks at to show that some of it was lost.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/case/case.h"

namespace weightproof {

// `keras.config.set_dtype_policy(...)` or what tf-keras calls it.
std::string PythonPolicy(Dialect dialect, std::string_view policy);
std::string_view PolicyOf(const Build& build);  // "" without a policy step

// The lines of a compile step on the model `m`.
std::vector<std::string> PythonCompile(const Step& step);

// The line by which the model `m` is made anew.
std::string PythonRebuild(RebuildHow how);

// The line by which the lookup layer `object` takes in a vocabulary.
std::string PythonVocabulary(const std::string& object, const Step& step);

// Whether architecture layer `layer` keeps its state itself, and the class that it then is.
bool KeepsOwnState(const Build& build, int layer);
std::string OwnClass(std::string_view class_name);
// These classes, for the top of a script.
std::vector<std::string> PythonOwnClasses(const Case& c);

// The end of a script that has saved `w` at `path` and, unless it shows something of the save
// alone, loaded `r`: exits with 1 if what `cause` names happened. Empty for other causes.
std::vector<std::string> PythonKept(std::string_view cause, const std::string& path);
// Whether it is of the save alone.
bool ShownBySave(std::string_view cause);

}  // namespace weightproof
