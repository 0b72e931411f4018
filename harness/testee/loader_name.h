// Names of real loaders: "keras", "keras@3.10.0", "keras:jax", "tf_keras@2.16.0", "tfjs"; and where
// scripts/venv made their environments.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"

namespace weightproof {

// LIBRARY[@VERSION][:BACKEND]. An empty version or backend: the default one.
struct LoaderName {
  std::string library;  // "keras", "tf_keras", "tfjs"
  std::string version;
  std::string backend;  // of keras: "numpy", "jax", "torch", "tensorflow"
  std::string Text() const;
};

// Whether a testee's name speaks of a real loader, well or badly.
bool IsLoaderName(std::string_view testee);

// BadConfig, with what to write instead.
Result<LoaderName> ParseLoaderName(std::string_view name);

// The backend that its process is to have; "" for a library that has no choice.
std::string BackendOf(const LoaderName& name);

// "3.10.0" as numbers; empty for anything else.
std::vector<int> VersionNumbers(std::string_view version);

// The folder of all environments: WEIGHTPROOF_VENVS, or build/venv of the sources.
std::string EnvironmentsFolder();

// The environment of this loader, whether it is there or not (scripts/loader.py says the same).
std::string EnvironmentOf(const LoaderName& name);

// The Python that has this library: what WEIGHTPROOF_KERAS_PYTHON or WEIGHTPROOF_TF_KERAS_PYTHON
// names, for a name without version, else that of its environment. Error: there is none.
Result<std::string> InterpreterOf(const LoaderName& name);

// Versions of a library and backend whose environments are there, ascending.
std::vector<std::string> VersionsAtHand(const LoaderName& name);

}  // namespace weightproof
