// Real Keras as a testee.
#pragma once

#include <memory>
#include <string_view>

#include "harness/testee/testee.h"

namespace weightproof {

// "keras" and "tf_keras" run harness/workers/keras_worker.py with the interpreter that
// WEIGHTPROOF_KERAS_PYTHON or WEIGHTPROOF_TF_KERAS_PYTHON names (scripts/check sets both up);
// "worker:COMMAND" runs any program that speaks the protocol, COMMAND split at blanks.
Result<std::unique_ptr<Testee>> MakeWorker(std::string_view name);

}  // namespace weightproof
