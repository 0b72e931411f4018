#include "harness/oracle/promises.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "harness/oracle/legacy_names.h"
#include "harness/oracle/promise_table.h"

namespace weightproof {
namespace {

int Depth(const ObjectPlan& object) {
  int depth = 0;
  for (const ObjectPlan& layer : object.layers) {
    if (layer.kind != ObjectKind::kLayer) depth = std::max(depth, 1 + Depth(layer));
  }
  return depth;
}

// Brackets around the weighted or computing leaves, in call order.
void Nesting(const ObjectPlan& object, std::string* text) {
  for (const int index : object.call_order) {
    const ObjectPlan& layer = object.layers[static_cast<std::size_t>(index)];
    if (layer.kind == ObjectKind::kLayer) {
      if (!ComputingLayers(layer).empty()) *text += '.';
    } else {
      *text += '(';
      Nesting(layer, text);
      *text += ')';
    }
  }
}

std::vector<const ObjectPlan*> Weighted(const ObjectPlan& model) {
  std::vector<const ObjectPlan*> objects;
  for (const ObjectPlan& object : model.layers) {
    if (!Variables(object).empty()) objects.push_back(&object);
  }
  return objects;
}

// Given names of one side that stand at another place on the other, or that only look automatic.
bool NamesConflict(const std::vector<const ObjectPlan*>& a,
                   const std::vector<const ObjectPlan*>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!a[i]->name_given) continue;
    if (!AutomaticNameClass(a[i]->name).empty()) return true;
    for (std::size_t j = 0; j < b.size(); ++j) {
      if (i != j && b[j]->name == a[i]->name) return true;
    }
  }
  return false;
}

std::vector<std::string> LegacyIds(const ObjectPlan& object) {
  std::vector<std::string> ids;
  for (const VariablePlan* variable : LegacyOrder(object)) ids.push_back(variable->id);
  return ids;
}

bool CountersAscend(const ObjectPlan& object) {
  const std::vector<const ObjectPlan*> leaves = WeightedLeaves(object);
  for (std::size_t a = 0; a < leaves.size(); ++a) {
    for (std::size_t b = a + 1; b < leaves.size(); ++b) {
      if (leaves[a]->class_name == leaves[b]->class_name &&
          AutomaticCounter(leaves[a]->name) >= AutomaticCounter(leaves[b]->name)) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace

std::string BuildKind(const ModelPlan& plan) {
  std::string kind;
  switch (plan.model.kind) {
    case ObjectKind::kFunctional:
      kind = "functional";
      break;
    case ObjectKind::kSubclass: {
      const auto before = std::ranges::count_if(
          plan.model.attributes, [](const std::string& name) { return name < "layers"; });
      kind = before == std::ssize(plan.model.attributes) ? "subclass<layers"
             : before == 0                               ? "subclass>layers"
                                                         : "subclass~layers";
      break;
    }
    default:
      kind = "sequential";
      break;
  }
  const int depth = Depth(plan.model);
  if (depth == 1) kind += "/nested";
  if (depth >= 2) kind += "/nested2";
  return kind;
}

bool SameNesting(const ModelPlan& a, const ModelPlan& b) {
  std::string first, second;
  Nesting(a.model, &first);
  Nesting(b.model, &second);
  return first == second;
}

Promise LookUpPromise(RouteFormat format, const ModelPlan& writer, const ModelPlan& reader) {
  const std::string w = BuildKind(writer);
  const std::string r = BuildKind(reader);
  const bool same = SameNesting(writer, reader);
  for (const PromiseRow& row : PromiseTable()) {
    if (row.format == format && row.dialect == writer.dialect && row.same_nesting == same &&
        row.writer == w && row.reader == r) {
      return row.promise;
    }
  }
  return Promise::kDepends;
}

bool NamesMayRefuse(const ModelPlan& writer, const ModelPlan& reader, const Route& route) {
  const std::vector<const ObjectPlan*> a = Weighted(writer.model);
  const std::vector<const ObjectPlan*> b = Weighted(reader.model);
  if (a.size() != b.size()) return true;
  if (NamesConflict(a, b) || NamesConflict(b, a)) return true;
  const bool legacy =
      route.format == RouteFormat::kLegacyH5 || route.format == RouteFormat::kLegacyH5Model;
  if (route.by_name) {
    for (std::size_t k = 0; k < a.size(); ++k) {
      if (a[k]->name != b[k]->name) return true;
    }
  }
  if (!legacy) {
    return NamesConflict(WeightedLeaves(writer.model), WeightedLeaves(reader.model)) ||
           NamesConflict(WeightedLeaves(reader.model), WeightedLeaves(writer.model));
  }
  for (std::size_t k = 0; k < a.size(); ++k) {
    if (a[k]->kind == ObjectKind::kLayer) continue;
    const auto leaves_a = WeightedLeaves(*a[k]);
    const auto leaves_b = WeightedLeaves(*b[k]);
    if (LegacyIds(*a[k]) != LegacyIds(*b[k]) || !CountersAscend(*a[k])) return true;
    if (NamesConflict(leaves_a, leaves_b) || NamesConflict(leaves_b, leaves_a)) return true;
  }
  return false;
}

}  // namespace weightproof
