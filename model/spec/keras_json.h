// Internal to model/spec: what reading and writing Keras's config JSON share.
#pragma once

#include <string>

#include "model/spec/architecture.h"
#include "model/spec/layer_schema.h"
#include "nlohmann/json.hpp"

namespace weightproof::keras_json {

using Json = nlohmann::json;

// One layer entry ({"class_name", "config", ...}) of the dialect.
Result<LayerSpec> ReadLayer(const Json& entry, Dialect dialect, std::size_t depth,
                            std::size_t& count, const std::string& place);

std::unexpected<Error> BadForm(std::string place, std::string message);

// The entries of a linear functional model in the order of its chain.
Result<std::vector<const Json*>> Chain(const Json& config);

}  // namespace weightproof::keras_json
