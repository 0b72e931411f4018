// Keras 3: layers with a low-rank adaptation, quantized layers.
#include "model/spec/session.h"

namespace weightproof {

Status CheckAdaptation(const Step& step, std::string_view class_name, Dialect dialect) {
  const bool lora = step.op == StepOp::kLora;
  const char* op = lora ? "lora" : "quantize";
  if (dialect != Dialect::kKeras3) {
    return BadBuild(op, std::string(DialectName(dialect)) + " has no such step", "use keras3");
  }
  if (!lora) {
    if (step.class_name == "int8") return {};
    return BadBuild(op, "no mode \"" + step.class_name + "\"", "use int8");
  }
  if (class_name != "Dense" && class_name != "Embedding") {
    return BadBuild(op, "of " + std::string(class_name), "take a Dense or an Embedding");
  }
  if (step.count >= 1 && step.count <= kLoraRankMax) return {};
  return BadBuild(op, "a rank of " + std::to_string(step.count),
                  "use 1 to " + std::to_string(kLoraRankMax));
}

Status Session::EnableLora(int layer, int rank) {
  Object& o = object(layer);
  if (!o.built || o.lora_rank > 0 || o.quantized) {
    return BadBuild("lora", "\"" + o.name + "\" is unbuilt, adapted or quantized already",
                    "adapt a layer once, after the model is built");
  }
  o.lora_rank = rank;
  o.lora_alone = true;
  return {};
}

Status Session::Quantize(int model) {
  const std::vector<int> children = object(model).children;
  for (const int child : children) {
    if (Status s = Quantize(child); !s) return s;
  }
  Object& o = object(model);
  if (o.kind != ObjectKind::kLayer) return {};
  const std::string_view name = o.schema->class_name;
  if (name == "EinsumDense" || o.quantized || o.lora_rank > 0) {
    return BadBuild("quantize",
                    "\"" + o.name + "\" is an EinsumDense, adapted or quantized already",
                    "quantize once, a model of other layers");
  }
  o.quantized = name == "Dense" || name == "Embedding";
  return {};
}

}  // namespace weightproof
