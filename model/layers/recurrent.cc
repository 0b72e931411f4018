// SimpleRNN, LSTM and GRU in inference (keras-formats 6.2).
#include <algorithm>

#include "model/layers/activation_functions.h"
#include "model/layers/config.h"
#include "model/layers/layer.h"
#include "model/layers/matmul.h"

namespace weightproof {
namespace {

struct CellConfig {
  std::int64_t steps, inputs, units;
  bool use_bias, go_backwards, return_sequences;
  const ActivationFunction* activation;
  const ActivationFunction* recurrent = nullptr;  // gates; SimpleRNN has none
  bool reset_after = false;                       // GRU
};

// One time step's working memory, for the whole batch.
template <class S>
struct StepBuffers {
  S* from_input;  // (batch, gates * units): x kernel + bias
  S* from_state;  // (batch, gates * units): h recurrent_kernel (+ bias)
  S* state;       // (batch, units): h
  S* memory;      // (batch, units): c of LSTM, r * h of GRU
};

// The loop over time. Cell says how many gates it has and makes one step.
template <class Cell>
class Recurrent : public LayerOf<Recurrent<Cell>> {
 public:
  explicit Recurrent(const CellConfig& config) : config_(config) {}

  template <class S>
  void Run(const Call<S>& call) const {
    const auto& [steps, inputs, units, use_bias, backwards, sequences, f, g, r] = config_;
    const std::int64_t batch = call.batch, columns = Cell::kGates * units;
    StepBuffers<S> buffers{call.scratch->Take(batch * columns), call.scratch->Take(batch * columns),
                           call.scratch->Take(batch * units), call.scratch->Take(batch * units)};
    std::fill(buffers.state, buffers.state + batch * units, S(0));
    std::fill(buffers.memory, buffers.memory + batch * units, S(0));
    for (std::int64_t t = 0; t < steps; ++t) {
      const std::int64_t time = backwards ? steps - 1 - t : t;
      MatMul({.rows = batch,
              .depth = inputs,
              .cols = columns,
              .x_stride = steps * inputs,
              .w_stride = columns,
              .y_stride = columns,
              .more_terms = units + 2},
             call.input + time * inputs, call.variable(0), use_bias ? call.variable(2) : nullptr,
             buffers.from_input);
      Cell::Step(config_, call, buffers);
      // With go_backwards the sequence stays in the order of processing.
      for (std::int64_t b = 0; sequences && b < batch; ++b) {
        const S* h = buffers.state + b * units;
        std::copy(h, h + units, call.output + (b * steps + t) * units);
      }
    }
    if (!sequences) std::copy(buffers.state, buffers.state + batch * units, call.output);
  }

 private:
  CellConfig config_;
};

// y = h recurrent_kernel[:, begin : begin + columns] + bias.
template <class S>
void FromState(const CellConfig& c, const Call<S>& call, const S* h, std::int64_t gates,
               std::int64_t begin, std::int64_t columns, const float* bias, S* y) {
  MatMul({.rows = call.batch,
          .depth = c.units,
          .cols = columns,
          .x_stride = c.units,
          .w_stride = gates * c.units,
          .y_stride = gates * c.units,
          .more_terms = c.inputs + 2},
         h, call.variable(1) + begin, bias, y + begin);
}

struct SimpleCell {
  static constexpr std::int64_t kGates = 1;

  template <class S>
  static void Step(const CellConfig& c, const Call<S>& call, const StepBuffers<S>& buffers) {
    const std::int64_t count = call.batch * c.units;
    FromState(c, call, buffers.state, kGates, 0, c.units, nullptr, buffers.from_state);
    for (std::int64_t i = 0; i < count; ++i) {
      buffers.state[i] = buffers.from_input[i] + buffers.from_state[i];
    }
    (*c.activation)(buffers.state, count, c.units);
  }
};

struct LstmCell {
  static constexpr std::int64_t kGates = 4;  // i, f, c, o

  template <class S>
  static void Step(const CellConfig& c, const Call<S>& call, const StepBuffers<S>& buffers) {
    const std::int64_t u = c.units;
    FromState(c, call, buffers.state, kGates, 0, kGates * u, nullptr, buffers.from_state);
    for (std::int64_t b = 0; b < call.batch; ++b) {
      S* z = buffers.from_input + b * kGates * u;
      const S* q = buffers.from_state + b * kGates * u;
      S* h = buffers.state + b * u;
      S* memory = buffers.memory + b * u;
      for (std::int64_t i = 0; i < kGates * u; ++i) z[i] = z[i] + q[i];
      (*c.recurrent)(z, u, u);
      (*c.recurrent)(z + u, u, u);
      (*c.activation)(z + 2 * u, u, u);
      (*c.recurrent)(z + 3 * u, u, u);
      for (std::int64_t i = 0; i < u; ++i) {
        memory[i] = z[u + i] * memory[i] + z[i] * z[2 * u + i];
        h[i] = memory[i];
      }
      (*c.activation)(h, u, u);
      for (std::int64_t i = 0; i < u; ++i) h[i] = z[3 * u + i] * h[i];
    }
  }
};

struct GruCell {
  static constexpr std::int64_t kGates = 3;  // z, r, h

  template <class S>
  static void Step(const CellConfig& c, const Call<S>& call, const StepBuffers<S>& buffers) {
    const std::int64_t u = c.units;
    // reset_after: bias is (2, 3u), the second row belongs to the recurrent side.
    const float* bias = c.use_bias && c.reset_after ? call.variable(2) + kGates * u : nullptr;
    FromState(c, call, buffers.state, kGates, 0, (c.reset_after ? 3 : 2) * u, bias,
              buffers.from_state);
    for (std::int64_t b = 0; b < call.batch; ++b) {
      S* a = buffers.from_input + b * kGates * u;
      const S* q = buffers.from_state + b * kGates * u;
      const S* h = buffers.state + b * u;
      for (std::int64_t i = 0; i < 2 * u; ++i) a[i] = a[i] + q[i];
      (*c.recurrent)(a, u, u);
      (*c.recurrent)(a + u, u, u);
      for (std::int64_t i = 0; i < u; ++i) buffers.memory[b * u + i] = a[u + i] * h[i];
    }
    if (!c.reset_after) {
      FromState(c, call, buffers.memory, kGates, 2 * u, u, nullptr, buffers.from_state);
    }
    for (std::int64_t b = 0; b < call.batch; ++b) {
      S* a = buffers.from_input + b * kGates * u;
      const S* q = buffers.from_state + b * kGates * u + 2 * u;
      S* h = buffers.state + b * u;
      S* candidate = a + 2 * u;
      for (std::int64_t i = 0; i < u; ++i) {
        candidate[i] = candidate[i] + (c.reset_after ? a[u + i] * q[i] : q[i]);
      }
      (*c.activation)(candidate, u, u);
      for (std::int64_t i = 0; i < u; ++i) {
        h[i] = a[i] * h[i] + Plus(1, -a[i]) * candidate[i];
      }
    }
  }
};

template <class Cell>
Result<std::unique_ptr<Layer>> MakeRecurrent(const ObjectPlan& plan, Dialect dialect) {
  const auto activation = ActivationOf(plan, "activation", dialect);
  if (!activation) return std::unexpected(activation.error());
  CellConfig config{.steps = plan.input_shape.front(),
                    .inputs = plan.input_shape.back(),
                    .units = GetInt(plan.config, "units"),
                    .use_bias = GetBool(plan.config, "use_bias"),
                    .go_backwards = GetBool(plan.config, "go_backwards"),
                    .return_sequences = GetBool(plan.config, "return_sequences"),
                    .activation = *activation};
  if constexpr (Cell::kGates > 1) {
    const auto recurrent = ActivationOf(plan, "recurrent_activation", dialect);
    if (!recurrent) return std::unexpected(recurrent.error());
    config.recurrent = *recurrent;
  }
  if constexpr (Cell::kGates == 3) config.reset_after = GetBool(plan.config, "reset_after");
  return std::make_unique<Recurrent<Cell>>(config);
}

}  // namespace

Result<std::unique_ptr<Layer>> MakeSimpleRnn(const ObjectPlan& plan, Dialect dialect) {
  return MakeRecurrent<SimpleCell>(plan, dialect);
}
Result<std::unique_ptr<Layer>> MakeLstm(const ObjectPlan& plan, Dialect dialect) {
  return MakeRecurrent<LstmCell>(plan, dialect);
}
Result<std::unique_ptr<Layer>> MakeGru(const ObjectPlan& plan, Dialect dialect) {
  return MakeRecurrent<GruCell>(plan, dialect);
}

}  // namespace weightproof
