// Embedding: rows of a table by whole-number inputs.
#include "model/layers/config.h"
#include "model/layers/layer.h"

namespace weightproof {
namespace {

// The row, or -1: no row, or (Tracked) not certain which.
std::int64_t RowOf(float x, std::int64_t rows) {
  // Both libraries cast to int32, towards zero.
  return x > -1 && x < static_cast<float>(rows) ? static_cast<std::int64_t>(x) : -1;
}
std::int64_t RowOf(const Tracked& x, std::int64_t rows) {
  const double low = x.value - x.error, high = x.value + x.error;
  if (!(low > -1 && high < static_cast<double>(rows))) return -1;
  return std::trunc(low) == std::trunc(high) ? static_cast<std::int64_t>(low) : -1;
}

class Embedding : public LayerOf<Embedding> {
 public:
  explicit Embedding(const ObjectPlan& plan)
      : rows_(GetInt(plan.config, "input_dim")),
        columns_(GetInt(plan.config, "output_dim")),
        inputs_(Product(plan.input_shape)) {}

  // An input outside the table gives NaN: the libraries refuse, wrap around or fill with NaN,
  // depending on the device.
  template <class S>
  void Run(const Call<S>& call) const {
    const float* table = call.variable(0);
    S* y = call.output;
    for (std::int64_t i = 0; i < call.batch * inputs_; ++i) {
      const std::int64_t row = RowOf(call.input[i], rows_);
      for (std::int64_t c = 0; c < columns_; ++c) {
        *y++ = row < 0 ? Unknown(S{}) : S(table[row * columns_ + c]);
      }
    }
  }

 private:
  static float Unknown(float) { return std::numeric_limits<float>::quiet_NaN(); }
  static Tracked Unknown(const Tracked&) { return {0, kInfinity}; }

  std::int64_t rows_, columns_, inputs_;
};

}  // namespace

Result<std::unique_ptr<Layer>> MakeEmbedding(const ObjectPlan& plan, Dialect) {
  return std::make_unique<Embedding>(plan);
}

}  // namespace weightproof
