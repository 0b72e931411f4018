#include "harness/oracle/weights.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "model/spec/layer_schema.h"

namespace weightproof {
namespace {

std::uint64_t SplitMix64(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

std::uint64_t Start(std::uint64_t seed, std::string_view id) {
  std::uint64_t h = 0xcbf29ce484222325u;
  for (const char c : id) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return h ^ (seed * 0x9e3779b97f4a7c15u);
}

float Unit(std::uint64_t h) { return static_cast<float>((h >> 40) + 1) * 0x1p-24f; }

float Special(Profile profile, std::uint64_t h) {
  const float sign = (h & 1) != 0 ? -1.0f : 1.0f;
  switch (profile) {
    case Profile::kNan:
      return std::numeric_limits<float>::quiet_NaN();
    case Profile::kInf:
      return sign * std::numeric_limits<float>::infinity();
    case Profile::kNegativeZero:
      return -0.0f;
    case Profile::kDenormal:
      return sign * std::numeric_limits<float>::denorm_min() * static_cast<float>((h >> 50) + 1);
    case Profile::kHuge:
      return sign * 1e30f;
    case Profile::kPlain:
      break;
  }
  return 0.0f;
}

enum class Range { kPositive, kBias, kKernel };

Range RangeOf(const VariablePlan& variable) {
  if (variable.positive || variable.role == "gamma") return Range::kPositive;
  if (variable.role == "bias" || variable.role == "beta") return Range::kBias;
  return Range::kKernel;
}

// One column of each row is 1, the others are 0: then the sum that is saved is exact whoever makes
// it.
Tensor OneHotRows(const VariablePlan& variable, std::uint64_t seed) {
  Tensor tensor(DType::kFloat32, variable.shape);
  const auto columns = static_cast<std::uint64_t>(variable.shape[1]);
  for (std::uint64_t row = 0; row < static_cast<std::uint64_t>(variable.shape[0]); ++row) {
    const std::uint64_t column = WeightHash(seed, variable.id, row) % columns;
    tensor.values<float>()[row * columns + column] = 1.0f;
  }
  return tensor;
}

Tensor WholeNumbers(const VariablePlan& variable, std::uint64_t seed) {
  Tensor tensor(DType::kInt8, variable.shape);
  std::uint64_t index = 0;
  for (std::int8_t& value : tensor.values<std::int8_t>()) {
    value = static_cast<std::int8_t>(
        static_cast<int>(WeightHash(seed, variable.id, index++) % 255) - 127);
  }
  return tensor;
}

float KernelScale(const Shape& shape) {
  std::int64_t fan_in = 1;
  for (std::size_t i = 0; i + 1 < shape.size(); ++i) fan_in *= shape[i];
  float scale = 1.0f;
  while (fan_in >= 4) {
    fan_in /= 4;
    scale /= 2;
  }
  return scale;
}

// Whole numbers from 1 to 1000, for what a layer counts.
Tensor Counts(const VariablePlan& variable, std::uint64_t seed) {
  Tensor tensor(variable.dtype, variable.shape);
  const std::uint64_t start = Start(seed, variable.id);
  for (std::int64_t i = 0; i < tensor.size(); ++i) {
    const std::uint64_t h = SplitMix64(start + static_cast<std::uint64_t>(i));
    const auto count = static_cast<std::int64_t>(h % 1000 + 1);
    if (variable.dtype == DType::kInt64) {
      tensor.values<std::int64_t>()[static_cast<std::size_t>(i)] = count;
    } else {
      tensor.values<std::int32_t>()[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(count);
    }
  }
  return tensor;
}

}  // namespace

std::uint64_t WeightHash(std::uint64_t seed, std::string_view id, std::uint64_t index) {
  return SplitMix64(Start(seed, id) + index);
}

std::vector<NamedTensor> MakeWeights(const ModelPlan& plan, const WeightsSpec& spec) {
  const std::vector<const VariablePlan*> variables = Variables(plan.model);
  std::vector<NamedTensor> weights;
  weights.reserve(variables.size());
  for (const VariablePlan* variable : variables) {
    if (variable->dtype == DType::kInt32 || variable->dtype == DType::kInt64) {
      weights.push_back({variable->id, Counts(*variable, spec.seed)});
      continue;
    }
    if (variable->dtype == DType::kInt8) {
      weights.push_back({variable->id, WholeNumbers(*variable, spec.seed)});
      continue;
    }
    if (IsLoraFactor(*variable) && variable->role.ends_with("_a")) {
      weights.push_back({variable->id, OneHotRows(*variable, spec.seed)});
      continue;
    }
    Tensor tensor(DType::kFloat32, variable->shape);
    const std::uint64_t start = Start(spec.seed, variable->id);
    const Range range = RangeOf(*variable);
    const float scale = KernelScale(variable->shape);
    // A factor that is not finite would spoil the whole sum.
    const bool special =
        spec.profile != Profile::kPlain && !variable->positive && !IsLoraFactor(*variable);
    std::uint64_t index = 0;
    for (float& value : tensor.values<float>()) {
      const std::uint64_t h = SplitMix64(start + index++);
      const float unit = Unit(h);
      if (special && ((h >> 1) & 3) == 0) {
        value = Special(spec.profile, h);
      } else if (range == Range::kPositive) {
        value = 0.5f + unit;
      } else if (range == Range::kBias) {
        value = ((h & 3) == 0 ? -1.0f : 1.0f) * (unit * 0.25f + 0.125f);
      } else {
        value = ((h & 1) != 0 ? -1.0f : 1.0f) * (unit + 0.25f) * scale;
      }
    }
    // Every finite float32 has a nearest value in the other floating types; they are offered.
    if (variable->dtype != DType::kFloat32) tensor = Convert(tensor, variable->dtype).value();
    weights.push_back({variable->id, std::move(tensor)});
  }
  return weights;
}

std::vector<NamedTensor> MergeLora(const ModelPlan& writer, const ModelPlan& reader,
                                   const std::vector<NamedTensor>& saved) {
  const auto find = [](std::vector<NamedTensor>& in, std::string_view id) {
    return std::ranges::find(in, id, &NamedTensor::id);
  };
  std::vector<NamedTensor> sums = saved;
  for (const VariablePlan* variable : Variables(writer.model)) {
    if (!IsLoraFactor(*variable) || !variable->role.ends_with("_a")) continue;
    // "2/lora_kernel_a" and "2/lora_kernel_b" are of "2/kernel".
    std::string id = variable->id;
    const Tensor& first = find(sums, id)->tensor;
    id.back() = 'b';
    const Tensor& second = find(sums, id)->tensor;
    id.erase(id.rfind('/') + 1, std::string_view("lora_").size());
    id.resize(id.size() - std::string_view("_b").size());
    const std::span<float> sum = find(sums, id)->tensor.values<float>();
    const std::span<const float> a = first.values<float>();
    const std::span<const float> b = second.values<float>();
    const auto rank = static_cast<std::size_t>(first.shape()[1]);
    const auto columns = static_cast<std::size_t>(second.shape()[1]);
    for (std::size_t k = 0; k < sum.size(); ++k) {
      float product = 0.0f;
      for (std::size_t r = 0; r < rank; ++r) {
        product += a[k / columns * rank + r] * b[r * columns + k % columns];
      }
      sum[k] += product;
    }
  }
  const auto is_factor = [](const NamedTensor& tensor) {
    return tensor.id.substr(tensor.id.rfind('/') + 1).starts_with("lora_");
  };
  // In the reader's order; what only the writer has stands behind.
  std::vector<NamedTensor> merged;
  for (const VariablePlan* variable : Variables(reader.model)) {
    if (IsLoraFactor(*variable)) {
      merged.push_back({variable->id, Tensor(variable->dtype, variable->shape)});
    } else if (const auto value = find(sums, variable->id); value != sums.end()) {
      merged.push_back(std::move(*value));
      sums.erase(value);
    }
  }
  for (NamedTensor& rest : sums) {
    if (!is_factor(rest)) merged.push_back(std::move(rest));
  }
  return merged;
}

namespace {

// What a lookup layer that computes first is asked: every token and one number that is none.
std::vector<std::int64_t> Tokens(const ObjectPlan& first) {
  std::vector<std::int64_t> out;
  if (first.class_name != "IntegerLookup" || IsNull(first.config, "vocabulary")) return out;
  out = GetInts(first.config, "vocabulary");
  out.push_back(*std::ranges::max_element(out) + 1);
  return out;
}

}  // namespace

Tensor MakeInputs(const ModelPlan& plan, const Probe& probe) {
  Shape shape{probe.batch};
  shape.insert(shape.end(), plan.model.input_shape.begin(), plan.model.input_shape.end());
  Tensor inputs(DType::kFloat32, std::move(shape));
  const std::vector<const ObjectPlan*> layers = ComputingLayers(plan.model);
  const bool whole = !layers.empty() && layers.front()->class_name == "Embedding";
  const std::uint64_t below =
      whole ? static_cast<std::uint64_t>(GetInt(layers.front()->config, "input_dim")) : 1;
  const std::vector<std::int64_t> tokens =
      layers.empty() ? std::vector<std::int64_t>() : Tokens(*layers.front());
  const std::uint64_t start = Start(probe.seed, "inputs");
  std::uint64_t index = 0;
  for (float& value : inputs.values<float>()) {
    const std::uint64_t h = SplitMix64(start + index++);
    value = !tokens.empty() ? static_cast<float>(tokens[(h >> 33) % tokens.size()])
            : whole         ? static_cast<float>((h >> 33) % below)
                            : ((h & 1) != 0 ? -1.0f : 1.0f) * (Unit(h) * 0.96875f + 0.015625f);
  }
  return inputs;
}

std::vector<Tensor> MakeMoreInputs(const ModelPlan& plan, const Probe& probe) {
  std::vector<Tensor> all;
  const std::vector<const ObjectPlan*> layers = InputLayers(plan.model);
  for (std::size_t k = 1; k < layers.size(); ++k) {
    Shape shape{probe.batch};
    shape.insert(shape.end(), layers[k]->input_shape.begin(), layers[k]->input_shape.end());
    Tensor inputs(DType::kFloat32, std::move(shape));
    std::uint64_t h = Start(probe.seed, "inputs/" + std::to_string(k));
    for (float& value : inputs.values<float>()) {
      const std::uint64_t hash = SplitMix64(h++);
      value = ((hash & 1) != 0 ? -1.0f : 1.0f) * (Unit(hash) * 0.96875f + 0.015625f);
    }
    all.push_back(std::move(inputs));
  }
  return all;
}

}  // namespace weightproof
