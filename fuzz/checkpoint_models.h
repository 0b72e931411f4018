// The models that checkpoints are loaded into, built into the program: those of golden_models.txt
// and models/.
#pragma once

#include <span>
#include <string_view>

#include "model/network/network.h"

namespace weightproof::fuzz {

// Made once.
std::span<Network> CheckpointModels();

// "keras-001" of corpus/golden, "siblings-keras" of models/; in the same order.
std::span<const std::string_view> CheckpointModelNames();

}  // namespace weightproof::fuzz
