// Max, average and global pooling over one or two spatial dimensions.
#include "model/layers/config.h"
#include "model/layers/window.h"

namespace weightproof {
namespace {

float Mean(const Sum<float>& sum, std::int64_t n) { return sum.Total() / static_cast<float>(n); }
Tracked Mean(const Sum<Tracked>& sum, std::int64_t n) {
  const Tracked total = sum.Total();
  const auto count = static_cast<double>(n);
  return Rounded(total.value / count, total.error / count, 2.01 * kUnit);
}

// Windows as given, or (global) one window of everything. Cells outside the input count neither
// for a maximum nor for an average.
class Pooling : public LayerOf<Pooling> {
 public:
  Pooling(WindowSpace space, bool average) : space_(std::move(space)), average_(average) {}

  template <class S>
  void Run(const Call<S>& call) const {
    WithChannelsLast(space_, call, [&](const S* x, S* y) {
      for (std::int64_t b = 0; b < call.batch; ++b) {
        PoolItem(x + b * space_.positions_in() * space_.channels_in,
                 y + b * space_.positions_out() * space_.channels_in);
      }
    });
  }

 private:
  template <class S>
  void PoolItem(const S* x, S* y) const {
    for (std::int64_t oh = 0; oh < space_.slides[0].out; ++oh) {
      for (std::int64_t ow = 0; ow < space_.slides[1].out; ++ow) {
        for (std::int64_t c = 0; c < space_.channels_in; ++c) *y++ = PoolWindow(x + c, oh, ow);
      }
    }
  }

  template <class S>
  S PoolWindow(const S* x, std::int64_t oh, std::int64_t ow) const {
    const auto& [high, wide] = space_.slides;
    Sum<S> sum;
    S largest{};
    std::int64_t cells = 0;
    for (std::int64_t jh = 0; jh < high.window; ++jh) {
      const std::int64_t h = high.Position(oh, jh);
      if (!high.Inside(h)) continue;
      for (std::int64_t jw = 0; jw < wide.window; ++jw) {
        const std::int64_t w = wide.Position(ow, jw);
        if (!wide.Inside(w)) continue;
        const S& cell = x[(h * wide.in + w) * space_.channels_in];
        if (average_) {
          sum.Add(cell);
        } else {
          largest = cells == 0 ? cell : Larger(largest, cell);
        }
        ++cells;
      }
    }
    return average_ ? Mean(sum, cells) : largest;
  }

  WindowSpace space_;
  bool average_;
};

bool IsAverage(const ObjectPlan& plan) {
  return plan.class_name.find("Average") != std::string::npos;
}

}  // namespace

Result<std::unique_ptr<Layer>> MakePooling(const ObjectPlan& plan, Dialect) {
  const std::vector<std::int64_t> window = GetInts(plan.config, "pool_size");
  return std::make_unique<Pooling>(
      WindowSpace(plan, window, GetInts(plan.config, "strides"),
                  std::vector<std::int64_t>(window.size(), 1), GetString(plan.config, "padding")),
      IsAverage(plan));
}

// keepdims changes the shape but not the elements or their order.
Result<std::unique_ptr<Layer>> MakeGlobalPooling(const ObjectPlan& plan, Dialect) {
  WindowSpace space;
  space.channels_first = ChannelsFirst(plan);
  const Shape& in = plan.input_shape;
  space.channels_in = space.channels_out = space.channels_first ? in.front() : in.back();
  for (std::size_t d = 0; d + 1 < in.size() && d < 2; ++d) {
    const std::int64_t size = in[d + (space.channels_first ? 1 : 0)];
    space.slides[d] = Slide(size, 1, size, 1, 1, "valid");
  }
  return std::make_unique<Pooling>(std::move(space), IsAverage(plan));
}

}  // namespace weightproof
