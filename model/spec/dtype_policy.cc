// Dtype policies as far as they say in which dtype variables are kept (keras-formats 5.4).
#include <algorithm>
#include <array>

#include "model/spec/plan.h"

namespace weightproof {
namespace {

struct PolicyRow {
  std::string_view name;
  DType compute;
  DType variable;
};

constexpr std::array<PolicyRow, 6> kPolicies{{
    {"float32", DType::kFloat32, DType::kFloat32},
    {"float16", DType::kFloat16, DType::kFloat16},
    {"bfloat16", DType::kBFloat16, DType::kBFloat16},
    {"float64", DType::kFloat64, DType::kFloat64},
    {"mixed_float16", DType::kFloat16, DType::kFloat32},
    {"mixed_bfloat16", DType::kBFloat16, DType::kFloat32},
}};

const PolicyRow* FindPolicy(std::string_view name) {
  const auto* found = std::ranges::find(kPolicies, name, &PolicyRow::name);
  return found != kPolicies.end() ? found : nullptr;
}

}  // namespace

bool IsDTypePolicy(std::string_view name) { return FindPolicy(name) != nullptr; }

DType VariableDType(std::string_view policy, std::string_view class_name, Dialect dialect) {
  const PolicyRow* found = FindPolicy(policy);
  if (found == nullptr) return DType::kFloat32;
  const bool half = found->variable == DType::kFloat16 || found->variable == DType::kBFloat16;
  // tf_keras BatchNormalization._param_dtype: never less than float32.
  if (dialect == Dialect::kTfKeras && class_name == "BatchNormalization" && half) {
    return DType::kFloat32;
  }
  // tf_keras Normalization keeps what it computes with.
  if (dialect == Dialect::kTfKeras && class_name == "Normalization") return found->compute;
  return found->variable;
}

}  // namespace weightproof
