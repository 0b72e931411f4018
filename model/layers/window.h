// Windows that slide over space: shared by convolutions and pooling. One-dimensional layers are
// two-dimensional ones of height 1.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "model/layers/axes.h"
#include "model/layers/layer.h"

namespace weightproof {

// One spatial dimension: output position o meets input positions
// o * stride - before + j * dilation for j in [0, window).
struct Slide {
  std::int64_t in = 1, out = 1, window = 1, stride = 1, dilation = 1, before = 0;

  // Padding of keras-formats 6.1; "causal" is all in front, "same" floor half in front.
  Slide() = default;
  Slide(std::int64_t in_size, std::int64_t out_size, std::int64_t window_size,
        std::int64_t stride_size, std::int64_t dilation_size, std::string_view padding);

  std::int64_t Position(std::int64_t o, std::int64_t j) const {
    return o * stride - before + j * dilation;
  }
  bool Inside(std::int64_t position) const { return position >= 0 && position < in; }
};

// The two slides of a layer with input and output (space..., channels), channels first or last.
struct WindowSpace {
  std::array<Slide, 2> slides;
  std::int64_t channels_in = 1, channels_out = 1;
  bool channels_first = false;

  WindowSpace() = default;
  WindowSpace(const ObjectPlan& plan, const std::vector<std::int64_t>& window,
              const std::vector<std::int64_t>& strides, const std::vector<std::int64_t>& dilation,
              std::string_view padding);

  std::int64_t positions_in() const { return slides[0].in * slides[1].in; }
  std::int64_t positions_out() const { return slides[0].out * slides[1].out; }
};

// Runs `body(input, output)` with both as (batch, space..., channels), whatever the layout.
template <class S, class Body>
void WithChannelsLast(const WindowSpace& space, const Call<S>& call, Body body) {
  if (!space.channels_first) return body(call.input, call.output);
  const std::int64_t in = space.positions_in(), out = space.positions_out();
  S* input = call.scratch->Take(call.batch * in * space.channels_in);
  S* output = call.scratch->Take(call.batch * out * space.channels_out);
  TransposeItems(call.input, call.batch, space.channels_in, in, input);
  body(static_cast<const S*>(input), output);
  TransposeItems(output, call.batch, out, space.channels_out, call.output);
}

}  // namespace weightproof
