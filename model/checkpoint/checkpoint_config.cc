#include "model/checkpoint/checkpoint_config.h"

namespace weightproof {
namespace {

LayerSpec SpecOf(const ObjectPlan& object) {
  LayerSpec spec;
  spec.class_name = object.class_name;
  spec.name = object.name;
  spec.trainable = object.trainable;
  spec.config = object.config;
  if (object.kind == ObjectKind::kSequential && object.own_input) {
    spec.input_shape = object.input_shape;
  }
  if (object.kind == ObjectKind::kWrapper) {
    // The backward half of a Bidirectional follows from the forward one.
    const std::vector<ObjectPlan>& parts =
        object.class_name == "RNN" ? object.layers[0].layers : object.layers;
    for (const ObjectPlan& part : parts) {
      spec.layers.push_back(SpecOf(part));
      if (object.class_name == "Bidirectional") break;
    }
    return spec;
  }
  for (const ObjectPlan& layer : object.layers) {
    if (layer.class_name != "InputLayer") spec.layers.push_back(SpecOf(layer));
  }
  return spec;
}

}  // namespace

std::string_view Backend(Dialect dialect) {
  return dialect == Dialect::kKeras3 ? "numpy" : "tensorflow";
}

std::string_view KerasVersion(Dialect dialect) {
  return dialect == Dialect::kKeras3 ? "3.15.1" : "2.21.0";
}

ArchitectureSpec ArchitectureOf(const ModelPlan& plan) {
  ArchitectureSpec architecture;
  architecture.dialect = plan.dialect;
  architecture.name = plan.model.name;
  architecture.input_shape = plan.model.input_shape;
  architecture.layers = SpecOf(plan.model).layers;
  return architecture;
}

Result<std::string> ModelConfigJson(const ModelPlan& plan) {
  if (!plan.model.graph.empty()) {
    return Fail(ErrorKind::kWrongFormat, plan.model.name,
                "the config of a functional graph is not written",
                "save its weights alone (legacy_h5 or weights_h5)");
  }
  if (plan.model.kind != ObjectKind::kSubclass) {
    return ArchitectureToKerasJson(ArchitectureOf(plan));
  }
  if (plan.dialect == Dialect::kTfKeras) {
    return Fail(ErrorKind::kWrongFormat, plan.model.name,
                "tf-keras cannot write a subclass model as a whole-model H5 file",
                "save its weights alone (legacy_h5 or weights_h5), or build it as a Sequential or "
                "functional model");
  }
  // Class names are identifiers: no escaping is due.
  return R"({"class_name": ")" + plan.model.class_name + R"(", "config": {"trainable": )" +
         (plan.model.trainable ? "true" : "false") +
         R"(, "dtype": {"module": "keras", "class_name": "DTypePolicy", )"
         R"("config": {"name": "float32"}, "registered_name": null}}})";
}

}  // namespace weightproof
