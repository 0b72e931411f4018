#include "model/network/network.h"

#include <algorithm>
#include <string>
#include <utility>

#include "model/layers/layer.h"

namespace weightproof {
namespace {

std::int64_t Elements(const Shape& shape) {
  std::int64_t count = 1;
  for (const std::int64_t d : shape) count *= d;
  return count;
}

// A leaf that computes, and where its variables stand in walk order.
struct Node {
  const ObjectPlan* plan;
  std::unique_ptr<Layer> layer;
  std::size_t first_variable;
};

// Walks `object` in the order of calls and appends its computing leaves; `first` is the walk-order
// index of the object's first variable.
Status Collect(const ObjectPlan& object, Dialect dialect, std::size_t first,
               std::vector<Node>& nodes) {
  if (!IsModel(object)) {
    auto layer = MakeLayer(object, dialect);
    if (!layer) return std::unexpected(std::move(layer.error()));
    if (*layer != nullptr) nodes.push_back({&object, std::move(*layer), first});
    return {};
  }
  std::vector<std::size_t> firsts;
  for (const ObjectPlan& child : object.layers) {
    firsts.push_back(first);
    first += child.kind == ObjectKind::kLayer ? child.variables.size() : Variables(child).size();
  }
  for (const int index : object.call_order) {
    const auto i = static_cast<std::size_t>(index);
    if (auto status = Collect(object.layers[i], dialect, firsts[i], nodes); !status) return status;
  }
  return {};
}

Tensor InitialValue(const VariablePlan& plan, std::size_t ordinal) {
  Tensor tensor(DType::kFloat32, plan.shape);
  const std::span<float> values = tensor.values<float>();
  if (plan.positive || plan.role == "gamma") {
    std::fill(values.begin(), values.end(), 1.0F);
  } else if (plan.role != "bias" && plan.role != "beta" && plan.role != "moving_mean") {
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = static_cast<float>((i * 7 + ordinal * 3) % 13) / 16.0F - 0.375F;
    }
  }
  return tensor;
}

}  // namespace

struct Network::Impl {
  ModelPlan plan;
  std::vector<const VariablePlan*> variable_plans;
  std::vector<Tensor> variables;
  std::vector<Node> nodes;
  std::int64_t widest = 0;  // elements of the largest intermediate result of one batch item

  Status Check(const Tensor& inputs) const;
  // Runs all nodes from `input` to `output`; nodes must not be empty.
  template <class S>
  void Run(std::int64_t batch, const S* input, S* output) const;
};

Status Network::Impl::Check(const Tensor& inputs) const {
  const Shape& expected = plan.model.input_shape;
  const Shape& found = inputs.shape();
  if (inputs.dtype() != DType::kFloat32 || found.size() != expected.size() + 1 ||
      found.front() < 1 || !std::equal(expected.begin(), expected.end(), found.begin() + 1)) {
    return Fail(ErrorKind::kShapeMismatch, "inputs",
                "found " + std::string(DTypeName(inputs.dtype())) + " " + ShapeText(found) +
                    ", expected float32 of (batch, then " + ShapeText(expected) + ")",
                "give inputs of the model's input shape, with a batch dimension in front");
  }
  for (std::size_t i = 0; i < variables.size(); ++i) {
    const VariablePlan& expected_variable = *variable_plans[i];
    if (variables[i].dtype() != DType::kFloat32 ||
        variables[i].shape() != expected_variable.shape) {
      return Fail(ErrorKind::kShapeMismatch, expected_variable.id,
                  "the variable holds " + std::string(DTypeName(variables[i].dtype())) + " " +
                      ShapeText(variables[i].shape()) + ", expected float32 " +
                      ShapeText(expected_variable.shape),
                  "assign a tensor of the variable's shape");
    }
  }
  return {};
}

template <class S>
void Network::Impl::Run(std::int64_t batch, const S* input, S* output) const {
  Workspace<S> results, scratch;
  S* const ping = nodes.size() > 1 ? results.Take(batch * widest) : nullptr;
  S* const pong = nodes.size() > 2 ? results.Take(batch * widest) : nullptr;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const Node& node = nodes[i];
    S* const target = i + 1 == nodes.size() ? output : (i % 2 == 0 ? ping : pong);
    scratch.Clear();
    node.layer->Forward(Call<S>{
        .batch = batch,
        .variables = std::span(variables).subspan(node.first_variable, node.plan->variables.size()),
        .input = input,
        .output = target,
        .scratch = &scratch});
    input = target;
  }
}

Network::Network(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Network::Network(Network&&) noexcept = default;
Network& Network::operator=(Network&&) noexcept = default;
Network::~Network() = default;

Result<Network> Network::Create(ModelPlan plan) {
  if (!plan.model.graph.empty()) {
    return Fail(ErrorKind::kUnknownLayer, plan.model.name, "no forward pass for a functional graph",
                "use a chain of layers");
  }
  if (HasOwnContainers(plan)) {
    return Fail(ErrorKind::kUnknownLayer, plan.model.name,
                "no loading of models that hold a class of a person's own or keep layers in lists",
                "use nested Sequential models and plain attributes");
  }
  if (HasLora(plan) || IsQuantized(plan)) {
    return Fail(ErrorKind::kUnknownLayer, plan.model.name,
                "no forward pass for layers that are quantized or have a low-rank adaptation",
                "use plain layers");
  }
  auto impl = std::make_unique<Impl>();
  impl->plan = std::move(plan);
  impl->variable_plans = Variables(impl->plan.model);
  impl->variables.reserve(impl->variable_plans.size());
  for (const VariablePlan* variable : impl->variable_plans) {
    impl->variables.push_back(InitialValue(*variable, impl->variables.size()));
  }
  auto status = Collect(impl->plan.model, impl->plan.dialect, 0, impl->nodes);
  if (!status) return std::unexpected(std::move(status.error()));
  for (const Node& node : impl->nodes) {
    impl->widest = std::max(impl->widest, Elements(node.plan->output_shape));
  }
  return Network(std::move(impl));
}

const ModelPlan& Network::plan() const { return impl_->plan; }
const std::vector<const VariablePlan*>& Network::variable_plans() const {
  return impl_->variable_plans;
}
std::vector<Tensor>& Network::variables() { return impl_->variables; }
const std::vector<Tensor>& Network::variables() const { return impl_->variables; }

int Network::IndexOf(std::string_view id) const {
  const auto& plans = impl_->variable_plans;
  const auto it =
      std::find_if(plans.begin(), plans.end(), [&](const VariablePlan* p) { return p->id == id; });
  return it == plans.end() ? -1 : static_cast<int>(it - plans.begin());
}

Result<Tensor> Network::Predict(const Tensor& inputs) const {
  if (auto status = impl_->Check(inputs); !status) return std::unexpected(status.error());
  const std::int64_t batch = inputs.shape().front();
  Shape shape{batch};
  const Shape& item = impl_->plan.model.output_shape;
  shape.insert(shape.end(), item.begin(), item.end());
  Tensor outputs(DType::kFloat32, std::move(shape));
  const std::span<const float> x = inputs.values<float>();
  const std::span<float> y = outputs.values<float>();
  if (impl_->nodes.empty()) {
    std::copy(x.begin(), x.end(), y.begin());
  } else {
    impl_->Run(batch, x.data(), y.data());
  }
  return outputs;
}

Result<BoundedPrediction> Network::PredictBounded(const Tensor& inputs) const {
  if (auto status = impl_->Check(inputs); !status) return std::unexpected(status.error());
  const std::int64_t batch = inputs.shape().front();
  Shape shape{batch};
  const Shape& item = impl_->plan.model.output_shape;
  shape.insert(shape.end(), item.begin(), item.end());
  BoundedPrediction prediction{Tensor(DType::kFloat64, shape), Tensor(DType::kFloat64, shape)};

  const std::span<const float> values = inputs.values<float>();
  std::vector<Tracked, AlignedAllocator<Tracked>> x, y;
  x.reserve(values.size());
  for (const float value : values) x.push_back(Checked(static_cast<double>(value), 0));
  if (impl_->nodes.empty()) {
    y = std::move(x);
  } else {
    y.resize(static_cast<std::size_t>(prediction.value.size()));
    impl_->Run(batch, x.data(), y.data());
  }
  const std::span<double> value = prediction.value.values<double>();
  const std::span<double> bound = prediction.bound.values<double>();
  for (std::size_t i = 0; i < y.size(); ++i) {
    value[i] = y[i].value;
    bound[i] = y[i].error;
  }
  return prediction;
}

}  // namespace weightproof
