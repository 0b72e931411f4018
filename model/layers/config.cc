#include "model/layers/config.h"

namespace weightproof {

Result<const ActivationFunction*> ActivationOf(const ObjectPlan& plan, std::string_view key,
                                               Dialect dialect) {
  const std::string& name = GetString(plan.config, key);
  if (const ActivationFunction* f = FindActivation(name, dialect)) return f;
  return Fail(ErrorKind::kBadConfig, plan.name + "/" + std::string(key),
              "\"" + name + "\" is no activation of " + std::string(DialectName(dialect)),
              "use an activation that this dialect has");
}

std::optional<std::size_t> AxisWithoutBatch(std::int64_t axis, std::size_t rank) {
  const auto with_batch = static_cast<std::int64_t>(rank) + 1;
  if (axis < 0) axis += with_batch;
  if (axis < 1 || axis >= with_batch) return std::nullopt;
  return static_cast<std::size_t>(axis - 1);
}

bool ChannelsFirst(const ObjectPlan& plan) {
  return GetString(plan.config, "data_format") == "channels_first";
}

}  // namespace weightproof
