#include "model/spec/architecture.h"

#include "model/spec/layer_schema.h"
#include "model/spec/plan.h"
#include "model/spec/wrapper.h"

namespace weightproof {
namespace {

Status CompleteLayers(std::vector<LayerSpec>& layers, Dialect dialect, std::size_t depth,
                      std::size_t& count, const std::string& place) {
  if (depth > kNestingDepthMax) {
    return Fail(ErrorKind::kLimitExceeded, place, "nested deeper than kNestingDepthMax",
                "nest less");
  }
  for (std::size_t i = 0; i < layers.size(); ++i) {
    LayerSpec& layer = layers[i];
    const std::string here = place + "/" + std::to_string(i);
    if (++count > kLayersMax) {
      return Fail(ErrorKind::kLimitExceeded, here, "more layers than kLayersMax",
                  "use fewer layers");
    }
    auto config = CompleteConfig(layer.class_name, layer.config, dialect, here);
    if (!config) return std::unexpected(std::move(config).error());
    layer.config = *std::move(config);
    if (FindLayerSchema(layer.class_name)->is_wrapper) {
      count += layer.layers.size();
      if (Status s = CompleteParts(layer, dialect, here); !s) return s;
    } else if (layer.class_name == "Sequential") {
      if (Status s = CompleteLayers(layer.layers, dialect, depth + 1, count, here); !s) return s;
    } else if (!layer.layers.empty()) {
      return Fail(ErrorKind::kBadConfig, here, layer.class_name + " cannot hold layers",
                  "use a Sequential");
    }
  }
  return {};
}

}  // namespace

std::string_view DialectName(Dialect dialect) {
  return dialect == Dialect::kKeras3 ? "keras3" : "tf_keras";
}

Result<ArchitectureSpec> Validate(const ArchitectureSpec& architecture) {
  ArchitectureSpec out = architecture;
  std::size_t count = 0;
  if (Status s = CompleteLayers(out.layers, out.dialect, 0, count, "layers"); !s) {
    return std::unexpected(s.error());
  }
  auto plan = PlanSequential(out);
  if (!plan) return std::unexpected(std::move(plan).error());
  for (const VariablePlan* variable : Variables(plan->model)) {
    const auto elements = ElementCount(variable->shape);
    if (!elements || *elements > kVariableElementsMax) {
      return Fail(ErrorKind::kLimitExceeded, variable->id,
                  "more elements than kVariableElementsMax", "make the layer smaller");
    }
  }
  return out;
}

}  // namespace weightproof
