#include "model/layers/window.h"

#include <algorithm>

namespace weightproof {

Slide::Slide(std::int64_t in_size, std::int64_t out_size, std::int64_t window_size,
             std::int64_t stride_size, std::int64_t dilation_size, std::string_view padding)
    : in(in_size),
      out(out_size),
      window(window_size),
      stride(stride_size),
      dilation(dilation_size) {
  const std::int64_t reach = (window - 1) * dilation + 1;
  if (padding == "same") {
    const std::int64_t full = (in + stride - 1) / stride;
    before = std::max<std::int64_t>((full - 1) * stride + reach - in, 0) / 2;
  } else if (padding == "causal") {
    before = reach - 1;
  }
}

WindowSpace::WindowSpace(const ObjectPlan& plan, const std::vector<std::int64_t>& window,
                         const std::vector<std::int64_t>& strides,
                         const std::vector<std::int64_t>& dilation, std::string_view padding) {
  channels_first = std::get<std::string>(plan.config.at("data_format")) == "channels_first";
  const Shape& in = plan.input_shape;
  const Shape& out = plan.output_shape;
  channels_in = channels_first ? in.front() : in.back();
  channels_out = channels_first ? out.front() : out.back();
  const std::size_t rank = window.size(), first = channels_first ? 1 : 0;
  for (std::size_t d = 0; d < rank; ++d) {
    slides[2 - rank + d] =
        Slide(in[first + d], out[first + d], window[d], strides[d], dilation[d], padding);
  }
}

}  // namespace weightproof
