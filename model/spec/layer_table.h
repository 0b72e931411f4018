// Internal to model/spec: how the parts of the layer table are put together.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "model/spec/layer_schema.h"

namespace weightproof::table {

// One function per file of the table, each adding its classes.
void AddCoreLayers(std::vector<LayerSchema>& out);
void AddLookupLayers(std::vector<LayerSchema>& out);
void AddNoOpLayers(std::vector<LayerSchema>& out);
void AddNormalizationLayers(std::vector<LayerSchema>& out);
void AddSpatialLayers(std::vector<LayerSchema>& out);
void AddRecurrentLayers(std::vector<LayerSchema>& out);
void AddFilterLayers(std::vector<LayerSchema>& out);
void AddMergeLayers(std::vector<LayerSchema>& out);
void AddWrappers(std::vector<LayerSchema>& out);

// ---- Keys ----
KeySchema Bool(std::string_view key, bool value);
KeySchema Int(std::string_view key, std::int64_t value, double minimum);
KeySchema Units(std::string_view key);  // required, at least 1
KeySchema Float(std::string_view key, double value);
KeySchema Choice(std::string_view key, std::string_view value,
                 std::vector<std::string_view> allowed);
KeySchema Text(std::string_view key);  // required, any text
KeySchema Activation(std::string_view key, std::string_view value);
// `rank` ints of at least 1; without a value: required.
KeySchema Window(std::string_view key, int rank, std::int64_t value);
KeySchema RequiredWindow(std::string_view key, int rank);
KeySchema DataFormat();
KeySchema Inert(KeySchema key);
KeySchema Nullable(KeySchema key);

// ---- Keys of the JSON that are forgotten ----
ForgottenKey Initializer(std::string_view key, std::string_view class_name);
std::vector<ForgottenKey> Nulls(std::vector<std::string_view> keys);
std::vector<ForgottenKey> Join(std::vector<std::vector<ForgottenKey>> lists);

// ---- Shapes ----
std::unexpected<Error> BadShape(std::string message);
Result<Shape> SameShape(const Config& config, const Shape& input);
// `axis` counted from -rank to rank, batch excluded from the input but counted by Keras: axis 1 is
// the first dimension of `input`. Index into `input`, or -1.
int InputAxis(std::int64_t axis, const Shape& input);
// Length after sliding a window: "valid" and "same" as in keras-formats 6.1; "causal" pads in front
// so that only the stride counts. -1 stays -1.
std::int64_t Slide(std::int64_t length, std::int64_t window, std::int64_t stride,
                   std::int64_t dilation, std::string_view padding);

}  // namespace weightproof::table
