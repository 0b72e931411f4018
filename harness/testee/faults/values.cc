// Values that arrive at the right variable, but not as they were saved.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "harness/testee/faults/faulty.h"

namespace weightproof {
namespace {

// Moves column blocks of the last axis: block i of the result is block `from[i]`.
template <std::size_t N>
void PermuteBlocks(Tensor& tensor, const std::array<std::size_t, N>& from) {
  const std::size_t width = static_cast<std::size_t>(tensor.shape().back());
  if (width % N != 0) return;
  const std::size_t block = width / N;
  const Tensor old = tensor;
  const auto in = old.values<float>();
  const auto out = tensor.values<float>();
  for (std::size_t row = 0; row < out.size() / width; ++row) {
    for (std::size_t i = 0; i < N; ++i) {
      for (std::size_t k = 0; k < block; ++k) {
        out[row * width + i * block + k] = in[row * width + from[i] * block + k];
      }
    }
  }
}

Hooks EditingClass(std::string_view class_name, void (*edit)(Tensor& value)) {
  Hooks hooks;
  hooks.values_matched = [class_name, edit](Values& values, const Network& network, const Group&) {
    std::size_t i = 0;
    const auto walk = [&](const ObjectPlan& object, const auto& self) -> void {
      for (std::size_t v = 0; v < object.variables.size(); ++v, ++i) {
        if (object.class_name == class_name && values[i]) edit(*values[i]);
      }
      for (const ObjectPlan& layer : object.layers) self(layer, self);
    };
    walk(network.plan().model, walk);
  };
  return hooks;
}

Hooks LstmGates() {
  return EditingClass("LSTM", [](Tensor& t) { PermuteBlocks<4>(t, {0, 2, 1, 3}); });
}
Hooks GruGates() {
  return EditingClass("GRU", [](Tensor& t) { PermuteBlocks<3>(t, {1, 0, 2}); });
}

Hooks GruBiasHalves() {
  Hooks hooks;
  hooks.values_matched = [](Values& values, const Network& network, const Group&) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!values[i] || network.variable_plans()[i]->role != "bias") continue;
      if (values[i]->shape().size() != 2) continue;  // reset_after keeps two biases in one array
      const auto v = values[i]->values<float>();
      std::swap_ranges(v.begin(), v.begin() + std::ssize(v) / 2, v.begin() + std::ssize(v) / 2);
    }
  };
  return hooks;
}

Hooks TransposedWhenSquare() {
  return EditingRole("kernel", [](Tensor& t) {
    if (t.shape().size() != 2 || t.shape()[0] != t.shape()[1]) return;
    const auto n = static_cast<std::size_t>(t.shape()[0]);
    const auto v = t.values<float>();
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < i; ++j) std::swap(v[i * n + j], v[j * n + i]);
    }
  });
}

Hooks ConvolutionFlipped() {
  return EditingRole("kernel", [](Tensor& t) {
    if (t.shape().size() < 3) return;
    const auto taps = static_cast<std::size_t>(t.shape()[0]);
    const std::size_t row = t.values<float>().size() / taps;
    const auto v = t.values<float>();
    for (std::size_t i = 0; i < taps / 2; ++i) {
      std::swap_ranges(v.begin() + static_cast<std::ptrdiff_t>(i * row),
                       v.begin() + static_cast<std::ptrdiff_t>((i + 1) * row),
                       v.begin() + static_cast<std::ptrdiff_t>((taps - 1 - i) * row));
    }
  });
}

Hooks EmbeddingRowsShifted() {
  return EditingRole("embeddings", [](Tensor& t) {
    const auto v = t.values<float>();
    std::rotate(v.begin(), v.begin() + t.shape()[1], v.end());
  });
}

Hooks RecurrentTransposed() {
  return EditingRole("recurrent_kernel", [](Tensor& t) {
    if (t.shape()[0] < 2) return;
    const auto v = t.values<float>();
    const std::size_t width = static_cast<std::size_t>(t.shape()[1]);
    std::swap_ranges(v.begin(), v.begin() + static_cast<std::ptrdiff_t>(width),
                     v.begin() + static_cast<std::ptrdiff_t>(width));
  });
}

Hooks NanCleaned() {
  return EditingElements([](float v) { return std::isnan(v) ? 0.0f : v; });
}
Hooks InfinityClipped() {
  return EditingElements([](float v) {
    return std::isinf(v) ? std::copysign(std::numeric_limits<float>::max(), v) : v;
  });
}
Hooks NegativeZeroLost() {
  return EditingElements([](float v) { return v == 0 ? 0.0f : v; });
}
Hooks DenormalsFlushed() {
  return EditingElements(
      [](float v) { return std::fpclassify(v) == FP_SUBNORMAL ? std::copysign(0.0f, v) : v; });
}
Hooks HugeClipped() {
  return EditingElements(
      [](float v) { return std::isfinite(v) ? std::clamp(v, -65504.0f, 65504.0f) : v; });
}
Hooks RoundedToHalf() {
  Hooks hooks;
  hooks.values_matched = [](Values& values, const Network&, const Group&) {
    for (std::optional<Tensor>& value : values) {
      if (value) value = Convert(*Convert(*value, DType::kFloat16), DType::kFloat32);
    }
  };
  return hooks;
}

void EachDataset(Group& group, const std::function<void(Dataset&)>& visit) {
  for (Child& child : group.children) {
    if (Dataset* dataset = child.dataset()) visit(*dataset);
    if (Group* inner = child.group()) EachDataset(*inner, visit);
  }
}

Hooks BigEndianAsLittle() {
  Hooks hooks;
  hooks.tree_read = [](Group& tree) {
    EachDataset(tree, [](Dataset& dataset) {
      StoredArray& value = dataset.value;
      if (!value.type.big_endian || value.type.size < 2) return;
      std::vector<std::byte>& bytes = value.bytes.Own();
      for (std::size_t i = 0; i + value.type.size <= bytes.size(); i += value.type.size) {
        const auto at = bytes.begin() + static_cast<std::ptrdiff_t>(i);
        std::reverse(at, at + static_cast<std::ptrdiff_t>(value.type.size));
      }
    });
  };
  return hooks;
}

Hooks LastChunkSkipped() {
  Hooks hooks;
  hooks.tree_read = [](Group& tree) {
    EachDataset(tree, [](Dataset& dataset) {
      StoredArray& value = dataset.value;
      if (dataset.storage.chunk.empty() || value.shape.empty() || value.bytes.empty()) return;
      const std::int64_t rows = value.shape[0];
      const std::int64_t chunk = std::max<std::int64_t>(1, dataset.storage.chunk[0]);
      const std::int64_t first = (rows - 1) / chunk * chunk;
      std::vector<std::byte>& bytes = value.bytes.Own();
      const std::size_t row = bytes.size() / static_cast<std::size_t>(rows);
      std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(row) * first, bytes.end(),
                std::byte{0});
    });
  };
  return hooks;
}

Hooks DerivedStateStale() {
  Hooks hooks;
  hooks.predict_loaded = [](Network& network, const Network& before) {
    for (std::size_t i = 0; i < network.variables().size(); ++i) {
      if (network.variable_plans()[i]->role == "moving_variance") {
        network.variables()[i] = before.variables()[i];
      }
    }
  };
  return hooks;
}

Hooks FirstKernelCached() {
  Hooks hooks;
  hooks.predict_loaded = [](Network& network, const Network& before) {
    if (!network.variables().empty()) network.variables()[0] = before.variables()[0];
  };
  return hooks;
}

constexpr std::array kValueFaults{
    Fault{{"big-endian-as-little", kRoundTrips, "big-endian numbers are read as little-endian"},
          &BigEndianAsLittle},
    Fault{{"convolution-flipped", kRoundTrips, "convolution kernels are turned round"},
          &ConvolutionFlipped},
    Fault{{"denormals-flushed", kRoundTrips, "denormal weights become zero"}, &DenormalsFlushed},
    Fault{{"derived-state-stale", kRoundTrips,
           "batch normalization goes on with a scale derived from the old variance"},
          &DerivedStateStale},
    Fault{{"embedding-rows-shifted", kRoundTrips, "embedding rows are off by one"},
          &EmbeddingRowsShifted},
    Fault{{"first-kernel-cached", kRoundTrips, "the first layer predicts with its old kernel"},
          &FirstKernelCached},
    Fault{{"gru-bias-halves", kRoundTrips, "the two biases of a GRU are exchanged"},
          &GruBiasHalves},
    Fault{{"gru-gates", kRoundTrips, "GRU gates are read as r, z, h"}, &GruGates},
    Fault{{"huge-clipped", kRoundTrips, "weights are clipped to the range of float16"},
          &HugeClipped},
    Fault{{"infinity-clipped", kRoundTrips, "infinities become the largest float"},
          &InfinityClipped},
    Fault{{"last-chunk-skipped", kRoundTrips, "the last chunk of a chunked dataset stays zero"},
          &LastChunkSkipped},
    Fault{{"lstm-gates", kRoundTrips, "LSTM gates are read as i, c, f, o"}, &LstmGates},
    Fault{{"nan-cleaned", kRoundTrips, "NaN weights become zero"}, &NanCleaned},
    Fault{{"negative-zero-lost", kRoundTrips, "-0 becomes +0"}, &NegativeZeroLost},
    Fault{{"recurrent-rows-swapped", kRoundTrips, "two rows of recurrent kernels are exchanged"},
          &RecurrentTransposed},
    Fault{{"rounded-to-half", kRoundTrips, "weights pass through float16"}, &RoundedToHalf},
    Fault{{"transposed-when-square", kRoundTrips, "square kernels are read column by column"},
          &TransposedWhenSquare},
};

}  // namespace

std::span<const Fault> ValueFaults() { return kValueFaults; }

}  // namespace weightproof
