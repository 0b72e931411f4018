// What loading a whole model, of which nothing but the file is at hand, is held to.
#pragma once

#include <string>

#include "harness/properties/checkpoint_loading.h"

namespace weightproof {

struct ModelFile {
  const Group& tree;         // of the file at `path`
  const std::string& path;   //
  const std::string& again;  // where the model is saved; replaced
  const CheckpointFunctions& functions;
};

// "A file without a config makes no model. One that is refused is refused with the file, the place
// in it and a remedy. One that makes a model gives it what a load into a network of the same plan
// gives, its report is true, the oracle reads the same, and saved as a whole model and loaded again
// it is the same model with the same variables, bit for bit."
Verdict CheckModelLoading(const ModelFile& file);

}  // namespace weightproof
