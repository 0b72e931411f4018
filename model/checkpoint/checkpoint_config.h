// What a checkpoint says about the model itself: model_config and the library's version.
#pragma once

#include <string>
#include <string_view>

#include "model/error.h"
#include "model/spec/architecture.h"
#include "model/spec/plan.h"

namespace weightproof {

// Texts of the attributes `backend` and `keras_version` in what this library writes.
std::string_view Backend(Dialect dialect);
std::string_view KerasVersion(Dialect dialect);

// The plan as an architecture with every name and trainable flag; nested Sequentials stay nested,
// no-ops stay, InputLayers go.
ArchitectureSpec ArchitectureOf(const ModelPlan& plan);

// The attribute `model_config` of a whole-model file. WrongFormat for a tf-keras subclass model,
// which the real library cannot save so; of a Keras 3 one it holds the bare class.
Result<std::string> ModelConfigJson(const ModelPlan& plan);

}  // namespace weightproof
