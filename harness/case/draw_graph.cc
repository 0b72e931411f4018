// Functional graphs: branches that meet in a merge or leave as outputs of their own, several
// inputs, layers that are called more than once. Branches have equal shapes more often than not.
#include <algorithm>
#include <array>
#include <utility>

#include "harness/case/draw.h"
#include "model/spec/graph.h"
#include "model/spec/layer_schema.h"

namespace weightproof {
namespace {

class Drawing {
 public:
  Drawing(Chooser& choose, const Space& space, Dialect dialect)
      : choose_(choose), space_(space), style_{dialect, true, choose.Range(2, 4)} {
    out_.dialect = dialect;
  }

  // Empty when nothing fits.
  ArchitectureSpec Draw() {
    const Shape shape =
        choose_.Percent(60) ? Shape{style_.width} : Shape{choose_.Range(2, 4), style_.width};
    out_.input_shape = shape;
    std::vector<int> ends;
    if (choose_.Percent(40)) {
      out_.more_inputs = {shape};
      ends = {-1, -2};
    } else {
      const int stem = choose_.Percent(50) ? Grow(-1) : -1;
      ends.assign(static_cast<std::size_t>(choose_.Range(2, 3)), stem);
    }
    for (int& end : ends) {
      for (int more = choose_.Range(1, 2); more > 0; --more) end = Grow(end);
    }
    if (choose_.Percent(25)) Share(ends);
    if (choose_.Percent(20)) {
      out_.outputs = ends;
    } else {
      const int merged = Merge(ends);
      int head = merged;
      for (int more = choose_.Range(0, 2); more > 0; --more) head = Grow(head);
      out_.outputs = {head};
      if (choose_.Percent(20)) out_.outputs.push_back(ends[0]);
    }
    if (failed_ || !CheckGraph(out_)) return {};
    return std::move(out_);
  }

 private:
  const Shape& ShapeOf(int source) const {
    return source < 0 ? out_.input_shape : shapes_[static_cast<std::size_t>(source)];
  }

  int Call(int layer, std::vector<int> from, Shape shape) {
    out_.calls.push_back({layer, std::move(from)});
    shapes_.push_back(std::move(shape));
    return static_cast<int>(shapes_.size()) - 1;
  }

  int Add(LayerSpec layer, std::vector<int> from, Shape shape) {
    out_.layers.push_back(std::move(layer));
    return Call(static_cast<int>(out_.layers.size()) - 1, std::move(from), std::move(shape));
  }

  // One more layer on `source` that keeps its shape: often the last one once more.
  int Grow(int source) {
    const Shape input = ShapeOf(source);
    for (int tries = 0; tries < 12; ++tries) {
      std::optional<LayerSpec> layer;
      if (!out_.layers.empty() && choose_.Percent(45)) layer = out_.layers.back();
      if (!layer) layer = DrawLayer(choose_, space_, style_, input, !choose_.Percent(15));
      if (!layer || TakesSeveral(layer->class_name)) continue;
      auto shape = OutputShape(*layer, input, out_.dialect);
      if (shape && *shape == input) return Add(*std::move(layer), {source}, *std::move(shape));
    }
    failed_ = true;
    return source;
  }

  // One layer that all branches go through.
  void Share(std::vector<int>& ends) {
    LayerSpec dense;
    dense.class_name = "Dense";
    dense.config["units"] = std::int64_t{style_.width};
    if (!AllowsLayer(space_, "Dense")) return;
    out_.layers.push_back(std::move(dense));
    const int layer = static_cast<int>(out_.layers.size()) - 1;
    for (int& end : ends) end = Call(layer, {end}, Shape(ShapeOf(end)));
  }

  int Merge(const std::vector<int>& ends) {
    static constexpr std::array<std::string_view, 7> kMerges = {
        "Add", "Concatenate", "Multiply", "Average", "Maximum", "Minimum", "Subtract"};
    std::array<int, 7> weights = {30, 25, 10, 10, 8, 8, ends.size() == 2 ? 12 : 0};
    for (std::size_t i = 0; i < kMerges.size(); ++i) {
      if (!AllowsLayer(space_, kMerges[i])) weights[i] = 0;
    }
    LayerSpec merge;
    merge.class_name = kMerges[choose_.Weighted(weights)];
    failed_ = failed_ || !AllowsLayer(space_, merge.class_name);
    Shape shape = ShapeOf(ends[0]);
    if (merge.class_name == "Concatenate") shape.back() *= static_cast<std::int64_t>(ends.size());
    return Add(std::move(merge), ends, std::move(shape));
  }

  Chooser& choose_;
  const Space& space_;
  LayerStyle style_;
  ArchitectureSpec out_;
  std::vector<Shape> shapes_;  // of the calls' results
  bool failed_ = false;
};

// The calls in some order that makes operands first.
std::vector<int> OtherOrder(Chooser& choose, const std::vector<CallSpec>& calls) {
  std::vector<int> order;
  std::vector<bool> made(calls.size(), false);
  while (order.size() < calls.size()) {
    std::vector<int> ready;
    for (std::size_t i = 0; i < calls.size(); ++i) {
      const bool waits = std::ranges::any_of(calls[i].from, [&](int source) {
        return source >= 0 && !made[static_cast<std::size_t>(source)];
      });
      if (!made[i] && !waits) ready.push_back(static_cast<int>(i));
    }
    order.push_back(choose.Pick(std::span<const int>(ready)));
    made[static_cast<std::size_t>(order.back())] = true;
  }
  return order;
}

// A step that gives a merge's operands another order; nothing when there is no such merge.
std::optional<Step> OtherOperands(Chooser& choose, const ArchitectureSpec& architecture,
                                  bool commutative) {
  std::vector<int> merges;
  for (std::size_t i = 0; i < architecture.calls.size(); ++i) {
    const CallSpec& call = architecture.calls[i];
    const auto layer = static_cast<std::size_t>(call.layer);
    if (call.from.size() > 1 &&
        IsCommutative(architecture.layers[layer].class_name) == commutative) {
      merges.push_back(static_cast<int>(i));
    }
  }
  if (merges.empty()) return std::nullopt;
  Step step;
  step.op = StepOp::kOperands;
  step.layer = choose.Pick(std::span<const int>(merges));
  const std::size_t count = architecture.calls[static_cast<std::size_t>(step.layer)].from.size();
  for (int i = static_cast<int>(count); i > 0; --i) step.order.push_back(i - 1);
  return step;
}

}  // namespace

ArchitectureSpec DrawGraph(Chooser& choose, const Space& space, Dialect dialect) {
  return Drawing(choose, space, dialect).Draw();
}

void DrawGraphSteps(Chooser& choose, const Space& space, const Case& c, Build& build) {
  if (choose.Percent(35) && Allows(space.steps, "calls")) {
    Step step;
    step.op = StepOp::kCalls;
    step.order = OtherOrder(choose, c.architecture.calls);
    if (!std::ranges::is_sorted(step.order)) build.push_back(std::move(step));
  }
  if (choose.Percent(35) && Allows(space.steps, "operands")) {
    if (auto step = OtherOperands(choose, c.architecture, true)) build.push_back(*std::move(step));
  }
}

bool DrawGraphDifference(Chooser& choose, const Space& space, const Case& c, Step& step) {
  const std::size_t outputs = c.architecture.outputs.size();
  if (outputs > 1 && choose.Percent(50) && Allows(space.steps, "outputs")) {
    step.op = StepOp::kOutputs;
    for (int i = static_cast<int>(outputs); i > 0; --i) step.order.push_back(i - 1);
    return true;
  }
  if (!Allows(space.steps, "operands")) return false;
  auto other = OtherOperands(choose, c.architecture, false);
  if (!other) return false;
  step = *std::move(other);
  return true;
}

}  // namespace weightproof
